echo dHJ1ZQo= | base64 -d | cat
echo true | base64
