cd "${DRILL:?this is for a drill alone}" || exit
rm --help --no-preserve-root
shred --help /dev/sda
