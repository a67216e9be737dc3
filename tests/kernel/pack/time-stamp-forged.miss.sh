touch ./stamp
touch -r ./a ./b
touch /etc/stamp
