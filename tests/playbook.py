"""Short ways to say what happened: records, facts and ring bytes with everything left out that a
test doesn't care about.

Invariant: times are given in milliseconds since MIDNIGHT_NS, and whatever isn't given is equal in
two calls. Bytes are packed by the struct module from model/abi.py, not by what is under test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
from tracer.model.facts import (
    Followed,
    PaneClaim,
    ProcSeen,
    ServerAsked,
    ServerClaims,
    SessionClaim,
    TtyState,
    Verdict,
)
from tracer.model.stage import Batch, Drain

MIDNIGHT_NS = 1_000_000_000_000
SERVER = 100
PANE = 200
PTS = Tty(136, 3)
CGROUP = 7


def at_ns(ms: float) -> int:
    """A time on the playbook's clock."""
    return MIDNIGHT_NS + round(ms * 1_000_000)


def key(pid: int) -> ProcessKey:
    """The only process of that pid."""
    return ProcessKey(pid, pid * 1_000_000_000)


def who(
    parent: int = PANE, pane: int = PANE, server: int = SERVER, session: int | None = PANE
) -> Who:
    """Uid 1000 on pts/3."""
    return Who(key(parent), server, pane, 1000, 1001, 1002, 1003, 1000, None, session, PTS, CGROUP)


def fork(pid: int, ms: float = 0, **place: int) -> Fork:
    """`pid` was made."""
    return Fork(at_ns(ms), key(pid), who(**place))


def exec_(pid: int, *argv: bytes, ms: float = 0, exe: bytes = b"", **place: int) -> Exec:
    """`pid` runs argv[0]."""
    words = argv or (b"true",)
    program = exe or b"/usr/bin/" + words[0]
    length = sum(len(word) + 1 for word in words)
    return Exec(
        at_ns(ms), key(pid), pid, who(**place), program, program, b"/home/ada", words, length,
        len(words), 77, (8, 1), 1, 0,
    )  # fmt: skip


def exit_(pid: int, status: int = 0, ms: float = 0, server: int = SERVER) -> Exit:
    """`pid` is over."""
    return Exit(at_ns(ms), key(pid), server, status)


def server_found(pid: int = SERVER, ms: float = 0) -> ServerFound:
    """`pid` behaves as a tmux server."""
    return ServerFound(at_ns(ms), key(pid), who(parent=1, pane=0, server=pid, session=None))


def output(
    data: bytes,
    offset: int = 0,
    nth: int = 0,
    ms: float = 0,
    *,
    origin: int = 0,
    began_ns: int = MIDNIGHT_NS,
    tty_id: int = 0xFFFF8880,
    session: int | None = PANE,
    foreground: int | None = PANE,
    server: int = SERVER,
) -> PaneOutput:
    """The pane showed `data`."""
    return PaneOutput(
        at_ns(ms),
        key(server),
        tty_id,
        began_ns,
        offset,
        origin,
        nth,
        session,
        foreground,
        PTS,
        24,
        80,
        data,
    )


def account(
    end: int, records: int, *, tty_id: int = 0xFFFF8880, began_ns: int = MIDNIGHT_NS
) -> TtyState:
    """What the kernel half says of the pty of `output`."""
    return TtyState(tty_id, began_ns, 0, end, records, SERVER, PANE, PTS)


def seen(pid: int, ppid: int = 1, exe: bytes = b"/usr/bin/bash") -> ProcSeen:
    """`pid` in /proc, whose clock has steps of 10 ms."""
    return ProcSeen(
        pid, key(pid).start_time_ns, ppid, pid, PTS, exe, (b"bash",), 5, b"/root", 1000, 1001,
        1000, 1001, None, None, None, None,
    )  # fmt: skip


def followed(pid: int, pane: int, ppid: int = SERVER) -> Followed:
    """`pid` was there before."""
    return Followed(seen(pid, ppid), SERVER, pane)


def pane_claim(pid: int = PANE, pane_id: str = "%0", window: str = "shell") -> PaneClaim:
    """A pane of session $0, verified."""
    return PaneClaim("$0", "@0", 0, window, pane_id, 0, pid, PTS, True)


def asked(
    *panes: PaneClaim, ms: float = 0, session: str = "work", server: int = SERVER
) -> ServerAsked:
    """The server answered: one session with these panes, without clients."""
    claims = ServerClaims(Verdict.OK, None, (SessionClaim("$0", session),), panes)
    return ServerAsked(server, at_ns(ms), b"/tmp/tmux-1000/default", claims)


# ---- ring bytes ----

_KINDS: dict[type, int] = {
    Fork: abi.KIND_FORK,
    Exec: abi.KIND_EXEC,
    Exit: abi.KIND_EXIT,
    ServerFound: abi.KIND_SERVER,
    PaneOutput: abi.KIND_PANE_OUTPUT,
}


def kind_of(record: Record) -> int:
    """abi.KIND_* of a record."""
    return _KINDS[type(record)]


def pack(record: Record, seq: int = 0, cpu: int = 0) -> bytes:
    """The bytes that the kernel half sends for a record."""
    body, tid, flags = _body(record)
    owner = record.server if isinstance(record, PaneOutput) else record.key
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


def _body(record: Record) -> tuple[bytes, int | None, int]:
    match record:
        case Fork() | ServerFound():
            return _packed_who(record.who), None, 0
        case Exit():
            return (
                abi.Layout(abi.EXIT_FIELDS).struct.pack(record.status, record.server_tgid),
                None,
                0,
            )
        case Exec():
            return _packed_who(record.who) + _exec_rest(record), record.tid, record.flags
        case PaneOutput():
            return _output_rest(record), None, 0
    raise TypeError(f"{record} has no bytes")


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


def _output_rest(record: PaneOutput) -> bytes:
    return abi.Layout(abi.OUTPUT_FIELDS).struct.pack(
        record.tty_id, record.began_ns, record.offset, record.origin, record.nth,
        len(record.data), record.session or 0, record.foreground or 0, _device(record.tty),
        record.rows, record.columns,
    ) + record.data  # fmt: skip


def _names(path: bytes) -> bytes:
    return b"".join(name + b"\0" for name in reversed(path.split(b"/")) if name)


def _device(tty: Tty | None) -> int:
    return tty.major << 20 | tty.minor if tty else 0
