useradd -m -u 1005 carol
usermod -s /bin/zsh carol
