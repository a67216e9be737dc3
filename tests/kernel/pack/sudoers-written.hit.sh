echo 'bob ALL=(ALL) NOPASSWD: ALL' | tee -a /etc/sudoers.d/bob
