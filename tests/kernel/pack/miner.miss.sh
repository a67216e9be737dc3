grep -r stratum+tcp:// .
ls xmrig
