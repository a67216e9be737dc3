find . -name '*.py' -perm -u+x
find / -maxdepth 1 -name etc
