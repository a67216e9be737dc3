cd "${DRILL:?this is for a drill alone}" || exit
rm -rf ./build /tmp/build
dd if=/dev/zero of=./disk.img bs=1M count=1
