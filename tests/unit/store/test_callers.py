"""Who asks, as /proc shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tracer.store.callers import caller, ourselves


def test_we_are_seen() -> None:
    """With the loginuid that /proc has, null where it is unset."""
    loginuid = int(Path("/proc/self/loginuid").read_text())
    by = ourselves()
    assert (by["pid"], by["uid"]) == (os.getpid(), os.getuid())
    assert by["loginuid"] == (None if loginuid == 0xFFFFFFFF else loginuid)


def test_a_terminal_is_seen() -> None:
    """That which the process has, by its numbers; whatever the process calls itself."""
    master, slave = os.openpty()
    code = (
        "import fcntl, termios, sys; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
        "open('/proc/self/comm', 'w').write(') S 1 1 1'); print(flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=slave, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    device = os.fstat(slave).st_rdev
    tty = caller(process.pid, 0)["tty"]
    process.kill()
    process.communicate()
    os.close(master)
    os.close(slave)
    assert tty == {"char_device": {"major": os.major(device), "minor": os.minor(device)}}


def test_who_is_gone_is_not_seen() -> None:
    """Only what the kernel told when it asked."""
    assert caller(1 << 30, 7) == {"pid": 1 << 30, "uid": 7, "loginuid": None, "tty": None}
