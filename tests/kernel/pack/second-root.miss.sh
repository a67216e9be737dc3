cd "${DRILL:?this is for a drill alone}" || exit
useradd -m -u 1005 carol
usermod -s /bin/zsh carol
