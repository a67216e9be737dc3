cd "${DRILL:?this is for a drill alone}" || exit
visudo -c
cp /etc/sudoers ./sudoers.copy
ls -l /etc/sudoers.d
