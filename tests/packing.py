"""Records into the bytes that the kernel half would send for them.

Invariant: bytes are packed by the struct module from model/abi.py, not by what is under test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.playbook import at_ns
from tracer.model import abi
from tracer.model.events import (
    ClientInput,
    ClientShown,
    ClientTty,
    Exec,
    Exit,
    Fork,
    Injection,
    Missing,
    PaneInput,
    PaneOutput,
    Peer,
    ProcessKey,
    Record,
    Resize,
    ServerFound,
    Traced,
    Tty,
    Who,
)
from tracer.model.stage import Batch, Drain

_OfTty = PaneOutput | ClientShown | ClientInput | PaneInput | ClientTty | Resize

_KINDS: dict[type, int] = {
    Fork: abi.KIND_FORK,
    Exec: abi.KIND_EXEC,
    Exit: abi.KIND_EXIT,
    ServerFound: abi.KIND_SERVER,
    PaneOutput: abi.KIND_PANE_OUTPUT,
    ClientShown: abi.KIND_CLIENT_OUTPUT,
    ClientInput: abi.KIND_CLIENT_INPUT,
    PaneInput: abi.KIND_PANE_INPUT,
    ClientTty: abi.KIND_CLIENT_TTY,
    Resize: abi.KIND_RESIZE,
    Peer: abi.KIND_PEER,
    Injection: abi.KIND_INJECT,
    Traced: abi.KIND_TRACE,
}


def kind_of(record: Record) -> int:
    """abi.KIND_* of a record."""
    return _KINDS[type(record)]


def pack(record: Record, seq: int = 0, cpu: int = 0) -> bytes:
    """The bytes that the kernel half sends for a record."""
    body, tid, flags = _body(record)
    owner = _owner(record)
    kind, size = kind_of(record), abi.HEADER.size + len(body)
    header = (
        record.ktime_ns,
        owner.start_time_ns,
        seq,
        size,
        owner.tgid,
        owner.tgid if tid is None else tid,
    )
    return abi.HEADER.struct.pack(*header, kind, flags, cpu, 0) + body


def drain(
    records: Iterable[tuple[Record, int, int]], produced: Sequence[int], began_ms: float = 0
) -> Drain:
    """One drain of (record, seq, cpu), as from one ring."""
    packed = [pack(*record) for record in records]
    spans, at = [], 0
    for piece in packed:
        spans.append((at, len(piece)))
        at += len(piece)
    return Drain(at_ns(began_ms), list(produced), (Batch(b"".join(packed), spans),))


def _owner(record: Record) -> ProcessKey:
    match record:
        case PaneOutput() | ClientShown() | ClientInput() | ClientTty() | Resize():
            return record.server
        case PaneInput():
            return record.writer
        case Missing():
            raise TypeError(f"{record} has no bytes")
    return record.key


def _body(record: Record) -> tuple[bytes, int | None, int]:
    match record:
        case Exec():
            return _packed_who(record.who) + _exec_rest(record), record.tid, record.flags
        case Exit():
            fields = _packed(abi.EXIT_FIELDS, record.status, record.server_tgid)
            return fields, None, abi.EXIT_PEER * record.is_peer
        case PaneOutput() | ClientShown() | ClientInput() | PaneInput() | ClientTty() | Resize():
            return _tty_data(record), None, _tty_flags(record)
        case Peer():
            flags = abi.PEER_GONE * (record.who is None) | abi.PEER_OVER * record.is_over
            return _peer_rest(record), None, flags
        case Fork() | ServerFound() | Injection() | Traced():
            return _packed_who(record.who) + _access_rest(record), None, 0
    raise TypeError(f"{record} has no bytes")


def _tty_flags(record: _OfTty) -> int:
    match record:
        case ClientInput() | PaneInput():
            return abi.INPUT_WITHHELD * record.is_withheld
        case ClientTty():
            return abi.TTY_TAKEN * record.is_taken
        case Resize():
            return abi.RESIZE_CLIENT * record.is_client
    return 0


def _packed_who(who_: Who) -> bytes:
    unset = abi.UNSET
    return abi.WHO.struct.pack(
        who_.cgroup_id, who_.parent.start_time_ns, who_.parent.tgid, who_.server_tgid,
        who_.pane_tgid, 0, who_.uid, who_.gid, who_.euid, who_.egid,
        unset if who_.loginuid is None else who_.loginuid,
        unset if who_.audit_session is None else who_.audit_session,
        who_.session or 0, _device(who_.tty),
    )  # fmt: skip


def _exec_rest(record: Exec) -> bytes:
    argv = b"".join(word + b"\0" for word in record.argv)
    parts = record.invoked, _names(record.exe), _names(record.cwd), argv
    fixed = abi.Layout(abi.EXEC_FIELDS).struct.pack(
        record.exe_inode, record.argv_bytes, _device(Tty(*record.exe_device)), record.exe_links,
        record.argc, 0, *map(len, parts),
    )  # fmt: skip
    return fixed + b"".join(parts)


def _tty_data(record: _OfTty) -> bytes:
    fields = record._asdict()
    data = fields.get("data", b"")
    fields |= {
        "bytes": fields.get("size", len(data)),
        "tty": _device(record.tty),
        "server_tgid": _server_of(record),
    }
    names = abi.Layout(abi.TTY_DATA_FIELDS).names
    return _packed(abi.TTY_DATA_FIELDS, *(fields.get(name) or 0 for name in names)) + data


def _server_of(record: _OfTty) -> int:
    return record.server_tgid if isinstance(record, PaneInput) else record.server.tgid


def _peer_rest(record: Peer) -> bytes:
    unknown = abi.WHO.struct.pack(0, 0, 0, record.server_tgid, *[0] * 10)
    known = _packed_who(record.who) if record.who else unknown
    return known + _packed(abi.PEER_FIELDS, record.socket_id, record.size, 0)


def _access_rest(record: Fork | ServerFound | Injection | Traced) -> bytes:
    match record:
        case Injection():
            return _packed(
                abi.INJECT_FIELDS, record.tty_id, record.session or 0, _device(record.tty),
                record.server_tgid, record.code,
            )  # fmt: skip
        case Traced():
            return _packed(
                abi.TRACE_FIELDS, record.target.start_time_ns, record.target.tgid,
                record.server_tgid, record.pane_tgid, record.request,
            )  # fmt: skip
    return b""


def _packed(fields: str, *values: int) -> bytes:
    return abi.Layout(fields).struct.pack(*values)


def _names(path: bytes) -> bytes:
    return b"".join(name + b"\0" for name in reversed(path.split(b"/")) if name)


def _device(tty: Tty | None) -> int:
    return tty.major << 20 | tty.minor if tty else 0
