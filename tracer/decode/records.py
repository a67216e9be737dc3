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
    Exec,
    Exit,
    Fork,
    PaneOutput,
    ProcessKey,
    Record,
    ServerFound,
    Tty,
    Who,
)

_HEADER = abi.HEADER.struct.unpack_from
_WHO = abi.WHO.struct.unpack_from
_EXEC_REST = abi.Layout(abi.EXEC_FIELDS).struct.unpack_from
_EXIT_REST = abi.Layout(abi.EXIT_FIELDS).struct.unpack_from
_OUTPUT = abi.PANE_OUTPUT.struct.unpack_from
_OUTPUT_BYTES: Final = abi.PANE_OUTPUT.size
_KIND_AT: Final = abi.HEADER.offset("kind")
_WHO_AT: Final = abi.HEADER.size
_REST_AT: Final = abi.FORK.size
_MINOR_BITS: Final = 20
_TTYS_CACHED: Final = 4096
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
    kind_at, output = _KIND_AT, abi.KIND_PANE_OUTPUT
    server_tgid, server_start = server = ProcessKey(0, 0)
    for at, size in spans:
        if data[at + kind_at] != output:
            arrivals.append(_record(data, at, size))
            continue
        if size < _OUTPUT_BYTES:
            raise _misfit(data, at, size)
        (ktime, start, seq, full, tgid, _, kind, _, cpu, _, tty_id, began, offset, origin, nth,
         count, session, foreground, tty, rows, columns) = _OUTPUT(data, at)  # fmt: skip
        if not full == size == _OUTPUT_BYTES + count or kind != output:
            raise _misfit(data, at, size)
        if tgid != server_tgid or start != server_start:
            server_tgid, server_start = server = ProcessKey(tgid, start)
        end = at + size
        fields = (
            ktime, server, tty_id, began, offset, origin, nth, session or None, foreground or None,
            _tty(tty), rows, columns, data[end - count : end],
        )  # fmt: skip
        arrivals.append(_new(Arrival, (ktime, kind, cpu, seq, _new(PaneOutput, fields))))
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
    return Exit(header.ktime_ns, header.key, server, status)


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


# By kind, but for output: how to read it, and the bytes that it has at least.
_MAKERS: dict[int, tuple[Callable[[bytes, int, _Header], Record], int]] = {
    abi.KIND_FORK: (_fork, abi.FORK.size),
    abi.KIND_EXEC: (_exec, abi.EXEC.size),
    abi.KIND_EXIT: (_exit, abi.EXIT.size),
    abi.KIND_SERVER: (_server, abi.SERVER.size),
}
