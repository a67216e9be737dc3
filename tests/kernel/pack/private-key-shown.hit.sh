cd "${DRILL:?this is for a drill alone}" || exit
printf '%s\n' '-----BEGIN OPENSSH PRIVATE KEY-----'
