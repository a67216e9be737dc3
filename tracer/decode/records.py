"""Ring bytes into records of model.events.

Invariant: a record that doesn't have the layout of model/abi.py raises ValueError, because only a
bug can make one. What is missing between records is found in `order`, not here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from tracer.model import abi
from tracer.model.events import (
    ClientInput,
    ClientShown,
    ClientTty,
    Exec,
    Exit,
    Fork,
    Injection,
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

_HEADER = abi.HEADER.struct.unpack_from
_WHO = abi.WHO.struct.unpack_from
_EXEC_REST = abi.Layout(abi.EXEC_FIELDS).struct.unpack_from
_EXIT_REST = abi.Layout(abi.EXIT_FIELDS).struct.unpack_from
_PEER_REST = abi.Layout(abi.PEER_FIELDS).struct.unpack_from
_INJECT_REST = abi.Layout(abi.INJECT_FIELDS).struct.unpack_from
_TRACE_REST = abi.Layout(abi.TRACE_FIELDS).struct.unpack_from
_TTY_DATA = abi.TTY_DATA.struct.unpack_from
_TTY_DATA_BYTES: Final = abi.TTY_DATA.size
_TTY_DATA_REST = abi.Layout(abi.TTY_DATA_FIELDS).struct.unpack_from
_KIND_AT: Final = abi.HEADER.offset("kind")
_WHO_AT: Final = abi.HEADER.size
_REST_AT: Final = abi.FORK.size
_MINOR_BITS: Final = 20
_TTYS_CACHED: Final = 4096
_SHOWN: Final[dict[int, type[PaneOutput | ClientShown]]] = {
    abi.KIND_PANE_OUTPUT: PaneOutput,
    abi.KIND_CLIENT_OUTPUT: ClientShown,
}
# What the constructor of a NamedTuple calls; half of its time is the frame around this.
_new = tuple.__new__


class Arrival(NamedTuple):
    """A record with what `order` needs: its time, kind and its number on its CPU."""

    ktime_ns: int
    kind: int
    cpu: int
    seq: int
    record: Record


def decode(data: bytes, spans: list[tuple[int, int]]) -> list[Arrival]:
    """Every record of a batch (see capture.ring.Batch), in the ring's order."""
    # Output is nearly all that comes, so it has a way of its own, without a call for each.
    arrivals: list[Arrival] = []
    kind_at, shown = _KIND_AT, _SHOWN
    server_tgid, server_start = server = ProcessKey(0, 0)
    for at, size in spans:
        if data[at + kind_at] not in shown:
            arrivals.append(_record(data, at, size))
            continue
        if size < _TTY_DATA_BYTES:
            raise _misfit(data, at, size)
        (ktime, start, seq, full, tgid, _, kind, _, cpu, _, tty_id, began, offset, origin, nth,
         count, session, foreground, tty, _, _, rows, columns) = _TTY_DATA(data, at)  # fmt: skip
        if not full == size == _TTY_DATA_BYTES + count or kind not in shown:
            raise _misfit(data, at, size)
        if tgid != server_tgid or start != server_start:
            server_tgid, server_start = server = ProcessKey(tgid, start)
        end = at + size
        fields = (
            ktime, server, tty_id, began, offset, origin, nth, session or None, foreground or None,
            _tty(tty), rows, columns, data[end - count : end],
        )  # fmt: skip
        arrivals.append(_new(Arrival, (ktime, kind, cpu, seq, _new(shown[kind], fields))))
    return arrivals


@lru_cache(_TTYS_CACHED)
def _tty(device: int) -> Tty:
    return Tty(device >> _MINOR_BITS, device & 0xFFFFF)


def _record(data: bytes, at: int, size: int) -> Arrival:
    ktime, start, seq, full, tgid, tid, kind, flags, cpu, _ = _HEADER(data, at)
    if kind not in _MAKERS:
        raise _misfit(data, at, size)
    make, fixed = _MAKERS[kind]
    if full != size or size < fixed:
        raise _misfit(data, at, size)
    header = _Header(ktime, ProcessKey(tgid, start), tid, flags, size)
    return Arrival(ktime, kind, cpu, seq, make(data, at, header))


