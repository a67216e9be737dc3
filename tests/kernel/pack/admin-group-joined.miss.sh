usermod -aG audio bob
adduser --disabled-password carol
gpasswd -d bob docker
