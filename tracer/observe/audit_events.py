"""Records of the audit stream into what they say together: an exec is told by several.

Invariant: sans-I/O and bounded: an event that never ends is closed after a while, and so is the
oldest of too many. What a program says of a login is kept apart from what the kernel says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from tracer.model.audit import AuditConfig, AuditExec, AuditInput, AuditLogin, AuditSeen, Said
from tracer.model.events import Tty
from tracer.observe.audit_parse import AuditRecord, Refused, decoded, parse, said

OPEN_NS: Final = 2_000_000_000
ARGV_KEPT_BYTES: Final = 4096  # as much as the kernel half keeps
_MAX_OPEN: Final = 1024
_MAX_TEXT: Final = 256

# linux/audit.h
_USER_START, _USER_END, _USER_LOGIN, _USER_LOGOUT = 1105, 1106, 1112, 1113
_SYSCALL, _CONFIG_CHANGE, _CWD, _EXECVE = 1300, 1305, 1307, 1309
_TTY, _EOE = 1319, 1320
# execve and execveat on x86-64, x32, i386 and arm64: other system calls aren't even parsed.
_IS_EXEC: Final = re.compile(rb" syscall=(?:11|59|221|281|322|358|520|545) ")
_ARGUMENT: Final = re.compile(rb"a(\d+)(?:\[\d+\])?")
_TERMINAL: Final = re.compile(rb"(pts|tty)(\d{1,6})")
_MAJORS: Final = {b"pts": 136, b"tty": 4}

BootOf = Callable[[int], int]


class Events:
    """`feed` and `tick` return what is complete; `refused` counts what was no record. `boot_of`:
    CLOCK_BOOTTIME at a moment of the wall clock."""

    def __init__(self, boot_of: BootOf) -> None:
        self._boot_of = boot_of
        self._open: dict[int, _Exec] = {}
        self.refused = 0

    def feed(self, type_: int, data: bytes, now_ns: int) -> list[AuditSeen]:
        """The payload of a netlink message of that type."""
        if type_ == _SYSCALL and not _IS_EXEC.search(data):
            return []
        try:
            handler = _HANDLERS.get(type_)
            return handler(self, parse(type_, data), now_ns) if handler else []
        except Refused:
            self.refused += 1
            return []

    def tick(self, now_ns: int) -> list[AuditSeen]:
        """Events that have waited too long for their last record."""
        late = [n for n, each in self._open.items() if now_ns - each.began_ns >= OPEN_NS]
        return [seen for serial in late for seen in self._close(serial)]

    def _syscall(self, record: AuditRecord, now_ns: int) -> list[AuditSeen]:
        if record.fields.get(b"success") != b"yes":
            return []
        too_many = self._close(next(iter(self._open))) if len(self._open) >= _MAX_OPEN else []
        self._open[record.serial] = _Exec(record, now_ns)
        return too_many

    def _execve(self, record: AuditRecord, _now_ns: int) -> list[AuditSeen]:
        if record.serial in self._open:
            self._open[record.serial].add(record)
        return []

    def _cwd(self, record: AuditRecord, _now_ns: int) -> list[AuditSeen]:
        if record.serial in self._open:
            self._open[record.serial].cwd = record.untrusted(b"cwd")
        return []

    def _end(self, record: AuditRecord, _now_ns: int) -> list[AuditSeen]:
        return self._close(record.serial)

    def _close(self, serial: int) -> list[AuditSeen]:
        ended = self._open.pop(serial, None)
        seen = ended.seen(self._boot_of) if ended else None
        return [seen] if seen else []

    def _login(self, record: AuditRecord, _now_ns: int) -> list[AuditSeen]:
        fields = said(record)
        action = "login" if fields.get(b"res") == b"success" else "login-failed"
        return [self._of_login(record, action, _said(fields))]

    def _start(self, record: AuditRecord, _now_ns: int) -> list[AuditSeen]:
        # Of every su and cron job too: where somebody comes from elsewhere, it is a login.
        told = _said(fields := said(record))
        is_login = told.address is not None and fields.get(b"res") == b"success"
        return [self._of_login(record, "login", told)] if is_login else []

    def _logout(self, record: AuditRecord, _now_ns: int) -> list[AuditSeen]:
        return [self._of_login(record, "logout", _said(said(record)))]

    def _of_login(self, record: AuditRecord, action: str, told: Said) -> AuditLogin:
        time_ns, pid = self._boot_of(record.time_ns), record.number(b"pid") or 0
        loginuid, session = record.number(b"auid"), record.number(b"ses")
        return AuditLogin(time_ns, action, pid, loginuid, session, told)

    def _tty(self, record: AuditRecord, _now_ns: int) -> list[AuditSeen]:
        pid, major = record.number(b"pid"), record.number(b"major")
        minor, size = record.number(b"minor"), len(record.untrusted(b"data"))
        if pid is None or major is None or minor is None or not size:
            return []
        return [AuditInput(self._boot_of(record.time_ns), pid, Tty(major, minor), size)]

    def _config(self, record: AuditRecord, _now_ns: int) -> list[AuditSeen]:
        what = record.text[:_MAX_TEXT].decode(errors="replace")
        time_ns = self._boot_of(record.time_ns)
        return [AuditConfig(time_ns, what, record.number(b"auid"), record.number(b"ses"))]


_HANDLERS: Final[dict[int, Callable[[Events, AuditRecord, int], list[AuditSeen]]]] = {
    _SYSCALL: Events._syscall,
    _EXECVE: Events._execve,
    _CWD: Events._cwd,
    _EOE: Events._end,
    _USER_LOGIN: Events._login,
    _USER_START: Events._start,
    _USER_END: Events._logout,
    _USER_LOGOUT: Events._logout,
    _TTY: Events._tty,
    _CONFIG_CHANGE: Events._config,
}


class _Exec:
    """An exec of which not all is there yet."""

    def __init__(self, syscall: AuditRecord, began_ns: int) -> None:
        self.began_ns = began_ns
        self.cwd = b""
        self._syscall = syscall
        self._argc = self._argv_bytes = self._kept_bytes = 0
        self._argv: list[bytes] = []
        self._last: bytes | None = None

    def add(self, record: AuditRecord) -> None:
        """The arguments, or more of them: long ones come in pieces, a1[0] and so on."""
        self._argc = record.number(b"argc") or self._argc
        for name, value in record.fields.items():
            if number := _ARGUMENT.fullmatch(name):
                self._add_piece(number[1], decoded(value) if value[:1] != b"(" else value)

    def seen(self, boot_of: BootOf) -> AuditExec | None:
        """What is known; None if it was no exec."""
        record, number = self._syscall, self._syscall.number
        pid, ppid, uid, gid = (number(name) for name in (b"pid", b"ppid", b"uid", b"gid"))
        if not self._argc or pid is None or ppid is None or uid is None or gid is None:
            return None
        euid, egid = number(b"euid"), number(b"egid")
        return AuditExec(
            boot_of(record.time_ns), pid, ppid, uid, gid, uid if euid is None else euid,
            gid if egid is None else egid, number(b"auid"), number(b"ses"),
            terminal(record.fields.get(b"tty", b"")), record.untrusted(b"exe"), self.cwd,
            tuple(self._argv), self._argv_bytes, self._argc,
        )  # fmt: skip

    def _add_piece(self, number: bytes, piece: bytes) -> None:
        is_new, self._last = number != self._last, number
        self._argv_bytes += len(piece) + is_new
        kept = piece[: max(0, ARGV_KEPT_BYTES - self._kept_bytes)]
        self._kept_bytes += len(kept) + is_new
        if is_new and (kept or self._kept_bytes <= ARGV_KEPT_BYTES):
            self._argv.append(kept)
        elif kept:
            self._argv[-1] += kept


def terminal(name: bytes) -> Tty | None:
    """The terminal that the kernel calls pts3 or tty1; None for others."""
    match = _TERMINAL.fullmatch(name)
    return Tty(_MAJORS[match[1]], int(match[2])) if match else None


def _said(fields: dict[bytes, bytes]) -> Said:
    def text(name: bytes) -> str | None:
        return decoded(fields.get(name, b""))[:_MAX_TEXT].decode(errors="replace") or None

    return Said(text(b"exe"), text(b"acct"), text(b"addr"), text(b"terminal"))
