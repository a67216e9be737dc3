"""What the kernel saw: one class for each kind of record, decoded.

Invariant: nothing here comes from user space. Bytes stay bytes; times are CLOCK_BOOTTIME
nanoseconds; a value that the kernel doesn't have is None, never 0.
What tmux or /proc say is in `facts`; what we concluded is in `findings`.
"""

from __future__ import annotations

from typing import NamedTuple


class ProcessKey(NamedTuple):
    """A process, past pid reuse."""

    tgid: int
    start_time_ns: int


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
    """A process is over; `status` as wait(2) gives it."""

    ktime_ns: int
    key: ProcessKey
    server_tgid: int
    status: int


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


class Missing(NamedTuple):
    """Records of one kind that the kernel made and that never arrived (a hole in their numbers)."""

    ktime_ns: int
    kind: int
    cpu: int
    records: int


Record = Fork | Exec | Exit | ServerFound | PaneOutput | Missing
