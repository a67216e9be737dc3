cd "${DRILL:?this is for a drill alone}" || exit
ln -sf /dev/null .bash_history
rm .zsh_history
