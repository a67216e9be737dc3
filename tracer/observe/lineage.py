"""Which tmux server a process descends from, where the kernel half can't say: by /proc, and by the
parents that each exec names.

Invariant: best effort. A process whose ancestors are over by the time that its exec is heard of is
known by its terminal alone, and only while the pane's first process still has that one.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.model.audit import AuditExec
from tracer.model.events import Tty
from tracer.observe import procfs

_MAX_STEPS: Final = 32
_INIT: Final = 1


class Under(NamedTuple):
    """The server and the pane that a process is under; `pane_tgid` 0: it is the server."""

    server_tgid: int
    pane_tgid: int


class Lineage:
    """Processes under tmux servers, by pid. It follows as the kernel half does."""

    def __init__(self) -> None:
        self._under: dict[int, Under] = {}
        self._terminals: dict[Tty, Under] = {}

    def follow(self, tgid: int, server_tgid: int, pane_tgid: int) -> None:
        """Puts a process under a server; what it starts is found by its parent."""
        under = self._under[tgid] = Under(server_tgid, pane_tgid)
        seen = procfs.stat_of(tgid)
        if seen is not None and seen.tty is not None and tgid == pane_tgid:
            self._terminals[seen.tty] = under

    def unfollow(self, tgid: int) -> None:
        """Takes a process out."""
        self._under.pop(tgid, None)

    def ignore_server(self, tgid: int) -> None:
        """Takes a server out, with all that is under it."""
        for pid in [pid for pid, under in self._under.items() if under.server_tgid == tgid]:
            del self._under[pid]

    def knows(self, tgid: int) -> bool:
        """Whether it is followed."""
        return tgid in self._under

    def chain(self, seen: AuditExec) -> tuple[int, ...]:
        """The process and its ancestors up to one that is known, or as far as they are there."""
        chain = [seen.pid, seen.ppid]
        while len(chain) < _MAX_STEPS and chain[-1] > _INIT and chain[-1] not in self._under:
            above = procfs.stat_of(chain[-1])
            if above is None:
                break
            chain.append(above.ppid)
        return tuple(chain)

    def under(self, chain: tuple[int, ...], tty: Tty | None) -> Under | None:
        """The pane of a process with these ancestors, on this terminal; None if it has none."""
        for below, pid in zip((0, *chain), chain, strict=False):
            if (known := self._under.get(pid)) is not None:
                is_server = known.pane_tgid == 0
                return known._replace(pane_tgid=below) if is_server else known
        # Whose ancestors are all there is under none; an orphan's are not.
        is_broken = chain[-1] > _INIT or len(chain) == 2
        return self._on_terminal(tty) if tty is not None and is_broken else None

    def gone(self) -> dict[int, Under]:
        """Those that are over; they are forgotten."""
        there = set(procfs.pids())
        gone = {
            pid: under
            for pid, under in self._under.items()
            # Nobody may ever wait for a server that has become a daemon.
            if pid not in there or (not under.pane_tgid and procfs.is_over(pid))
        }
        for pid in gone:
            del self._under[pid]
        return gone

    def _on_terminal(self, tty: Tty) -> Under | None:
        known = self._terminals.get(tty)
        first = procfs.stat_of(known.pane_tgid) if known else None
        if first is None or first.tty != tty:
            self._terminals.pop(tty, None)
            return None
        return known
