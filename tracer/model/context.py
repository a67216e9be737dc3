"""Who and where: what is known of a process and of the pane that it runs in.

Invariant: in `Place`, `server`, `socket`, `pane_pid` and `owner` are kernel facts, everything else
is what tmux claims; `verified` says whether the kernel's view agrees with the claims.
"""

from __future__ import annotations

from typing import NamedTuple

from tracer.model.events import ProcessKey, Tty, Who


class Place(NamedTuple):
    """Where in tmux something happened; None where it isn't known. `owner`: the server's uid."""

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
    owner: int | None = None


class Origin(NamedTuple):
    """How the user of a terminal came to this host, as /proc and the socket tables show.

    `kind`: "ssh", "console", "tmux" (a pane of the server `server_pid`), "local" (another terminal
    program) or "unknown". `address` and `port` are of the other end of an ssh connection.
    `via`: programs on the way that changed the user (su, sudo, doas), outermost first, with the
    uid that they were called by. `is_heard`: the address is that of the login which their audit
    session began with, as the audit stream told; whoever is here now may have come another way.
    """

    kind: str
    address: str | None = None
    port: int | None = None
    server_pid: int | None = None
    via: tuple[tuple[str, int | None], ...] = ()
    is_heard: bool = False


class Person(NamedTuple):
    """Who acts: a process that speaks for somebody, and what the kernel knows of it.

    `key` is the tmux client, or the process that asked a server, injected or traced.
    `is_client`: it is attached with the terminal `tty`.
    """

    key: ProcessKey
    uid: int | None
    loginuid: int | None
    audit_session: int | None
    tty: Tty | None
    origin: Origin | None
    is_client: bool


class Client(NamedTuple):
    """A tmux client.

    `person` is known from the kernel (None: only tmux tells of it). Size, flags and name are
    claims, as `pid` and `tty` are where there is no person; `verified`: the process holds a socket
    to the server. `pid` is None where a server took a terminal and no connected process fits.
    """

    pid: int | None
    uid: int | None
    tty: Tty | None
    columns: int | None
    rows: int | None
    verified: bool
    is_read_only: bool | None = None
    is_control: bool | None = None
    person: Person | None = None


class Command(NamedTuple):
    """Whose hands made a command: see hands.Composed, here with persons."""

    composed_by: tuple[tuple[Person | None, int], ...]
    submitted_by: Person | None
    is_partial: bool
    reason: str


class Mask(NamedTuple):
    """A secret that was taken out of an argument: `size` bytes, told apart by a keyed hash."""

    argument: int
    size: int
    digest: str


class Process(NamedTuple):
    """What is known of a process.

    `source` is "kernel" when it was seen as it ran the program, "procfs" when it was there first.
    `is_fork`: it still runs its parent's program, as a subshell does.
    `ancestors`: (pid, program) from the parent up to the server; a program may be unknown (b"").
    `masks`: what redact/ took out of `argv`.
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
    masks: tuple[Mask, ...] = ()
