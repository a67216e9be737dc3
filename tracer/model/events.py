"""What the kernel saw: one class for each kind of record, decoded.

Invariant: nothing here comes from user space. Bytes stay bytes; times are CLOCK_BOOTTIME
nanoseconds; a value that the kernel doesn't have is None, never 0.
What tmux or /proc say is in `facts`; what we concluded is in `findings`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

# A clock tick, in which /proc counts start times; records have nanoseconds.
TICK_NS: Final = 10_000_000


class ProcessKey(NamedTuple):
    """A process, past pid reuse."""

    tgid: int
    start_time_ns: int

    def may_be(self, seen: ProcessKey) -> bool:
        """Whether `seen`, of the same pid, is this process: /proc counts start times in ticks, and
        a process that was named by its pid alone has none."""
        return not seen.start_time_ns or abs(self.start_time_ns - seen.start_time_ns) <= TICK_NS


class Tty(NamedTuple):
    """A terminal device as the kernel numbers it, (136, 3) is pts/3."""

    major: int
    minor: int


class Who(NamedTuple):
    """Credentials, audit identity, terminal and place of a process.

    `pane_tgid`: the child of the server that it descends from, which is the first process of its
    pane (or a job of the server); inherited at fork, so it holds whatever the process does.
    """

    parent: ProcessKey
    server_tgid: int
    pane_tgid: int
    uid: int
    gid: int
    euid: int
    egid: int
    loginuid: int | None
    audit_session: int | None
    session: int | None
    tty: Tty | None
    cgroup_id: int


class Fork(NamedTuple):
    """A process was made; `who.parent` made it."""

    ktime_ns: int
    key: ProcessKey
    who: Who


class Exec(NamedTuple):
    """A process runs a new program.

    `invoked` is the path as given to execve, `exe` and `cwd` are resolved by the kernel; each may
    be cut, `flags` (abi.EXEC_*) says which. `argv` is what was kept of `argv_bytes` true bytes;
    its last item is cut where EXEC_ARGV_CUT is set. `exe_links` is 0 for a deleted file or memfd.
    """

    ktime_ns: int
    key: ProcessKey
    tid: int
    who: Who
    invoked: bytes
    exe: bytes
    cwd: bytes
    argv: tuple[bytes, ...]
    argv_bytes: int
    argc: int
    exe_inode: int
    exe_device: tuple[int, int]
    exe_links: int
    flags: int


class Exit(NamedTuple):
    """A process is over; `status` as wait(2) gives it.

    `is_peer`: it was connected to that server, and doesn't descend from one.
    """

    ktime_ns: int
    key: ProcessKey
    server_tgid: int
    status: int
    is_peer: bool = False


class ServerFound(NamedTuple):
    """The kernel half recognised a tmux server by what it does."""

    ktime_ns: int
    key: ProcessKey
    who: Who


class PaneOutput(NamedTuple):
    """What a tmux server read from one pty master.

    `offset`: bytes that were read from this master before, by the kernel's own count.
    `began_ns`: when the recording of this pty began; with `tty_id` its key, past reuse.
    `origin`: that count at `began_ns`.
    `nth`: number of the record among those of this pty (modulo 2**32).
    `session`: pid of the session leader on the slave, which is the pane's first process.
    """

    ktime_ns: int
    server: ProcessKey
    tty_id: int
    began_ns: int
    offset: int
    origin: int
    nth: int
    session: int | None
    foreground: int | None
    tty: Tty
    rows: int
    columns: int
    data: bytes


class ClientShown(NamedTuple):
    """What a tmux server wrote to the terminal of one of its clients.

    All as in PaneOutput, of that terminal; but `offset` counts from `began_ns` on.
    """

    ktime_ns: int
    server: ProcessKey
    tty_id: int
    began_ns: int
    offset: int
    origin: int
    nth: int
    session: int | None
    foreground: int | None
    tty: Tty
    rows: int
    columns: int
    data: bytes


class ClientInput(NamedTuple):
    """What a tmux server read from the terminal of one of its clients.

    `offset`, `began_ns`, `nth` as in PaneOutput. `size` bytes were read; `data` is empty where
    they were `is_withheld`, because a pane of this server asked for a secret at that moment.
    `session`: pid of the session leader on that terminal, which is how its user came.
    """

    ktime_ns: int
    server: ProcessKey
    tty_id: int
    began_ns: int
    offset: int
    nth: int
    session: int | None
    tty: Tty
    size: int
    is_withheld: bool
    data: bytes


class PaneInput(NamedTuple):
    """What was written to the pty master of a pane, as input of the programs in it.

    `writer` is the server, or a stranger that has the master open. `offset`: bytes written since
    `began_ns`. `lflag`: the slave's c_lflag at that moment; `is_withheld`: it asked for a secret
    (ICANON and not ECHO), and `data` is empty. `session`, `foreground` and `tty` are the slave's.
    """

    ktime_ns: int
    writer: ProcessKey
    server_tgid: int
    tty_id: int
    began_ns: int
    offset: int
    nth: int
    session: int | None
    foreground: int | None
    tty: Tty
    lflag: int
    size: int
    is_withheld: bool
    data: bytes


class ClientTty(NamedTuple):
    """A server set up the terminal of a client for its own use (`is_taken`), or put it back.

    It is taken when a client attaches or goes on, and put back when it detaches, is suspended or
    locked.
    """

    ktime_ns: int
    server: ProcessKey
    tty_id: int
    session: int | None
    tty: Tty
    rows: int
    columns: int
    is_taken: bool


class Resize(NamedTuple):
    """A server gave a pane this size, or looked at that of a client's terminal (`is_client`).

    It may be the size that it had. `offset`: of the output that comes next there.
    """

    ktime_ns: int
    server: ProcessKey
    tty_id: int
    offset: int
    session: int | None
    tty: Tty
    rows: int
    columns: int
    is_client: bool


class Peer(NamedTuple):
    """A server got a message from the process `key`, which is connected to it; `size` 0: it has
    closed its end; 1: it isn't known. `is_over`: that process was over already, and there may be no
    Exit of it to come; `who` is None where nothing was left of it."""

    ktime_ns: int
    key: ProcessKey
    who: Who | None
    server_tgid: int
    socket_id: int
    size: int
    is_over: bool


class Injection(NamedTuple):
    """A process put input into the terminal of a pane or client, past the keyboard.

    `code`: the ioctl (TIOCSTI, TIOCLINUX), or abi.INJECT_MASTER: it wrote to a pane's master,
    and the PaneInput follows.
    """

    ktime_ns: int
    key: ProcessKey
    who: Who
    server_tgid: int
    tty_id: int
    session: int | None
    tty: Tty
    code: int


class Traced(NamedTuple):
    """A process took hold of the memory or the registers of `target`, which is under a server.

    `request`: of ptrace(2), or abi.TRACE_MEMORY. The target's start time is 0 where it was named
    by its pid alone.
    """

    ktime_ns: int
    key: ProcessKey
    who: Who
    target: ProcessKey
    server_tgid: int
    pane_tgid: int
    request: int


class Missing(NamedTuple):
    """Records of one kind that the kernel made and that never arrived (a hole in their numbers)."""

    ktime_ns: int
    kind: int
    cpu: int
    records: int


Record = (
    Fork
    | Exec
    | Exit
    | ServerFound
    | PaneOutput
    | ClientShown
    | ClientInput
    | PaneInput
    | ClientTty
    | Resize
    | Peer
    | Injection
    | Traced
    | Missing
)
