"""What we do ourselves isn't told: our questions make us a peer of each server.

Invariant: it is we, or a process that we started to ask, never a descendant of another.
"""

from __future__ import annotations

from collections.abc import Iterable

from tracer.model.events import Peer, Record


class Own:
    """Knows us by our pid."""

    def __init__(self, tgid: int) -> None:
        self._tgid = tgid
        self._askers: set[int] = set()

    def without(self, records: Iterable[Record]) -> list[Record]:
        """The records of others."""
        return [each for each in records if type(each) is not Peer or not self._is_ours(each)]

    def _is_ours(self, peer: Peer) -> bool:
        pid = peer.key.tgid
        if peer.who is not None and peer.who.parent.tgid == self._tgid:
            self._askers.add(pid)
        is_ours = pid == self._tgid or pid in self._askers
        if not peer.size:
            self._askers.discard(pid)
        return is_ours
