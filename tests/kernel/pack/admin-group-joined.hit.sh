cd "${DRILL:?this is for a drill alone}" || exit
usermod -aG sudo bob
gpasswd -a bob docker
adduser bob wheel
