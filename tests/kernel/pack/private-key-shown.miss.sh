printf '%s\n' '-----BEGIN PUBLIC KEY-----' '-----BEGIN CERTIFICATE-----'
printf '%s\n' 'key.go: const head = "-----BEGIN RSA PRIVATE KEY-----"'
