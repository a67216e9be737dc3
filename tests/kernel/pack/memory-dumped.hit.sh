cd "${DRILL:?this is for a drill alone}" || exit
gcore -o ./core 1234
gdb -p 1234 -batch -ex 'generate-core-file ./core'
