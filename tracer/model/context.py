"""Who and where: what is known of a process and of the pane that it runs in.

Invariant: in `Place`, `server`, `socket` and `pane_pid` are kernel facts, everything else is what
tmux claims; `verified` says whether the kernel's view agrees with the claims.
"""

from __future__ import annotations

from typing import NamedTuple

from tracer.model.events import ProcessKey, Tty, Who


class Place(NamedTuple):
    """Where in tmux something happened; None where it isn't known."""

    server: ProcessKey
    socket: bytes | None = None
    session_id: str | None = None
    session_name: str | None = None
    window_id: str | None = None
    window_index: int | None = None
    window_name: str | None = None
    pane_id: str | None = None
    pane_pid: int | None = None
    verified: bool = False


class Client(NamedTuple):
    """A tmux client: which pid it has and its size as tmux claims, `uid` and terminal of that pid
    from /proc; `verified`: the process holds a socket to the server."""

    pid: int
    uid: int | None
    tty: Tty | None
    columns: int | None
    rows: int | None
    verified: bool


class Process(NamedTuple):
    """What is known of a process.

    `source` is "kernel" when it was seen as it ran the program, "procfs" when it was there first.
    `is_fork`: it still runs its parent's program, as a subshell does.
    `ancestors`: (pid, program) from the parent up to the server; a program may be unknown (b"").
    """

    key: ProcessKey
    who: Who | None
    invoked: bytes
    exe: bytes
    cwd: bytes
    argv: tuple[bytes, ...]
    argv_bytes: int
    argc: int
    exe_links: int
    flags: int
    source: str
    container_id: str | None
    ancestors: tuple[tuple[int, bytes], ...]
    is_fork: bool = False
