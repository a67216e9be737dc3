"""What user space says: /proc, the socket tables, and tmux itself.

Invariant: a `*Seen` is what the kernel shows in /proc or over netlink at one moment; a `*Claim` is
what a process that runs as the user told us, and `verified` says that the kernel's view agrees.
What the kernel reported as it happened is in `events`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from tracer.model.audit import AuditSeen
from tracer.model.capture import Capture
from tracer.model.context import Origin
from tracer.model.events import ProcessKey, Tty


class ProcSeen(NamedTuple):
    """A process as /proc shows it.

    `start_time_ns` is CLOCK_BOOTTIME, rounded down to procfs.START_TIME_STEP_NS. `exe` is None for
    a kernel thread and ends in b" (deleted)" when the file has gone; `cwd` likewise. `argv` is what
    the process has in its argument area now, which it may have rewritten: at most
    procfs.ARGV_KEPT_BYTES of the `argv_bytes` true bytes, so its last item may be cut.
    `session` is None where there is no controlling terminal's session (kernel threads).
    `cgroup` is the path in the unified hierarchy, or in the first v1 hierarchy that isn't the root.
    """

    tgid: int
    start_time_ns: int
    ppid: int
    session: int | None
    tty: Tty | None
    exe: bytes | None
    argv: tuple[bytes, ...]
    argv_bytes: int
    cwd: bytes | None
    uid: int
    gid: int
    euid: int
    egid: int
    loginuid: int | None
    audit_session: int | None
    cgroup: bytes | None
    container_id: str | None


class ServerSeen(NamedTuple):
    """A process that behaves as a tmux server: listens on a named socket, owns its children's ptys.

    `socket_path` as it was bound, so it may be relative to the server's directory then, and is seen
    from the server's root. `panes`: the pid and the terminal of each child on one of its ptys.
    """

    pid: int
    start_time_ns: int
    uid: int
    exe: bytes | None
    socket_path: bytes
    panes: tuple[tuple[int, Tty], ...]


class ServerIgnored(NamedTuple):
    """A tmux server that the settings leave out; `reason`: by what, as half a sentence."""

    pid: int
    start_time_ns: int
    socket_path: bytes | None
    reason: str


class Verdict(StrEnum):
    """How a conversation with what listens on a socket ended."""

    OK = "ok"
    HOSTILE = "hostile"  # asked for what only an attacker asks of us: Reply.message says what
    TIMEOUT = "timeout"
    TOO_BIG = "too-big"
    NOT_TMUX = "not-tmux"  # closed early, or sent what isn't the protocol
    VERSION = "version"  # speaks another version of the protocol
    WRONG_PEER = "wrong-peer"  # another process listens there than the kernel saw
    UNREACHABLE = "unreachable"


class SessionClaim(NamedTuple):
    """A tmux session: its id ("$1") and its name, in which tmux has escaped control characters."""

    session_id: str
    name: str


class PaneClaim(NamedTuple):
    """A pane in a window that is linked to a session; once for each session that shows it.

    `pid` is the process that tmux started in it, `tty` its terminal.
    """

    session_id: str
    window_id: str
    window_index: int
    window_name: str
    pane_id: str
    pane_index: int
    pid: int
    tty: Tty
    verified: bool = False


class ClientClaim(NamedTuple):
    """A terminal that is attached to a session; `columns` x `rows` is its size in characters.

    A client in control mode may have no size: None.
    """

    pid: int
    session_id: str
    columns: int | None
    rows: int | None
    is_read_only: bool = False
    is_control: bool = False
    verified: bool = False


class ServerClaims(NamedTuple):
    """All that a tmux server told of itself in one poll.

    `message` names the message that made the verdict HOSTILE. Lines that don't parse are counted
    in `unparsable`; a server without a session answers OK with nothing.
    """

    verdict: Verdict
    message: str | None
    sessions: tuple[SessionClaim, ...] = ()
    panes: tuple[PaneClaim, ...] = ()
    clients: tuple[ClientClaim, ...] = ()
    unparsable: int = 0


class Followed(NamedTuple):
    """A process that ran under a tmux server before tracing began.

    `pane_tgid` is the child of the server that it descends from, 0 for the server itself.
    """

    process: ProcSeen
    server_tgid: int
    pane_tgid: int


class ServerAsked(NamedTuple):
    """What asking a tmux server brought.

    `clients`: the processes of claims.clients, those that are there.
    `is_system_program`: its program file belongs to root and only root can write it.
    `asked_ns`: CLOCK_BOOTTIME when the question left; what happened later isn't in the answer.
    """

    server_tgid: int
    asked_ns: int
    socket: bytes | None
    claims: ServerClaims
    clients: tuple[ProcSeen, ...] = ()
    is_system_program: bool = False


class PaneToAsk(NamedTuple):
    """Wanted: what a pane shows, by the id that its server has for it; `pane_pid` tells whether it
    still is that pane."""

    server_tgid: int
    pane_pid: int
    pane_id: str


class PaneAsked(NamedTuple):
    """What asking a tmux server for the screen of a pane brought.

    `asked_ns`, `heard_ns`: CLOCK_BOOTTIME when the question left and when the answer was whole; the
    server took the picture in between. `tty`: the terminal of the pane's first process, as /proc
    shows it. `capture` is None where the verdict isn't OK, or the answer is no screen of that pane;
    `is_there`: the server knows the pane all the same.
    """

    server_tgid: int
    pane_pid: int
    asked_ns: int
    heard_ns: int
    verdict: Verdict
    tty: Tty | None = None
    capture: Capture | None = None
    is_there: bool = True


class CgroupSeen(NamedTuple):
    """The container that a cgroup belongs to, None if none."""

    cgroup_id: int
    container_id: str | None


class PeerSeen(NamedTuple):
    """A process that is or was connected to a server, and how its user came to this host.

    `process` is None where it had gone before it could be looked at.
    """

    key: ProcessKey
    process: ProcSeen | None
    origin: Origin


class TtyState(NamedTuple):
    """The kernel half's own account of one terminal: `end` bytes passed until its last record of
    that `kind` (abi.KIND_*), and so many `records` were made.

    The other fields are those of its first record; see events.PaneOutput.
    """

    tty_id: int
    began_ns: int
    origin: int
    end: int
    records: int
    server_tgid: int
    session: int | None
    tty: Tty
    kind: int


Fact = (
    ServerSeen
    | ServerIgnored
    | Followed
    | ServerAsked
    | PaneAsked
    | CgroupSeen
    | PeerSeen
    | AuditSeen
)
