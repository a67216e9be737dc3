"""Records of a 6.1 kernel's audit stream as they came over netlink: (type, payload), and what to
hear of an exec says."""

from __future__ import annotations

from tracer.model.audit import AuditExec
from tracer.model.events import Tty

SYSCALL = (1300, b"audit(1795292036.188:10): arch=c000003e syscall=59 success=yes exit=0 a0=55ecc5d365a0 a1=55ecc5d36e80 a2=55ecc5cf55f0 a3=270d9edd5875136c items=3 ppid=170 pid=171 auid=1001 uid=0 gid=5 euid=0 suid=0 fsuid=0 egid=6 sgid=0 fsgid=0 tty=pts0 ses=4 comm=\"ls\" exe=\"/usr/bin/ls\" subj=unconfined key=\"ttytrace\"")  # fmt: skip  # noqa: E501
EXECVE = (1309, b'audit(1795292036.188:10): argc=7 a0="/bin/echo" a1="plain" a2=71756F227465 a3=737020616365 a4=636166C3A9 a5="" a6="(null)"')  # fmt: skip  # noqa: E501
CWD = (1307, b'audit(1795292036.188:10): cwd="/srv/files"')
PATH = (1302, b'audit(1795292036.188:10): item=0 name="/usr/bin/ls" inode=521205 dev=00:3e mode=0100755')  # fmt: skip  # noqa: E501
EOE = (1320, b"audit(1795292036.188:10): ")
LONG = (
    (1309, b'audit(1795292036.188:10): argc=3 a0="/bin/echo" a1_len=10000 a1[0]=' + b"78" * 3000),
    (1309, b"audit(1795292036.188:10):  a1[1]=" + b"78" * 2000 + b' a2="end"'),
)
TTY = (1319, b'audit(1795292038.200:11): tty pid=170 uid=0 auid=4294967295 ses=4294967295 major=136 minor=0 comm="bash" data=6C73202F746D7F700D')  # fmt: skip  # noqa: E501
START = (1105, b"audit(1795292047.132:30): pid=184 uid=0 auid=1001 ses=1 subj=unconfined msg='op=PAM:session_open grantors=pam_selinux,pam_loginuid acct=\"bob154\" exe=\"/usr/sbin/sshd\" hostname=127.0.0.1 addr=127.0.0.1 terminal=ssh res=success'")  # fmt: skip  # noqa: E501
LOGIN = (1112, b"audit(1795292047.244:32): pid=184 uid=0 auid=1001 ses=1 subj=unconfined msg='op=login id=1001 exe=\"/usr/sbin/sshd\" hostname=127.0.0.1 addr=127.0.0.1 terminal=/dev/pts/2 res=success'")  # fmt: skip  # noqa: E501
END = (1106, b"audit(1795292053.456:35): pid=184 uid=0 auid=1001 ses=1 subj=unconfined msg='op=PAM:session_close grantors=pam_unix acct=\"bob154\" exe=\"/usr/sbin/sshd\" hostname=127.0.0.1 addr=127.0.0.1 terminal=ssh res=success'")  # fmt: skip  # noqa: E501
REFUSED = (1112, b"audit(1795292060.432:54): pid=203 uid=0 auid=4294967295 ses=4294967295 subj=unconfined msg='op=login acct=28696E76616C6964207573657229 exe=\"/usr/sbin/sshd\" hostname=? addr=127.0.0.1 terminal=sshd res=failed'")  # fmt: skip  # noqa: E501
CONFIG = (1305, b"audit(1795292063.716:59): op=set audit_enabled=0 old=1 auid=1000 ses=4 subj=unconfined res=1")  # fmt: skip  # noqa: E501
ALL = (SYSCALL, EXECVE, CWD, PATH, EOE, *LONG, TTY, START, LOGIN, END, REFUSED, CONFIG)

ARGV = (b"/bin/echo", b"plain", b'quo"te', b"sp ace", "café".encode(), b"", b"(null)")


def heard(
    pid: int, *argv: bytes, time_ns: int, ppid: int = 200, tty: Tty | None = None
) -> AuditExec:
    """`pid` runs argv[0]."""
    words = argv or (b"true",)
    size = sum(len(word) + 1 for word in words)
    return AuditExec(
        time_ns, pid, ppid, 1000, 1001, 1002, 1003, 1000, 4, tty, b"/usr/bin/" + words[0], b"/tmp",
        words, size, len(words),
    )  # fmt: skip
