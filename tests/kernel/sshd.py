"""A private OpenSSH server on loopback, users that live as long as the test, and their logins.

Its configuration, keys and log are its own; what it shares with the machine is PAM (UsePAM: so that
pam_loginuid gives each login its loginuid) and the table of users. A user's name has our pid in it.

Invariant: after close() the server, its connections and the users are gone.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import termios
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil

from tests.need import lacking
from tests.patience import PATIENCE_S, eventually

_SSHD = "/usr/sbin/sshd"
# An empty directory for all sshd, which a service manager makes where there is one; it stays, since
# another may use it by now, and is gone at the next boot.
_SEPARATION = Path("/run/sshd")
_CONFIGURATION = """
ListenAddress 127.0.0.1:{port}
ListenAddress [::1]:{port}
HostKey {place}/host
PidFile none
AuthorizedKeysFile {place}/%u.pub
StrictModes no
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
PrintMotd no
PrintLastLog no
"""
# /tmp is everybody's, as StrictModes would say, and the place of the test is ours alone.


class Login:
    """A connection of ssh(1), on a terminal of its own unless it is without one."""

    def __init__(self, argv: list[str], *, terminal: bool) -> None:
        self.master, slave = os.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        stdio = slave if terminal else subprocess.DEVNULL
        # ssh tells the other side what terminal it is on, which whoever runs the tests may not be.
        environment = os.environ | {"TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            argv, stdin=stdio, stdout=stdio, stderr=stdio, env=environment, start_new_session=True
        )
        os.close(slave)

    def address(self) -> tuple[str, int]:
        """Our end of the connection to the server, as psutil sees it."""
        connections = eventually(
            lambda: [
                one
                for one in psutil.Process(self.process.pid).net_connections("tcp")
                if one.status == psutil.CONN_ESTABLISHED
            ]
        )
        (connection,) = connections
        return connection.laddr.ip, connection.laddr.port

    def type(self, keys: bytes) -> None:
        """As a person does."""
        os.write(self.master, keys)

    def close(self) -> None:
        """Hangs up."""
        self.process.kill()
        self.process.wait()
        os.close(self.master)


class Sshd:
    """The server runs when this returns. `place` is a directory that all users can enter;
    `options` are lines of its configuration that go before what it has otherwise."""

    def __init__(self, *options: str) -> None:
        for program in (_SSHD, "ssh", "ssh-keygen", "useradd", "sudo"):
            if not shutil.which(program):
                lacking(f"{program} is not installed")
        self.place = Path(tempfile.mkdtemp(prefix="sshd-"))
        self.place.chmod(0o755)
        self.log = self.place / "log"
        self._ends = ExitStack()
        self._ends.callback(shutil.rmtree, self.place)
        _SEPARATION.mkdir(mode=0o755, exist_ok=True)
        self._port = _free_port()
        self._make_key("host")
        configuration = self.place / "configuration"
        text = _CONFIGURATION.format(port=self._port, place=self.place)
        configuration.write_text("\n".join(options) + text)  # the first value of each counts
        self._process = subprocess.Popen([_SSHD, "-D", "-f", configuration, "-E", self.log])
        self._ends.callback(self._stop)
        eventually(self._answers, self.log.read_text)

    def add_user(self, name: str) -> pwd.struct_passwd:
        """A user of this machine with a key; without a password, and with a home in `place`."""
        user, home = f"{name}{os.getpid()}", self.place / name
        subprocess.run(["useradd", "--home-dir", home, "--shell", "/bin/sh", user], check=True)
        entry = pwd.getpwnam(user)
        self._ends.callback(_remove, entry)
        home.mkdir()
        os.chown(home, entry.pw_uid, entry.pw_gid)
        self._make_key(user)
        return entry

    def login(
        self,
        user: str,
        command: str,
        *options: str,
        address: str = "127.0.0.1",
        terminal: bool = True,
    ) -> Login:
        """A user logs in and runs a command; returns at once."""
        argv = self.argv(user, command, *options, address=address, terminal=terminal)
        login = Login(argv, terminal=terminal)
        self._ends.callback(login.close)
        return login

    def argv(
        self,
        user: str,
        command: str,
        *options: str,
        address: str = "127.0.0.1",
        terminal: bool = True,
    ) -> list[str]:
        """ssh(1) for a login, with the user's key."""
        if not (self.place / user).exists():
            self._make_key(user)
        return [
            "ssh", "-F", "none", "-tt" if terminal else "-T", "-p", str(self._port),
            "-i", str(self.place / user), "-o", "IdentitiesOnly=yes",
            "-o", f"UserKnownHostsFile={self.place}/known", "-o", "LogLevel=ERROR",
            "-o", "StrictHostKeyChecking=accept-new", *options, f"{user}@{address}", command,
        ]  # fmt: skip

    def close(self) -> None:
        """Ends it all."""
        self._ends.close()

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE_S)

    def _make_key(self, name: str) -> None:
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.place / name]
        subprocess.run(command, check=True)

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.log.read_text()
        with suppress(ConnectionRefusedError), socket.create_connection(("::1", self._port)):
            return True
        return False


def _free_port() -> int:
    """A port that nobody listens on, at either loopback address."""
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as free:
        return int(free.getsockname()[1])


def _remove(user: pwd.struct_passwd) -> None:
    """Ends all processes of a user that was made for a test, and the user."""

    def end() -> bool:
        everything = psutil.process_iter(["uids", "status"])
        left = [process for process in everything if _is_of(process, user.pw_uid)]
        for process in left:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        return not left

    eventually(end)
    # By force: a zombie, of which its parent may want to know nothing, counts as a process to it.
    subprocess.run(["userdel", "--force", user.pw_name], check=True, capture_output=True)


def _is_of(process: psutil.Process, uid: int) -> bool:
    uids = process.info["uids"]
    if process.info["status"] == psutil.STATUS_ZOMBIE:
        return False
    return uids is not None and uid in (uids.real, uids.effective)
