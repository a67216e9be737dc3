cd "${DRILL:?this is for a drill alone}" || exit
: >./tool
chmod u+s ./tool
chmod 4755 ./tool
install -m 4755 ./tool ./tool2
