cd "${DRILL:?this is for a drill alone}" || exit
gdb -batch -ex run --args ./program
gdb -p 1234 -batch -ex bt