def _misfit(data: bytes, at: int, size: int) -> ValueError:
    _, _, _, full, _, _, kind, *_ = _HEADER(data, at)
    if full != size:
        return ValueError(f"record of {size} bytes says that it has {full}")
    if kind not in abi.KIND_NAMES:
        return ValueError(f"record of unknown kind {kind}")
    return ValueError(f"record of kind {kind} has {size} bytes, which is not its length")


class _Header(NamedTuple):
    ktime_ns: int
    key: ProcessKey
    tid: int
    flags: int
    size: int


def _who(data: bytes, at: int) -> Who:
    fields = _WHO(data, at)
    cgroup, parent_start, parent, server, pane, _ = fields[:6]
    uid, gid, euid, egid, loginuid, audit_session, session, tty = fields[6:]
    return Who(
        ProcessKey(parent, parent_start),
        server,
        pane,
        uid,
        gid,
        euid,
        egid,
        None if loginuid == abi.UNSET else loginuid,
        None if audit_session == abi.UNSET else audit_session,
        session or None,
        _tty(tty) if tty else None,
        cgroup,
    )


def _fork(data: bytes, at: int, header: _Header) -> Fork:
    return Fork(header.ktime_ns, header.key, _who(data, at + _WHO_AT))


def _server(data: bytes, at: int, header: _Header) -> ServerFound:
    return ServerFound(header.ktime_ns, header.key, _who(data, at + _WHO_AT))


def _exit(data: bytes, at: int, header: _Header) -> Exit:
    status, server = _EXIT_REST(data, at + _WHO_AT)
    return Exit(header.ktime_ns, header.key, server, status, bool(header.flags & abi.EXIT_PEER))


def _exec(data: bytes, at: int, header: _Header) -> Exec:
    fields = _EXEC_REST(data, at + _REST_AT)
    inode, argv_bytes, device, links, argc, _ = fields[:6]
    invoked_size, exe_size, cwd_size, argv_size = fields[6:]
    invoked_at = at + abi.EXEC.size
    exe_at = invoked_at + invoked_size
    cwd_at = exe_at + exe_size
    argv_at = cwd_at + cwd_size
    if argv_at + argv_size != at + header.size:
        raise ValueError(f"exec record of {header.size} bytes has parts of another length")
    return Exec(
        header.ktime_ns,
        header.key,
        header.tid,
        _who(data, at + _WHO_AT),
        data[invoked_at:exe_at],
        _path(data[exe_at:cwd_at]),
        _path(data[cwd_at:argv_at]),
        _argv(data[argv_at : argv_at + argv_size]),
        argv_bytes,
        argc,
        inode,
        (device >> _MINOR_BITS, device & 0xFFFFF),
        links,
        header.flags,
    )


def _path(names: bytes) -> bytes:
    # The kernel half walks from the leaf to the root; each name ends in NUL.
    return b"/" + b"/".join(reversed(names.split(b"\0")[:-1]))


def _argv(kept: bytes) -> tuple[bytes, ...]:
    return tuple(kept.removesuffix(b"\0").split(b"\0")) if kept else ()


class _TtyData(NamedTuple):
    """The fields that follow the header, as they stand, and the bytes."""

    tty_id: int
    began_ns: int
    offset: int
    origin: int
    nth: int
    size: int
    session: int
    foreground: int
    tty: int
    lflag: int
    server_tgid: int
    rows: int
    columns: int
    is_withheld: bool
    data: bytes


def _tty_data(data: bytes, at: int, header: _Header) -> _TtyData:
    fields = _TTY_DATA_REST(data, at + _WHO_AT)
    kept = data[at + _TTY_DATA_BYTES : at + header.size]
    is_withheld = bool(header.flags & abi.INPUT_WITHHELD)
    found = _TtyData._make((*fields, is_withheld, kept))
    if len(kept) != (0 if is_withheld else found.size):
        raise ValueError(f"{header.size} bytes of record hold {len(kept)} of {found.size} bytes")
    return found


