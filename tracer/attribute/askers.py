"""Processes that have asked a tmux server for something, and that it may be acting for.

Invariant: a process stays among them from its first command until AFTER_NS after it was over or its
end of the socket closed, and as long after what is read of it then; but for one that became an
attached client: from then on it types at its terminal.
"""

from __future__ import annotations

from typing import Final

from tracer.model.events import Exit, Peer, ProcessKey, Tty

AFTER_NS: Final = 20_000_000
# A message without content (struct imsg_hdr) can't be a command: resize, wakeup, exiting. A size
# that is less is no size: the kprobe plan is told of messages before they are read.
HEADER_BYTES: Final = 16


class Askers:
    """Of one server."""

    def __init__(self) -> None:
        self._ttys: dict[ProcessKey, Tty | None] = {}
        self._gone_ns: dict[ProcessKey, int] = {}
        self._clients: set[ProcessKey] = set()  # what they say asks for nothing

    def note_peer(self, record: Peer) -> None:
        """A message came, or the socket was closed."""
        if record.size == 0:
            self._note_gone(record.key, record.ktime_ns)
        elif record.size != HEADER_BYTES and record.key not in self._clients:
            self._ttys[record.key] = record.who.tty if record.who else None
            self._gone_ns.pop(record.key, None)
            if record.is_over:
                self._note_gone(record.key, record.ktime_ns)

    def note_exit(self, record: Exit) -> None:
        """A process is over, whether its socket was seen to close or not."""
        self._clients.discard(record.key)
        self._note_gone(record.key, record.ktime_ns)

    def note_attached(self, tty: Tty) -> None:
        """The server took this terminal for a client."""
        for key in [key for key, its_tty in self._ttys.items() if its_tty == tty]:
            del self._ttys[key]
            self._clients.add(key)

    def now(self, time_ns: int) -> list[ProcessKey]:
        """Those that the server may be acting for at `time_ns`."""
        for key in [key for key, gone in self._gone_ns.items() if time_ns - gone > AFTER_NS]:
            del self._gone_ns[key]
            self._ttys.pop(key, None)
        return list(self._ttys)

    def _note_gone(self, key: ProcessKey, time_ns: int) -> None:
        if key in self._ttys:
            self._gone_ns.setdefault(key, time_ns)
