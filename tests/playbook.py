"""Short ways to say what happened: records and facts with everything left out that a test doesn't
care about.

Invariant: times are given in milliseconds since MIDNIGHT_NS, and whatever isn't given is equal in
two calls. Ring bytes of records are made by tests/packing.py.
"""

from __future__ import annotations

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
    Resize,
    ServerFound,
    Traced,
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
from tracer.model.hands import Confidence, Hand, How, Range, Typed

MIDNIGHT_NS = 1_000_000_000_000
SERVER = 100
PANE = 200
PTS = Tty(136, 3)
CLIENT = 300
CLIENT_PTS = Tty(136, 7)
MASTER = 0xFFFF8880
CLIENT_TTY = 0xFFFF9990
RAW_LFLAG = 0o100000
COOKED_LFLAG = 0o105073
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


def exit_(
    pid: int, status: int = 0, ms: float = 0, server: int = SERVER, is_peer: bool = False
) -> Exit:
    """`pid` is over."""
    return Exit(at_ns(ms), key(pid), server, status, is_peer)


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
    tty_id: int = MASTER,
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


def client_shown(
    data: bytes,
    offset: int = 0,
    nth: int = 0,
    ms: float = 0,
    *,
    tty: Tty = CLIENT_PTS,
    server: int = SERVER,
) -> ClientShown:
    """The server wrote `data` to the terminal of a client."""
    return ClientShown(
        at_ns(ms), key(server), CLIENT_TTY, MIDNIGHT_NS, offset, 0, nth, CLIENT, CLIENT, tty,
        24, 80, data,
    )  # fmt: skip


def resize(columns: int, rows: int, ms: float = 0, *, is_client: bool = False) -> Resize:
    """The server gave the pane of `output` this size, or found its client's terminal to have it."""
    at = (CLIENT_TTY, 7, CLIENT, CLIENT_PTS) if is_client else (MASTER, 7, PANE, PTS)
    return Resize(at_ns(ms), key(SERVER), *at, rows, columns, is_client)


def client_input(
    data: bytes,
    offset: int = 0,
    nth: int = 0,
    ms: float = 0,
    *,
    withheld: int = 0,
    began_ns: int = MIDNIGHT_NS,
    tty_id: int = CLIENT_TTY,
    session: int | None = CLIENT,
    tty: Tty = CLIENT_PTS,
    server: int = SERVER,
) -> ClientInput:
    """The server read `data` from a client's terminal, or `withheld` bytes that it keeps to
    itself."""
    return ClientInput(
        at_ns(ms), key(server), tty_id, began_ns, offset, nth, session, tty,
        withheld or len(data), bool(withheld), data,
    )  # fmt: skip


def pane_input(
    data: bytes,
    offset: int = 0,
    nth: int = 0,
    ms: float = 0,
    *,
    withheld: int = 0,
    writer: int = SERVER,
    lflag: int = COOKED_LFLAG,
    began_ns: int = MIDNIGHT_NS,
    tty_id: int = MASTER,
    session: int | None = PANE,
    foreground: int | None = PANE,
    tty: Tty = PTS,
    server: int = SERVER,
) -> PaneInput:
    """`data`, or `withheld` bytes, were written to the pane of `output`."""
    return PaneInput(
        at_ns(ms), key(writer), server, tty_id, began_ns, offset, nth, session, foreground, tty,
        lflag, withheld or len(data), bool(withheld), data,
    )  # fmt: skip


def hand(pts: int) -> Hand:
    """Who sits at the client on pts/`pts`."""
    return Hand(Tty(136, pts), None)


def typed(
    *runs: tuple[bytes, Hand | None],
    ms: float = 0,
    how: How = How.KEYSTROKE,
    is_withheld: bool = False,
    lflag: int = RAW_LFLAG,
    session: int | None = PANE,
    foreground: int | None = PANE,
    server: int = SERVER,
) -> Typed:
    """Input of the pane of `output`, each run by a hand; a shell that edits lines is waiting."""
    ranges = tuple(
        Range(len(data), by, how, Confidence.EXACT if by else Confidence.NONE, "")
        for data, by in runs
    )
    data = b"".join(data for data, _ in runs)
    return Typed(
        at_ns(ms), server, MASTER, 0, session, foreground, PTS, lflag, len(data), is_withheld,
        b"" if is_withheld else data, ranges,
    )  # fmt: skip


def client_tty(
    is_taken: bool = True,
    ms: float = 0,
    *,
    tty_id: int = CLIENT_TTY,
    session: int | None = CLIENT,
    tty: Tty = CLIENT_PTS,
    server: int = SERVER,
) -> ClientTty:
    """The server set up the terminal of a client (it attached), or put it back."""
    return ClientTty(at_ns(ms), key(server), tty_id, session, tty, 24, 80, is_taken)


def peer(
    pid: int,
    size: int = 32,
    ms: float = 0,
    *,
    who_: Who | None = None,
    is_gone: bool = False,
    is_over: bool = False,
    socket_id: int = 0xFFFF7770,
    server: int = SERVER,
) -> Peer:
    """The server got a message of `size` bytes from `pid`, or found it gone."""
    seen_ = who_ or who(parent=CLIENT, pane=0, server=server, session=CLIENT)
    known = None if is_gone else seen_
    return Peer(at_ns(ms), key(pid), known, server, socket_id, size, is_over or is_gone)


def injection(
    pid: int,
    code: int = 0x5412,
    ms: float = 0,
    *,
    tty_id: int = MASTER,
    session: int | None = PANE,
    tty: Tty = PTS,
    server: int = SERVER,
) -> Injection:
    """`pid` put input into the pane of `output`, with TIOCSTI."""
    return Injection(at_ns(ms), key(pid), who(), server, tty_id, session, tty, code)


def traced(
    pid: int,
    target: int = PANE,
    request: int = 16,
    ms: float = 0,
    *,
    server: int = SERVER,
    pane: int = PANE,
) -> Traced:
    """`pid` took hold of `target`, with PTRACE_ATTACH."""
    return Traced(at_ns(ms), key(pid), who(), key(target), server, pane, request)


def account(
    end: int, records: int, *, tty_id: int = MASTER, began_ns: int = MIDNIGHT_NS
) -> TtyState:
    """What the kernel half says of the pty of `output`."""
    kind = abi.KIND_PANE_OUTPUT
    return TtyState(tty_id, began_ns, 0, end, records, SERVER, PANE, PTS, kind)


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
