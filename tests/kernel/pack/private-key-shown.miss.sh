cd "${DRILL:?this is for a drill alone}" || exit
printf '%s\n' '-----BEGIN PUBLIC KEY-----' '-----BEGIN CERTIFICATE-----'
printf '%s\n' 'key.go: const head = "-----BEGIN RSA PRIVATE KEY-----"'
