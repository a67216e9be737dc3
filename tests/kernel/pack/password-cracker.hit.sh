unshadow passwd hashes
john --wordlist=words hashes
