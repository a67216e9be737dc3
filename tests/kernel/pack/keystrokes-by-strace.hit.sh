strace -f -e trace=read,write -p 1234
