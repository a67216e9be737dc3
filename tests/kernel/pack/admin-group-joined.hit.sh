usermod -aG sudo bob
gpasswd -a bob docker
adduser bob wheel
