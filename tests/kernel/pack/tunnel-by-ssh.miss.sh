ssh -L 8080:localhost:80 lab
ssh -v lab
