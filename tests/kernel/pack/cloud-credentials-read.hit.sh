mkdir -p .aws && : >.aws/credentials && cat .aws/credentials
