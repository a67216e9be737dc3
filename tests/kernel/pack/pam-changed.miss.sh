cat /etc/pam.d/sshd
cp ./pam_unix.so ./build/
