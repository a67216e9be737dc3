"""What a process may do: the account and the capabilities that it keeps, and what others have.

Invariant: what was given up can't be had again, by this process or one that it starts.
"""

from __future__ import annotations

import ctypes
import grp
import os
import pwd
import struct
from collections.abc import Collection
from contextlib import suppress
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

ACCOUNT: Final = "ttytrace"
"""Of workers, and the group that may read: made by `ttytrace install`."""

_NOBODY: Final = "nobody"
_NICE: Final = -10
_CAPABILITY_VERSION_3: Final = 0x20080522  # linux/capability.h
_PR_SET_KEEPCAPS: Final = 8
_PR_CAPBSET_DROP: Final = 24
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
_SYS_CAPSET: Final = 91 if os.uname().machine == "aarch64" else 126
_LAST: Final = Path("/proc/sys/kernel/cap_last_cap")

_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class Capability(IntEnum):
    """Those that some part of ttytrace needs, by their numbers (linux/capability.h)."""

    DAC_OVERRIDE = 1
    DAC_READ_SEARCH = 2
    KILL = 5
    SETGID = 6
    SETUID = 7
    SETPCAP = 8
    LINUX_IMMUTABLE = 9
    SYS_PTRACE = 19
    SYS_ADMIN = 21
    AUDIT_WRITE = 29
    AUDIT_CONTROL = 30
    AUDIT_READ = 37
    PERFMON = 38
    BPF = 39


LOADER: Final = frozenset(
    {
        Capability.BPF,
        Capability.PERFMON,
        Capability.SYS_ADMIN,  # perf_event_open(2) with Debian's kernel.perf_event_paranoid = 3
    }
)
"""What it takes to put the kernel half in place."""

SERVICE: Final = frozenset(
    {
        Capability.BPF,  # its maps
        Capability.PERFMON,
        Capability.SYS_PTRACE,  # what /proc says of others
        Capability.DAC_OVERRIDE,  # their sockets
        Capability.DAC_READ_SEARCH,
        Capability.LINUX_IMMUTABLE,  # closed segments
        Capability.SETUID,  # workers become somebody else
        Capability.SETGID,
        Capability.SETPCAP,
        Capability.KILL,
        Capability.AUDIT_READ,  # the worker that listens, and asks what is audited
        Capability.AUDIT_CONTROL,
        Capability.AUDIT_WRITE,  # the one that writes sinks
    }
)
"""What it takes to record; workers keep some of these, or none."""


class Account(NamedTuple):
    """Whom a worker runs as."""

    name: str
    uid: int
    gid: int


def worker_account() -> Account:
    """The account of workers; where ttytrace isn't installed, nobody's, in root's group, so that
    it can read what root's group may."""
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        return Account(_NOBODY, pwd.getpwnam(_NOBODY).pw_uid, 0)
    return Account(ACCOUNT, entry.pw_uid, entry.pw_gid)


@cache
def reading_group() -> int:
    """The gid of those who may read the record: root's where ttytrace isn't installed. Looked up
    once: the name service may hang later, and who has given up CAP_CHOWN can't use another."""
    try:
        return grp.getgrnam(ACCOUNT).gr_gid
    except KeyError:
        return 0


def become(account: Account, keep: Collection[Capability] = ()) -> None:
    """Gives up root, and all capabilities but these. OSError where the kernel refuses, as in a
    container without CAP_SETUID."""
    _bound(set_of(keep))
    _prctl(_PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(account.gid, account.gid, account.gid)
    os.setresuid(account.uid, account.uid, account.uid)
    _capset(_permitted() & set_of(keep))


def keep_only(keep: Collection[Capability]) -> None:
    """Gives up all capabilities but these, for what is started from here too."""
    _bound(set_of(keep))
    _capset(_permitted() & set_of(keep))


def become_service() -> None:
    """Keeps what it takes to record, in the group that may read: so it can give files to that
    without CAP_CHOWN. To be called before there is a second thread, as each has its own rights."""
    with suppress(PermissionError):  # a container without CAP_SETGID
        os.setgroups([reading_group()])
    keep_only(SERVICE)


def take_precedence() -> None:
    """Has the kernel let us run before others, as far as we may: what must be drained is made by
    programs that would else have all but a share of the time. To be called by a process that does
    little, before it gives up its rights."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    with suppress(OSError):  # between sessions that alone counts; see sched(7), autogroup
        Path("/proc/self/autogroup").write_text(str(_NICE))


def effective_of(pid: int) -> int:
    """The capabilities that a process has now, as a set of bits; 0 if it has gone."""
    return _status(pid, "CapEff:")


def names_of(capabilities: int) -> list[str]:
    """CAP_BPF and so on; those that ttytrace has no use for by number."""
    known = {each.value: f"CAP_{each.name}" for each in Capability}
    return [
        known.get(number, f"CAP_{number}") for number in range(64) if capabilities & _bit(number)
    ]


def set_of(capabilities: Collection[Capability]) -> int:
    """As a set of bits."""
    return sum(_bit(each) for each in set(capabilities))


def _permitted() -> int:
    return _status(os.getpid(), "CapPrm:")


def _status(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1], 16) for line in lines if line.startswith(name)), 0)


def _bit(number: int) -> int:
    return 1 << number


def _bound(kept: int) -> None:
    """What programs that we start can get at most; without CAP_SETPCAP that is nothing new."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if effective_of(os.getpid()) & _bit(Capability.SETPCAP):
        for number in range(int(_LAST.read_text()) + 1):
            if not kept & _bit(number):
                _prctl(_PR_CAPBSET_DROP, number)
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)


def _capset(kept: int) -> None:
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    low, high = kept & 0xFFFFFFFF, kept >> 32
    # effective, permitted, inheritable: the low halves, then the high ones
    data = struct.pack("=6I", low, low, 0, high, high, 0)
    if _LIBC.syscall(_SYS_CAPSET, ctypes.c_char_p(header), ctypes.c_char_p(data)) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), "capset")


def _prctl(option: int, *arguments: int) -> None:
    padded = [ctypes.c_ulong(each) for each in (*arguments, 0, 0, 0, 0)[:4]]
    if _LIBC.prctl(option, *padded) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), f"prctl({option})")
