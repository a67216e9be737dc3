"""How far a segment counts: up to its last seal whose root is that of the records before it.

Invariant: nothing is believed but hashes of the bytes that are there. Whether seals are authentic
is seal/verify.py's to say.
"""

from __future__ import annotations

from typing import NamedTuple

from tracer.codec.identity import Fields
from tracer.codec.log import log_part, parse
from tracer.model.sealed import Stamp
from tracer.seal.claims import Header, Seal, stamp_of
from tracer.seal.erased import leaf_of
from tracer.seal.note import Head
from tracer.seal.stage import may_be_seal
from tracer.seal.tree import Frontier, leaf_hash


class SealSeen(NamedTuple):
    """A seal that counts; the tree with it; where in the segment it ends; its moment; the last line
    before it that is no seal; and whether what was synced is there."""

    seal: Seal
    tree: Frontier
    end: int
    stamp: Stamp
    before: bytes
    has_synced: bool


class Scan:
    """Follows the lines of a segment whose first record has the index `first`. `synced`: the head
    that was synced last, as far as the keys know; in a segment before, it is not looked for."""

    def __init__(self, first: int, synced: Head) -> None:
        self.last: SealSeen | None = None
        """The last seal that counts."""
        self.origin = ""
        self._tree = Frontier(0)
        self._first = first
        self._synced = synced
        self._has_synced = synced.size < first
        self._leaves: list[bytes] = []
        self._end = 0
        self._before = b""

    def follow(self, lines: list[bytes]) -> None:
        """The next lines; ValueError where they can't be those of a segment any more."""
        for line in lines:
            if not self._end:
                self._begin(parse(line))
            self._end += len(line) + 1
            event = parse(line) if may_be_seal(line) else {}
            match log_part(event):
                case "seal", fields:
                    self._close(line, Seal.parse(fields), stamp_of(event))
                case _:
                    self._leaves.append(leaf_of(line))
                    self._before = line

    def _begin(self, event: Fields) -> None:
        match log_part(event):
            case "segment", fields:
                header = Header.parse(fields)
            case _:
                raise ValueError("a segment begins with another record")
        self.origin = header.origin
        self._tree = Frontier(self._first, header.frontier)
        self._meet_synced()

    def _close(self, line: bytes, seal: Seal, stamp: Stamp) -> None:
        self._tree.extend(self._leaves)
        if seal.root != self._tree.root():
            raise ValueError("the seal is not of these records")
        self._tree.extend([leaf_hash(line)])
        self._leaves.clear()
        self._meet_synced()
        place = self._tree.copy(), self._end, stamp, self._before, self._has_synced
        self.last = SealSeen(seal, *place)

    def _meet_synced(self) -> None:
        if self._tree.size == self._synced.size:
            self._has_synced = self._tree.root() == self._synced.root
