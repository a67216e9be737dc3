"""What another source heard, as records of the kernel half, so that all behind it is the same.

Invariant: decode/ reads back what was packed.
"""

from __future__ import annotations

from typing import Final

from tracer.model import abi
from tracer.model.events import Exec, Exit, ServerFound, Tty, Who

_MINOR_BITS: Final = 20


def kind_of(record: Exec | Exit | ServerFound) -> int:
    """abi.KIND_* of a record."""
    match record:
        case Exec():
            return abi.KIND_EXEC
        case Exit():
            return abi.KIND_EXIT
    return abi.KIND_SERVER


def pack(record: Exec | Exit | ServerFound, seq: int) -> bytes:
    """The bytes of a record, which is number `seq` of its kind, on CPU 0."""
    tid, flags = record.key.tgid, 0
    match record:
        case Exec():
            tid, flags, body = record.tid, record.flags, _who(record.who) + _exec(record)
        case Exit():
            fields = abi.Layout(abi.EXIT_FIELDS).struct
            body = fields.pack(record.status, record.server_tgid)
        case ServerFound():
            body = _who(record.who)
    return _header(record, seq, tid, flags, len(body)) + body


def _header(
    record: Exec | Exit | ServerFound, seq: int, tid: int, flags: int, body_bytes: int
) -> bytes:
    tgid, start_ns = record.key
    size = abi.HEADER.size + body_bytes
    return abi.HEADER.struct.pack(
        record.ktime_ns, start_ns, seq, size, tgid, tid, kind_of(record), flags, 0, 0
    )


def _who(who: Who) -> bytes:
    return abi.WHO.struct.pack(
        who.cgroup_id, who.parent.start_time_ns, who.parent.tgid, who.server_tgid, who.pane_tgid, 0,
        who.uid, who.gid, who.euid, who.egid, _or_unset(who.loginuid),
        _or_unset(who.audit_session), who.session or 0, _device(who.tty),
    )  # fmt: skip


def _exec(record: Exec) -> bytes:
    argv = b"".join(argument + b"\0" for argument in record.argv)
    parts = record.invoked, _names(record.exe), _names(record.cwd), argv
    fixed = abi.Layout(abi.EXEC_FIELDS).struct.pack(
        record.exe_inode, record.argv_bytes, _device(Tty(*record.exe_device)), record.exe_links,
        record.argc, 0, *map(len, parts),
    )  # fmt: skip
    return fixed + b"".join(parts)


def _names(path: bytes) -> bytes:
    # From the leaf to the root, as the kernel half walks; each name ends in NUL.
    return b"".join(name + b"\0" for name in reversed(path.split(b"/")) if name)


def _or_unset(number: int | None) -> int:
    return abi.UNSET if number is None else number


def _device(tty: Tty | None) -> int:
    return (tty.major << _MINOR_BITS | tty.minor) if tty else 0
