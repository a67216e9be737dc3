echo 'ssh-ed25519 AAAA bob' | tee -a /root/.ssh/authorized_keys
