setcap cap_setuid+ep ./python3