def _client_input(data: bytes, at: int, header: _Header) -> ClientInput:
    read = _tty_data(data, at, header)
    return ClientInput(
        header.ktime_ns,
        header.key,
        read.tty_id,
        read.began_ns,
        read.offset,
        read.nth,
        read.session or None,
        _tty(read.tty),
        read.size,
        read.is_withheld,
        read.data,
    )


def _pane_input(data: bytes, at: int, header: _Header) -> PaneInput:
    written = _tty_data(data, at, header)
    return PaneInput(
        header.ktime_ns,
        header.key,
        written.server_tgid,
        written.tty_id,
        written.began_ns,
        written.offset,
        written.nth,
        written.session or None,
        written.foreground or None,
        _tty(written.tty),
        written.lflag,
        written.size,
        written.is_withheld,
        written.data,
    )


def _client_tty(data: bytes, at: int, header: _Header) -> ClientTty:
    tty_id, *_, session, _, tty, _, _, rows, columns = _TTY_DATA_REST(data, at + _WHO_AT)
    is_taken = bool(header.flags & abi.TTY_TAKEN)
    return ClientTty(
        header.ktime_ns, header.key, tty_id, session or None, _tty(tty), rows, columns, is_taken
    )


def _resize(data: bytes, at: int, header: _Header) -> Resize:
    fields = _TTY_DATA_REST(data, at + _WHO_AT)
    tty_id, _, offset, _, _, _, session, _, tty, _, _, rows, columns = fields
    is_client = bool(header.flags & abi.RESIZE_CLIENT)
    return Resize(
        header.ktime_ns, header.key, tty_id, offset, session or None, _tty(tty), rows, columns,
        is_client,
    )  # fmt: skip


def _peer(data: bytes, at: int, header: _Header) -> Peer:
    who = _who(data, at + _WHO_AT)
    socket, size, _ = _PEER_REST(data, at + _REST_AT)
    known = None if header.flags & abi.PEER_GONE else who
    is_over = bool(header.flags & abi.PEER_OVER)
    return Peer(header.ktime_ns, header.key, known, who.server_tgid, socket, size, is_over)


def _injection(data: bytes, at: int, header: _Header) -> Injection:
    tty_id, session, tty, server, code = _INJECT_REST(data, at + _REST_AT)
    who = _who(data, at + _WHO_AT)
    return Injection(
        header.ktime_ns, header.key, who, server, tty_id, session or None, _tty(tty), code
    )


def _traced(data: bytes, at: int, header: _Header) -> Traced:
    start, target, server, pane, request = _TRACE_REST(data, at + _REST_AT)
    who = _who(data, at + _WHO_AT)
    return Traced(
        header.ktime_ns, header.key, who, ProcessKey(target, start), server, pane, request
    )


# By kind, but for output: how to read it, and the bytes that it has at least.
_MAKERS: dict[int, tuple[Callable[[bytes, int, _Header], Record], int]] = {
    abi.KIND_FORK: (_fork, abi.FORK.size),
    abi.KIND_EXEC: (_exec, abi.EXEC.size),
    abi.KIND_EXIT: (_exit, abi.EXIT.size),
    abi.KIND_SERVER: (_server, abi.SERVER.size),
    abi.KIND_CLIENT_INPUT: (_client_input, _TTY_DATA_BYTES),
    abi.KIND_PANE_INPUT: (_pane_input, _TTY_DATA_BYTES),
    abi.KIND_CLIENT_TTY: (_client_tty, _TTY_DATA_BYTES),
    abi.KIND_RESIZE: (_resize, _TTY_DATA_BYTES),
    abi.KIND_PEER: (_peer, abi.PEER.size),
    abi.KIND_INJECT: (_injection, abi.INJECT.size),
    abi.KIND_TRACE: (_traced, abi.TRACE.size),
}
