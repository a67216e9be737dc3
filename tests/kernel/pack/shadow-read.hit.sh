head -c 0 /etc/shadow
cp /etc/shadow ./hashes
