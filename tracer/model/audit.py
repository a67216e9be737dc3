"""What the kernel's audit stream says, for whoever holds it against our own records.

Invariant: pids, ids, terminals, programs and arguments are the kernel's word. Only the fields of
`Said` come from a program: a privileged one (CAP_AUDIT_WRITE), and yet no more than its claim.
Times are CLOCK_BOOTTIME nanoseconds, by the audit stream's own clock of a tick or so.
"""

from __future__ import annotations

from typing import NamedTuple

from tracer.model.events import Tty


class AuditBegan(NamedTuple):
    """The stream is heard from now on; `trouble`: why it can't tell of programs, None where it can
    or where that isn't known."""

    time_ns: int
    trouble: str | None


class AuditExec(NamedTuple):
    """A process runs a new program.

    `argv` is what was kept of `argc` arguments of `argv_bytes` bytes, each with its NUL; the last
    may be cut. `exe` and `cwd` are empty where no record of the event had them.
    """

    time_ns: int
    pid: int
    ppid: int
    uid: int
    gid: int
    euid: int
    egid: int
    loginuid: int | None
    audit_session: int | None
    tty: Tty | None
    exe: bytes
    cwd: bytes
    argv: tuple[bytes, ...]
    argv_bytes: int
    argc: int


class Said(NamedTuple):
    """What the program that logged somebody in says of it; None where it says nothing."""

    program: str | None = None
    account: str | None = None
    address: str | None = None
    terminal: str | None = None


class AuditLogin(NamedTuple):
    """Somebody logged in or out, or could not.

    `action`: "login", "login-failed" or "logout". `pid`, `loginuid` and `audit_session`: of the
    process that said so.
    """

    time_ns: int
    action: str
    pid: int
    loginuid: int | None
    audit_session: int | None
    said: Said


class AuditInput(NamedTuple):
    """A process has read `size` bytes from a terminal of which input is audited (pam_tty_audit).
    The bytes themselves stay with the worker."""

    time_ns: int
    pid: int
    tty: Tty
    size: int


class AuditConfig(NamedTuple):
    """Somebody changed what is audited; `what`: the kernel's words."""

    time_ns: int
    what: str
    loginuid: int | None
    audit_session: int | None


class AuditLost(NamedTuple):
    """Records of the stream that were not heard; `records` is None where it can't be known."""

    time_ns: int
    reason: str
    records: int | None


AuditSeen = AuditBegan | AuditExec | AuditLogin | AuditInput | AuditConfig | AuditLost
