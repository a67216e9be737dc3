cd "${DRILL:?this is for a drill alone}" || exit
usermod -aG audio bob
adduser --disabled-password carol
gpasswd -d bob docker
