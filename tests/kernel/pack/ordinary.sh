# An hour's work in short. Nothing of it deserves an alert.
cd "${DRILL:?this is for a drill alone}" && mkdir -p src || exit

# A build, by hand and by make, as configure scripts and package builds do it.
cat >src/main.c <<'END'
#include <stdio.h>
int main(void) { puts("hello"); return 0; }
END
# shellcheck disable=SC2016 # make expands it
printf 'hello: src/main.c\n\t$(CC) -O1 -o $@ $<\ninstall: hello\n\tinstall -D -m 755 hello $(DESTDIR)/usr/bin/hello\n' >Makefile
make -s
./hello
make -s install DESTDIR="$PWD/root"
chmod +x hello
chmod -R u+rwX,go+rX src
touch -r src/main.c stamp
strip hello
tar czf hello.tar.gz src Makefile
tar tzf hello.tar.gz
rm -rf root
sh -c 'for tool in cc ld as; do command -v $tool; done'

# Editing.
vim -Nu NONE -es -c '%s/hello/world/' -c wq src/main.c
sed -i 's/world/there/' src/main.c
diff -u src/main.c src/main.c
grep -rn puts src
awk 'END { print NR }' src/main.c

# Keeping it.
export GIT_CONFIG_GLOBAL=/dev/null GIT_PAGER=cat
git init -q .
git add -A
git -c user.name=alice -c user.email=alice@lab commit -qm 'A first version'
git log --oneline --stat
git status --short
git diff HEAD

# Looking around, and after the system.
ls -la /etc /var/log /tmp >/dev/null
less -F Makefile
find . -name '*.c' -newer Makefile
ps aux | head -n 3
df -h . | tail -n 1
id
uname -a
cat /etc/passwd /proc/meminfo | sort | tail -n 2
tail -n 1 /var/log/dpkg.log
dpkg-query -W tmux
apt-get -qq -s install tmux
systemctl --no-pager status ssh
journalctl --no-pager -n 1
crontab -l
ip -brief address || cat /proc/net/dev
ssh -V
ssh-keygen -q -t ed25519 -N '' -f ./key
ssh-keygen -lf key.pub
openssl rand -hex 8
curl -fsS -m 1 http://127.0.0.1:9/ -o page
wget -q -T 1 -t 1 -O page http://127.0.0.1:9/
python3 -c 'import json, sys; json.dump({"a": 1}, sys.stdout)'
perl -ne 'print if /puts/' src/main.c
echo aGVsbG8K | base64 -d
gzip -k Makefile && zcat Makefile.gz | head -n 1
xargs -n 1 echo <Makefile | head -n 2
tmux list-sessions
env -i sh -c 'echo done'

# A package whose script does what would deserve an alert from anybody else.
mkdir -p package/DEBIAN installed/var/lib/dpkg/updates installed/var/lib/dpkg/info
cat >package/DEBIAN/control <<'END'
Package: tool
Version: 1
Architecture: all
Maintainer: alice <alice@lab>
Description: A tool
END
printf '#!/bin/sh\nchmod u+s "%s"\n' "$PWD/hello" >package/DEBIAN/postinst
chmod 755 package/DEBIAN/postinst
touch installed/var/lib/dpkg/status installed/var/lib/dpkg/available
dpkg-deb --build package tool.deb
dpkg --root="$PWD/installed" --force-script-chrootless --log=/dev/null --install tool.deb
ls -l hello
