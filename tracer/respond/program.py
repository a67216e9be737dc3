"""Runs a program about an alert, which it gets on standard input as the log has it.

Invariant: it has no rights of ours: another user, no groups, no capability and no way to any, no
descriptor but its own three, no environment. It ends in time, with all of its process group. Nobody
but root can have put it there.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import select
import signal
import stat
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from tracer.codec.identity import known
from tracer.codec.safe import safe_text
from tracer.respond.action import Outcome, Refused, State
from tracer.respond.alert import SealedAlert
from tracer.settings import ActionSettings

PATIENCE_S: Final = 10.0
KEPT_BYTES: Final = 200
_CHUNK: Final = 65536
_ENVIRONMENT: Final = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
# It sets the limits as who the program runs as, between exec and exec, where Python can't.
_LIMITED: Final = ("/usr/bin/prlimit", "--core=0", "--cpu=10", "--nofile=256", "--fsize=67108864")
_SEALS: Final = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
_WRITABLE: Final = stat.S_IWGRP | stat.S_IWOTH


class Program:
    """The one that the settings name."""

    def __init__(self, settings: ActionSettings) -> None:
        self._argv, self._user = settings.program, settings.user

    def check(self) -> None:
        """Refused where it may not run; OSError where it isn't there."""
        _check_file(Path(self._argv[0]))
        _account(self._user)

    def act(self, alert: SealedAlert) -> Outcome:
        """Runs it; what it says first is in the outcome."""
        self.check()
        with _Started(self._argv, _account(self._user), alert.line) as process:
            said, is_late = _watch(process, time.monotonic() + PATIENCE_S)
        status = process.returncode
        hit = {"exit_status": status} | known(output=safe_text(said) or None)
        if is_late:
            return Outcome(State.FAILED, f"it was not over in {PATIENCE_S:.0f} s", hit)
        if status != 0:
            return Outcome(State.FAILED, f"it ended with {status}", hit)
        return Outcome(State.DONE, hit=hit)


class _Started:
    """The process, meanwhile; nothing of its group is left behind."""

    def __init__(self, argv: tuple[str, ...], account: pwd.struct_passwd, line: bytes) -> None:
        stdin = _sealed(line + b"\n")
        try:
            self._process = subprocess.Popen(
                [*_LIMITED, "--", *argv],
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=_ENVIRONMENT,
                user=account.pw_uid,
                group=account.pw_gid,
                extra_groups=[],
                start_new_session=True,
            )
        finally:
            os.close(stdin)

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self._process

    def __exit__(self, *_: object) -> None:
        process = self._process
        assert process.stdout is not None
        # Before its leader is waited for: until then nobody else can have the group's number.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def _watch(process: subprocess.Popen[bytes], until_s: float) -> tuple[bytes, bool]:
    """What it said first, and whether it was still there at the end of its time."""
    assert process.stdout is not None
    said, out, pidfd = b"", process.stdout.fileno(), os.pidfd_open(process.pid)
    try:
        open_ends = [out, pidfd]
        while (left_s := until_s - time.monotonic()) > 0:
            ready = select.select(open_ends, [], [], left_s)[0]
            if out in ready:
                data = os.read(out, _CHUNK)
                said = (said + data)[:KEPT_BYTES]
                open_ends = open_ends if data else [pidfd]
            if pidfd in ready:  # whoever it left behind may say more without end
                return said, False
        return said, True
    finally:
        os.close(pidfd)


def _sealed(data: bytes) -> int:
    """A file in memory that nobody can change, to be read."""
    fd = os.memfd_create("alert", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with os.fdopen(os.dup(fd), "wb") as file:
        file.write(data)
    os.lseek(fd, 0, os.SEEK_SET)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
    return fd


def _check_file(path: Path) -> None:
    """It and all that leads there belong to root alone, so it can't be another when it runs."""
    real = path.resolve(strict=True)
    for each in (real, *real.parents):
        found = each.stat()
        if found.st_uid != 0 or found.st_mode & _WRITABLE:
            raise Refused(f"{safe_text(str(each))} could be changed by others than root")
    if not stat.S_ISREG(real.stat().st_mode):
        raise Refused(f"{safe_text(str(real))} is not a file")


def _account(name: str) -> pwd.struct_passwd:
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        raise Refused(f"there is no user {safe_text(name)}") from None
    if 0 in (account.pw_uid, account.pw_gid):
        raise Refused("it must not run as root")
    return account
