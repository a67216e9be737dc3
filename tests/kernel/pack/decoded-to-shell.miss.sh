echo dHJ1ZQo= | base64 -d | cat
echo true | base64
echo true | bash
