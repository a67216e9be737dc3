"""Who asks: a process as the kernel and /proc show it.

Invariant: what can't be seen is null; a loginuid that is unset names nobody.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tracer.codec.identity import Fields

_UNSET: Final = 0xFFFFFFFF


def ourselves() -> Fields:
    """This process."""
    return caller(os.getpid(), os.getuid())


def caller(pid: int, uid: int) -> Fields:
    """The process `pid`, of which the kernel told the uid: with its loginuid, and its terminal."""
    return {"pid": pid, "uid": uid, "loginuid": _loginuid(pid), "tty": _tty(pid)}


def _loginuid(pid: int) -> int | None:
    text = _read(pid, "loginuid")
    loginuid = int(text) if text.strip().isdecimal() else _UNSET
    return None if loginuid == _UNSET else loginuid


def _tty(pid: int) -> Fields | None:
    # Behind the name, which may hold anything: state ppid pgrp session tty_nr (proc_pid_stat(5)).
    fields = _read(pid, "stat").rpartition(")")[2].split()
    number = int(fields[4]) if len(fields) > 4 else 0
    if not number:
        return None
    return {"char_device": {"major": os.major(number), "minor": os.minor(number)}}


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""
