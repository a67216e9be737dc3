visudo -c
cp /etc/sudoers ./sudoers.copy
ls -l /etc/sudoers.d
