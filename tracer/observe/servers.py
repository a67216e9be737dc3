"""Which processes are tmux servers, and who is connected to them, by what they do.

A tmux server listens on a named unix stream socket, holds pty masters, and has children whose
controlling terminal is the slave of one of them. Name and file of the program don't matter, so a
copied or renamed binary doesn't hide it; for the same reason other multiplexers, and sshd while it
forwards an agent, look like one until they are asked (Verdict.NOT_TMUX).

Invariant: kernel facts only; nothing here talks to a server. A user's file is never opened or
stat'ed, since that may hang (FUSE, NFS): links and fdinfo are answered by the kernel alone.
Not seen: a server in another network namespace, whose sockets our netlink doesn't list.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from tracer.model.events import Tty
from tracer.model.facts import ServerSeen
from tracer.observe import procfs, unixdiag

_SLAVE_MAJOR: Final = 136  # UNIX98_PTY_SLAVE_MAJOR
# Only the master's file_operations print it (drivers/tty/pty.c ptm_unix98_ops, Linux 4.14).
_TTY_INDEX: Final = re.compile(rb"^tty-index:\t(\d+)$", re.MULTILINE)
_SOCKET: Final = re.compile(rb"socket:\[(\d+)\]")

Panes = dict[int, list[procfs.Stat]]


def find_servers() -> list[ServerSeen]:
    """All tmux servers that have a pane now, by pid. Cheap where there is none."""
    candidates = _parents_of_terminals(procfs.stats())
    owners = {pid: _own_panes(pid, children) for pid, children in candidates.items()}
    if not any(owners.values()):
        return []
    listening = unixdiag.listening()
    found = [_server(pid, panes, listening) for pid, panes in sorted(owners.items()) if panes]
    return [server for server in found if server]


def socket_paths(pid: int) -> list[bytes]:
    """Paths of the named stream sockets that a process listens on, as they were bound."""
    inodes = socket_inodes(pid)
    return [path for inode, path in unixdiag.listening().items() if inode in inodes]


def connected(server_pid: int, pids: Iterable[int]) -> set[int]:
    """Which of these processes hold a socket whose other end the server holds."""
    held = socket_inodes(server_pid)
    theirs = {peer for inode, peer in unixdiag.peers().items() if inode in held} - held
    return {pid for pid in pids if not theirs.isdisjoint(socket_inodes(pid))}


def is_server(pid: int) -> bool:
    """Whether a process that something else runs under behaves as a tmux server."""
    return bool(_master_indexes(pid) and socket_paths(pid))


def holds_master(pid: int, tty: Tty) -> bool:
    """Whether a process has the master of a pty open."""
    return tty.major == _SLAVE_MAJOR and tty.minor in _master_indexes(pid)


def _parents_of_terminals(stats: Mapping[int, procfs.Stat]) -> Panes:
    # A shell's children share its terminal; whoever opened a pty for a child doesn't.
    found: Panes = defaultdict(list)
    for child in stats.values():
        parent = stats.get(child.ppid)
        if parent and child.tty and child.tty.major == _SLAVE_MAJOR and parent.tty != child.tty:
            found[parent.pid].append(child)
    return found


def _own_panes(pid: int, children: list[procfs.Stat]) -> tuple[tuple[int, Tty], ...]:
    masters = _master_indexes(pid)
    return tuple((c.pid, c.tty) for c in children if c.tty and c.tty.minor in masters)


def _server(
    pid: int, panes: tuple[tuple[int, Tty], ...], listening: Mapping[int, bytes]
) -> ServerSeen | None:
    paths = [listening[inode] for inode in sorted(socket_inodes(pid)) if inode in listening]
    process = procfs.process(pid)
    if not paths or not process:
        return None
    return ServerSeen(pid, process.start_time_ns, process.uid, process.exe, paths[0], panes)


def _master_indexes(pid: int) -> set[int]:
    found = set[int]()
    for fd, link in _descriptors(pid):
        if link.startswith(b"/"):  # neither a socket nor a pipe; ptmx may be mounted anywhere
            with suppress(OSError):
                info = Path(f"/proc/{pid}/fdinfo/{fd}").read_bytes()
                found.update(int(index) for index in _TTY_INDEX.findall(info))
    return found


def socket_inodes(pid: int) -> set[int]:
    """The sockets that a process holds."""
    links = (_SOCKET.fullmatch(link) for _, link in _descriptors(pid))
    return {int(match[1]) for match in links if match}


def _descriptors(pid: int) -> list[tuple[str, bytes]]:
    found = list[tuple[str, bytes]]()
    with suppress(OSError), os.scandir(f"/proc/{pid}/fd") as entries:
        for entry in entries:
            with suppress(OSError):
                found.append((entry.name, os.fsencode(Path(entry).readlink())))
    return found
