cd "${DRILL:?this is for a drill alone}" || exit
unshadow passwd hashes
john --wordlist=words hashes
