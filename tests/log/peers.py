"""Real receivers of syslog and journal entries, private to a test, and what they got.

Invariant: after close() nothing of them runs; what they wrote is read as anybody may.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

from tests.need import lacking
from tests.patience import PATIENCE_S, eventually

JOURNALD = Path("/lib/systemd/systemd-journald")
_RSYSLOG = """
global(workDirectory="{place}" {tls})
module(load="imtcp" {driver})
module(load="imuxsock" SysSock.Use="off")
template(name="whole" type="list") {{ property(name="jsonmesg") constant(value="\\n") }}
ruleset(name="keep") {{ action(type="omfile" file="{place}/got" template="whole") }}
input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="keep")
input(type="imuxsock" Socket="{place}/log" UseSpecialParser="off" CreatePath="off" ruleset="keep")
"""
_CERTIFIED = (
    'DefaultNetstreamDriverCAFile="{place}/ca.pem" DefaultNetstreamDriverCertFile="{place}/ca.pem"'
    ' DefaultNetstreamDriverKeyFile="{place}/key.pem"'
)
_SECURE = 'StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"'
_JOURNALD = """[Journal]
Storage=volatile
ForwardToSyslog=no
ReadKMsg=no
Audit=no
RateLimitIntervalSec=0
"""
_IN_ITS_RUN = """
mount --bind $0 /run && mkdir -p /run/log/journal /run/systemd/journal
mount -t tmpfs none /etc/systemd && cp /run/journald.conf /etc/systemd/
exec $1
"""


class Rsyslog:
    """rsyslogd: it listens at a port of the loopback and at `socket`."""

    def __init__(self, place: Path, *, is_secure: bool = False) -> None:
        if not shutil.which("rsyslogd"):
            lacking("rsyslogd is not installed")
        self.place, self.socket, self.port = place, place / "log", free_port()
        place.mkdir(mode=0o755)
        tls, driver = (_CERTIFIED.format(place=place), _SECURE) if is_secure else ("", "")
        if is_secure:
            certify(place)
        text = _RSYSLOG.format(place=place, port=self.port, tls=tls, driver=driver)
        (place / "conf").write_text(text)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Begins to listen."""
        command = ["rsyslogd", "-n", "-f", self.place / "conf", "-i", self.place / "pid"]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        eventually(lambda: can_connect(self.port))

    def hang(self) -> None:
        """Reads nothing any more."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """Ends at once, whatever it was about to write."""
        assert self._process
        self._process.kill()
        self._process.wait(PATIENCE_S)
        self.socket.unlink(missing_ok=True)

    def stop(self) -> None:
        """Ends in order."""
        assert self._process
        self._process.terminate()
        self._process.wait(PATIENCE_S)

    def got(self) -> list[dict[str, Any]]:
        """The messages, as it parsed them."""
        path = self.place / "got"
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        return [orjson.loads(line) for line in lines]

    def close(self) -> None:
        """Ends it, if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self.kill()


class Journald:
    """systemd-journald in a mount namespace of its own, where /run is empty."""

    def __init__(self, place: Path) -> None:
        if not JOURNALD.exists():
            lacking("systemd-journald is not installed")
        self._run, self._socket = place, place / "systemd/journal/socket"
        place.mkdir(mode=0o755)
        (place / "journald.conf").write_text(_JOURNALD)
        self.start()

    def start(self) -> None:
        """Begins to listen."""
        command = ["unshare", "--mount", "sh", "-c", _IN_ITS_RUN, self._run, JOURNALD]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        eventually(self._socket.exists)

    def got(self) -> list[dict[str, Any]]:
        """Our entries, as journalctl shows them."""
        shown = self.journalctl("-o", "json", "SYSLOG_IDENTIFIER=ttytrace", "--all")
        return [orjson.loads(line) for line in shown.splitlines()]

    def journalctl(self, *options: str) -> bytes:
        """What that prints."""
        command = ["journalctl", "-D", self._run / "log/journal", "-q", *options]
        return subprocess.run(command, capture_output=True, check=False).stdout

    def python(self) -> Path:
        """An interpreter whose /run is this journal's."""
        script = self._run / "python"
        place = f"--mount=/proc/{self._process.pid}/ns/mnt"
        script.write_text(f'#!/bin/sh\nexec nsenter {place} -- {sys.executable} "$@"\n')
        script.chmod(0o755)
        return script

    def kill(self) -> None:
        """Ends at once."""
        self._process.kill()
        self._process.wait(PATIENCE_S)
        self._socket.unlink(missing_ok=True)

    def close(self) -> None:
        """Ends it, if it still runs."""
        if self._process.poll() is None:
            self.kill()


def free_port() -> int:
    """One of the loopback that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def can_connect(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def certify(place: Path) -> None:
    """A certificate for localhost, and its key."""
    files = ["-keyout", place / "key.pem", "-out", place / "ca.pem"]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    kind = ["req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2"]
    subprocess.run(["openssl", *kind, *files, *name], check=True, capture_output=True)
