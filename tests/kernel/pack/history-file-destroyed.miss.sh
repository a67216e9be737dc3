cd "${DRILL:?this is for a drill alone}" || exit
cat .bash_history
rm ./history.txt
ln -sf /dev/null ./out
