cd "${DRILL:?this is for a drill alone}" || exit
cat /etc/pam.d/sshd
cp ./pam_unix.so ./build/
