"""Who attached to whose server before.

Invariant: at most PAIRS are known, those that were seen last. A new set learns for LEARNING_NS from
the first attachment on: until then nobody is called new, or everyone would be.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from tracer.codec.identity import Fields
from tracer.detect.shape import part, value_of

PAIRS: Final = 16384
LEARNING_NS: Final = 24 * 3600 * 1_000_000_000
_THERE: Final = "was there before"

_Pair = tuple[str, str]


class FirstSeen:
    """Persons by the uid that they logged in with, else by their own; servers by their owner."""

    def __init__(self) -> None:
        self._since_ns: int | None = None
        self._seen: OrderedDict[_Pair, None] = OrderedDict()
        self._is_changed = False

    def attach(self, event: Fields, time_ns: int) -> bool | None:
        """Whether the client of this event came to a server of that user for the first time; None
        where that can't be said. `time_ns`: the event's, wall clock."""
        if self._since_ns is None:
            self._since_ns, self._is_changed = time_ns, True
        pair = _pair_of(event)
        if pair is None:
            return None
        is_known = pair in self._seen
        self._see(pair)
        is_learned = time_ns < self._since_ns + LEARNING_NS
        if is_known:
            return False
        was_there = part(event, "ttytrace").get("note") == _THERE
        return None if is_learned or was_there else True

    def take_state(self) -> Fields | None:
        """What from_state() makes the same of: JSON; None if nothing changed since the last
        time."""
        if not self._is_changed:
            return None
        self._is_changed = False
        return {"since_ns": self._since_ns, "seen": [list(pair) for pair in self._seen]}

    @classmethod
    def from_state(cls, state: object) -> FirstSeen:
        """What take_state() gave; what isn't that is not used."""
        first = cls()
        match state:
            case {"since_ns": int(since_ns), "seen": list(seen)}:
                first._since_ns = since_ns
                for each in seen:
                    match each:
                        case [str(person), str(owner)]:
                            first._see((person, owner))
        first._is_changed = False
        return first

    def _see(self, pair: _Pair) -> None:
        self._is_changed = self._is_changed or pair not in self._seen
        self._seen[pair] = None
        self._seen.move_to_end(pair)
        if len(self._seen) > PAIRS:
            self._seen.popitem(last=False)


def _pair_of(event: Fields) -> _Pair | None:
    client = part(event, "tmux", "client")
    owner = value_of(part(event, "tmux", "server", "user").get("id"))
    person = value_of(client.get("loginuid")) or value_of(part(client, "user").get("id"))
    return None if owner is None or person is None else (person, owner)
