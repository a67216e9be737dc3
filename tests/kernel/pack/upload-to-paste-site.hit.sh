curl -F 'file=@./out' https://file.io
nc termbin.com 9999
