"""One segment of a log that is being verified: which of its lines are records, and what stands
behind them.

Invariant: every byte of a segment is accounted for: it is in a record, or the segment that follows
declares it.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from tracer.model.sealed import End, Previous


class Span:
    """The place of a segment. `until`: the index at which the one that follows begins, None in the
    last one."""

    def __init__(self, first: int, name: str, until: int | None) -> None:
        self.first = first
        self.name = name
        self._until = until
        self._behind = sha256()
        self._bytes = 0

    @property
    def stem(self) -> str:
        """Its name in the next header."""
        return f"{self.first:012d}"

    @property
    def is_torn(self) -> bool:
        """Whether something stands behind the records, and no segment follows to declare it."""
        return self._until is None and self._bytes > 0

    def records(self, lines: list[bytes], index: int) -> list[bytes]:
        """Those of its lines that are records; the first one is that at `index`."""
        if self._until is None or index + len(lines) <= self._until:
            return lines
        kept = self._until - index
        for line in lines[kept:]:
            self._leave(line + b"\n")
        return lines[:kept]

    def end(self, index: int, tail: Iterable[bytes]) -> None:
        """All lines were read, and `tail` stands behind them; `index` is that of the next record.
        ValueError if records are missing."""
        if self._until is not None and index < self._until:
            raise ValueError(f"records {index} to {self._until - 1} are missing")
        for piece in tail:
            if self._until is None and b"\n" in piece:
                raise ValueError("a line is longer than any can be")
            self._leave(piece)

    def check(self, previous: Previous | None) -> None:
        """Holds what the segment behind says about this one against what was read; ValueError if
        they differ."""
        if previous is None or previous.name != self.stem:
            raise ValueError("another segment stood before this one")
        if previous.end is End.IO_ERROR:
            return
        declared = previous.size, previous.sha256 if previous.size else None
        found = self._bytes, self._behind.hexdigest() if self._bytes else None
        if declared != found:
            raise ValueError(
                f"behind the records of {self.name} stand {self._bytes} bytes that are not what "
                f"was left there"
            )

    def _leave(self, raw: bytes) -> None:
        self._behind.update(raw)
        self._bytes += len(raw)
