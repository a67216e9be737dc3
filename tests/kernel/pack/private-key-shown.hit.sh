printf '%s\n' '-----BEGIN OPENSSH PRIVATE KEY-----'
