"""A server's reads and writes, told shortly; what an Attributor says of them.

Invariant: clients are A, B, C on pts/10, 11, 12; panes are numbers; times are milliseconds.
"""

from __future__ import annotations

from collections import Counter

from tests.playbook import at_ns, client_input, client_tty, pane_input, peer
from tracer.attribute.stage import Attributor
from tracer.model.events import Record, Tty
from tracer.model.hands import Attributed, Range, Typed, Unread

TTYS = {"A": Tty(136, 10), "B": Tty(136, 11), "C": Tty(136, 12)}
NAMES = {tty: name for name, tty in TTYS.items()}


class Play:
    """Feeds one Attributor; each call is 0.1 ms after the last, if `ms` isn't given."""

    def __init__(self) -> None:
        self.attributor = Attributor()
        self.out: list[Record | Attributed] = []
        self._nths: Counter[object] = Counter()
        self._ms = 0.0

    def read(self, client: str, data: bytes, ms: float | None = None, **more: int) -> Play:
        """The server read from a client."""
        tty, nth = TTYS[client], self._nth(client)
        return self.feed(
            client_input(data, 0, nth, self._time(ms), tty=tty, tty_id=tty.minor, **more)
        )

    def write(self, data: bytes, pane: int = 0, ms: float | None = None, **more: int) -> Play:
        """Something was written to a pane."""
        nth = self._nth(pane)
        return self.feed(pane_input(data, 0, nth, self._time(ms), tty_id=1000 + pane, **more))

    def peer(self, pid: int, size: int = 200, ms: float | None = None) -> Play:
        """A process sent the server a message, or closed its end (size 0)."""
        return self.feed(peer(pid, size, self._time(ms)))

    def attach(self, client: str, ms: float | None = None) -> Play:
        """A client attached."""
        return self.feed(client_tty(True, self._time(ms), tty=TTYS[client]))

    def lose(self, thing: str | int) -> Play:
        """The next record of this client or pane never arrived."""
        self._nth(thing)
        return self

    def wait(self, ms: float) -> Play:
        """Nothing happens for a while."""
        self._ms += ms
        self.out += self.attributor.tick(at_ns(self._ms))
        return self

    def feed(self, record: Record) -> Play:
        """Any record."""
        self.out += self.attributor.feed([record], record.ktime_ns)
        return self

    def typed(self) -> list[Typed]:
        """All writes, when nothing more comes."""
        self.wait(3000)
        return [each for each in self.out if isinstance(each, Typed)]

    def said(self) -> list[str]:
        """For each write what `described` says of its ranges."""
        return [" ".join(map(described, each.ranges)) for each in self.typed()]

    def unread(self) -> list[tuple[str, int]]:
        """Reads that went to no pane: client and size."""
        self.wait(3000)
        return [(NAMES[each.tty], each.size) for each in self.out if isinstance(each, Unread)]

    def _nth(self, thing: object) -> int:
        self._nths[thing] += 1
        return self._nths[thing] - 1

    def _time(self, ms: float | None) -> float:
        self._ms = self._ms + 0.1 if ms is None else ms
        return self._ms


def described(each: Range) -> str:
    """`3 A keystroke exact`"""
    hand = each.hand
    who = "?"
    if hand:
        who = NAMES[hand.tty] if hand.tty else str(hand.process.tgid if hand.process else "")
    return f"{each.size} {who} {each.how} {each.confidence}"


def keystroke(client: str, size: int = 1) -> str:
    """What is said of keys that are sure."""
    return f"{size} {client} keystroke exact"


def unknown(size: int = 1) -> str:
    """What is said of bytes without a name."""
    return f"{size} ? unknown none"
