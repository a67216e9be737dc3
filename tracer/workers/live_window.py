"""The newest part of the log, in memory once for all clients: each of them is a cursor into it.

Invariant: it holds at most so many bytes of lines, and what came last, however many clients there
are and however slowly they read; of a batch besides, at most four texts that clients were sent. A
line is parsed once, while it is new.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final, NamedTuple

from tracer.model.events import Tty
from tracer.store.follow import Line
from tracer.workers.live_request import Seen, View

_BATCH_BYTES: Final = 1 << 15
_MAX_TEXTS: Final = 4


class Shown(NamedTuple):
    """Lines with their newlines, and the terminals whose output is left out."""

    text: bytes
    hidden: frozenset[Tty]


class Batch:
    """Lines in a row, from `first` up to `end`."""

    def __init__(self, lines: list[Line]) -> None:
        self.first, self.end = lines[0].sequence, lines[-1].sequence + 1
        self.bytes = sum(len(line.data) for line in lines)
        self._lines = lines
        self._seen: list[Seen] | None = [Seen(line) for line in lines]
        self._texts: dict[tuple[View, frozenset[Tty]], Shown] = {}

    def text(self, view: View, start: int, watched: frozenset[Tty]) -> Shown:
        """What is shown of it, from this sequence on. `watched`: see View.hides()."""
        if start > self.first:
            return shown(
                (seen for seen in self._all() if seen.line.sequence >= start), view, watched
            )
        key = view, watched if view.is_on_terminal else frozenset()
        text = self._texts.get(key)
        if text is None:
            text = shown(self._all(), view, watched)
            if len(self._texts) == _MAX_TEXTS:
                self._texts.pop(next(iter(self._texts)))
            self._texts[key] = text
        return text

    def forget(self) -> None:
        """It is not new any more: what was parsed takes much more memory than the lines."""
        self._seen = None

    def _all(self) -> Iterable[Seen]:
        return map(Seen, self._lines) if self._seen is None else self._seen


def shown(seen: Iterable[Seen], view: View, watched: frozenset[Tty]) -> Shown:
    """What somebody is shown of these."""
    lines, hidden = [], set()
    for each in filter(view.takes, seen):
        tty = view.hides(each, watched)
        if tty is None:
            lines.append(each.line.data + b"\n")
        else:
            hidden.add(tty)
    return Shown(b"".join(lines), frozenset(hidden))


class Window:
    """`start`, `end`: the sequences of what it holds, from the one up to the other."""

    def __init__(self, max_bytes: int, end: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._batches: list[Batch] = []
        self._new: list[Batch] = []  # of these: what the last addition brought
        self.end = end

    @property
    def start(self) -> int:
        """What is before can't be had here."""
        return self._batches[0].first if self._batches else self.end

    @property
    def middle(self) -> int:
        """What is behind this stays for a while."""
        return (self.start + self.end) // 2

    def add(self, lines: list[Line]) -> None:
        """The lines that follow; where they go back, the log has lost what was behind them."""
        if lines[0].sequence < self.end:
            self._batches, self._bytes = [], 0
        for batch in self._new:
            batch.forget()
        while self._bytes > self._max_bytes:  # what is new is for all who are in time
            self._bytes -= self._batches.pop(0).bytes
        self._new = [*map(Batch, _parts(lines))]
        self._batches += self._new
        self._bytes += sum(len(line.data) for line in lines)
        self.end = lines[-1].sequence + 1

    def at(self, sequence: int) -> Batch | None:
        """The batch that has it, or what comes next; None at the end."""
        if sequence >= self.end:
            return None
        nth = bisect_right(self._batches, sequence, key=lambda batch: batch.first) - 1
        batch = self._batches[max(0, nth)]
        return batch if sequence < batch.end else self._batches[nth + 1]


def _parts(lines: list[Line]) -> Iterable[list[Line]]:
    part, size = [], 0
    for line in lines:
        part.append(line)
        size += len(line.data)
        if size >= _BATCH_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part
