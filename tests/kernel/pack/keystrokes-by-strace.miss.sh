strace -p 1234
strace -e trace=read ls
