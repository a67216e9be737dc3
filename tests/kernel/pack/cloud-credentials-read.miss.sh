cd "${DRILL:?this is for a drill alone}" || exit
mkdir -p .aws && : >.aws/config && cat .aws/config
ls -l .netrc .pgpass
