cd "${DRILL:?this is for a drill alone}" || exit
docker run --rm -it -v /:/host debian chroot /host bash
docker run --privileged --pid=host -it debian nsenter --all --target 1 sh
