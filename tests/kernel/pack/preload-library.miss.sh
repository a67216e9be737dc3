cat /etc/ld.so.preload
ldconfig -p
