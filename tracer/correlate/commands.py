"""When somebody has a server run a command, which may change what it shows.

Invariant: what the command was isn't known; the server is to be asked when it is done.
"""

from __future__ import annotations

from typing import Final

from tracer.model.events import Peer

STAY_NS: Final = 100_000_000
"""Who is connected so long after a message has more than a command run."""
AGAIN_NS: Final = 5_000_000_000
"""A process that comes to a server again and again is asked for no more often. tmux's own client
comes once in its life; a program that asks as we do would make us ask, and we it, without end."""


class Commands:
    """Of all processes that are no clients of the server that they speak to, by pid."""

    def __init__(self) -> None:
        self._servers: dict[int, int] = {}
        self._heard_ns: dict[int, int] = {}
        self._came_ns: dict[int, int] = {}
        self._done: list[tuple[int, int]] = []

    def hear(self, record: Peer) -> None:
        """A process sent its server a message."""
        pid = record.key.tgid
        if record.ktime_ns - self._came_ns.get(pid, -AGAIN_NS) >= AGAIN_NS:
            self._servers[pid] = record.server_tgid
            self._heard_ns[pid] = record.ktime_ns

    def attach(self, pid: int) -> None:
        """It became a client: that was its command."""
        self._servers.pop(pid, None)
        self._heard_ns.pop(pid, None)

    def leave(self, pid: int, time_ns: int) -> None:
        """It has closed its end."""
        self._heard_ns.pop(pid, None)
        if pid in self._servers:
            self._done.append((self._servers.pop(pid), time_ns))
            self._came_ns[pid] = time_ns

    def end(self, pid: int, time_ns: int) -> None:
        """It is over; often before its server has noticed, never before it was answered."""
        self.leave(pid, time_ns)
        self._came_ns.pop(pid, None)

    def done(self) -> list[tuple[int, int]]:
        """Servers whose command is done, and since when; empties the list."""
        done, self._done = self._done, []
        return done

    def stayed(self, now_ns: int) -> list[int]:
        """Servers that somebody spoke to who stays: as a client in control mode, it may be."""
        pids = [pid for pid, at_ns in self._heard_ns.items() if now_ns - at_ns >= STAY_NS]
        for pid in pids:
            del self._heard_ns[pid]
        return [self._servers[pid] for pid in pids]
