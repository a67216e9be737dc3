"""How the user of a process came to this host: up its ancestors, to whoever is at its terminal.

A terminal leads to what holds the master of its pty: sshd, a tmux server, sudo (use_pty), whose own
terminal is then the one to follow, or some other program. Only ancestors are asked, so a terminal
that was handed to somebody else leads nowhere, rather than to the wrong one; and a process that
has lost its ancestors (a daemon without a terminal) leads nowhere too, though its audit session may
still be an sshd's: in a shared session somebody else may have started it.

Invariant: kernel facts only. A program counts as sshd or sudo if it runs with root's rights and
its file is root's alone: a user's own program of that name has no such rights, and its file is not
even looked at. No sleep, no more than _MAX_STEPS ancestors; unknown rather than wrong.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from typing import Final

from tracer.model.context import Origin
from tracer.model.events import ProcessKey
from tracer.model.facts import PeerSeen, ProcSeen
from tracer.observe import procfs, servers, tcp
from tracer.observe.procfs import Stat

UNKNOWN: Final = Origin("unknown")
_MAX_STEPS: Final = 64
_SSHD: Final = frozenset({"sshd", "sshd-session"})  # sshd-session: OpenSSH 9.8
_CHANGES_USER: Final = frozenset({"su", "sudo", "doas", "runuser"})
_INIT: Final = 1
# UNIX98 slaves, and BSD's (Documentation/admin-guide/devices.txt). Other terminals are devices.
_PTY_MAJORS: Final = frozenset({3, *range(136, 144)})


def look(key: ProcessKey, not_tmux: Set[int] = frozenset()) -> PeerSeen:
    """What /proc shows of a process, and how its user came; see origin_of."""
    process = procfs.process(key.tgid)
    if process is None or process.start_time_ns != procfs.rounded(key.start_time_ns):
        return PeerSeen(key, None, UNKNOWN)
    return PeerSeen(key, process, origin_of(process, not_tmux))


def origin_of(process: ProcSeen, not_tmux: Set[int] = frozenset()) -> Origin:
    """How the user of a process came to this host.

    `not_tmux`: servers that look like tmux's and have been found to be something else.
    """
    via: list[tuple[str, int | None]] = []
    terminal = process.tty
    way = list(_ancestors(process))
    for step, above in zip(way, [*way[1:], None], strict=True):
        program = _root_program(step.pid)
        holds = terminal is not None and servers.holds_master(step.pid, terminal)
        if program in _CHANGES_USER:
            if above is None or _root_program(above.pid) != program:  # sudo's monitor is a sudo too
                via.insert(0, (program, _caller(step, above)))
            terminal = step.tty if holds else terminal
        elif holds or terminal is None:
            if program in _SSHD:
                return _connection(step, above)._replace(via=tuple(via))
            if not _is_part_of_sshd(step, above):
                if servers.is_server(step.pid) and step.pid not in not_tmux:
                    return Origin("tmux", server_pid=step.pid, via=tuple(via))
                if holds:
                    return Origin("local", via=tuple(via))
        terminal = terminal or step.tty
    is_device = terminal is not None and terminal.major not in _PTY_MAJORS
    return Origin("console" if is_device else "unknown", via=tuple(via))


def _ancestors(process: ProcSeen) -> Iterator[Stat]:
    step = procfs.stat_of(process.tgid)
    for _ in range(_MAX_STEPS):
        step = _above(step) if step else None
        if step is None:
            return
        yield step


def _above(step: Stat) -> Stat | None:
    near = {pid: seen for pid in (step.ppid, step.session) if (seen := procfs.stat_of(pid))}
    found = near.get(procfs.above(step, near))
    # Had the parent gone and its pid been given away meanwhile, ours would have another parent.
    again = procfs.stat_of(step.pid)
    is_same = again and (again.ppid, again.start_time_ns) == (step.ppid, step.start_time_ns)
    return found if is_same else None


def _root_program(pid: int) -> str:
    """The name of a program that runs as root and that only root can have made, if known here."""
    process = procfs.process(pid)
    if process is None or process.euid != 0 or process.exe is None:
        return ""
    name = os.fsdecode(_path(process.exe).rpartition(b"/")[2])
    is_known = name in _SSHD or name in _CHANGES_USER
    return name if is_known and procfs.is_system_program(pid) else ""


def _path(exe: bytes) -> bytes:
    return exe.removesuffix(b" (deleted)")  # an upgrade replaced it


def _caller(step: Stat, above: Stat | None) -> int | None:
    """The uid that a program was called by: its real one, unless it has made itself root's in full,
    as some sudo do. Then it is that of its parent, unless that is a reaper."""
    called = procfs.process(step.pid)
    if called and called.uid:
        return called.uid
    if above is None or above.pid != step.ppid or above.pid == _INIT:
        return None
    if step.session not in (above.session, step.pid):
        return None
    caller = procfs.process(above.pid)
    return caller.euid if caller else None


def _connection(sshd: Stat, above: Stat | None) -> Origin:
    """The other end of sshd's connection. Of several, which root's sshd has while it forwards
    ports, it is the one that came to where the sshd above listens; the others were made later."""
    found = [s for s in tcp.sockets(servers.socket_inodes(sshd.pid)) if s.state != tcp.LISTEN]
    if len(found) > 1:
        ports = _listening_ports(above.pid) if above else set()
        found = [socket for socket in found if socket.local_port in ports]
    if len(found) != 1 or found[0].state != tcp.ESTABLISHED:
        return UNKNOWN
    return Origin("ssh", found[0].address, found[0].port)


def _listening_ports(pid: int) -> set[int]:
    inodes = servers.socket_inodes(pid)
    return {s.local_port for s in tcp.sockets(inodes) if s.state == tcp.LISTEN}


def _is_part_of_sshd(step: Stat, above: Stat | None) -> bool:
    # The half of sshd that has its user's rights holds the terminal as well, and while it forwards
    # an agent it looks like a tmux server. Its parent is the half that is root's.
    if above is None or _root_program(above.pid) not in _SSHD:
        return False
    half, root_half = procfs.process(step.pid), procfs.process(above.pid)
    return bool(half and root_half and half.exe and half.exe == root_half.exe)
