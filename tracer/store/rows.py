"""What panes showed, as rows of text that can be searched: which record each row belongs to.

Invariant: a row belongs to the record that finished it; one that stays unfinished is given as it
is, once, and may still grow. How output becomes rows is terminal.py's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from tracer.store.terminal import Terminal

TERMINALS: Final = 4096
IDLE_US: Final = 5_000_000


class Output(NamedTuple):
    """What a pane showed in one record.

    `boot`, `device` and `pane` tell terminals apart; `offset` and `size` are the terminal's own
    count of bytes.
    """

    sequence: int
    time_us: int
    boot: str
    device: tuple[int, int]
    pane: int | None
    offset: int
    size: int
    width: int
    text: str


class _Open:
    """A terminal with an unfinished row, and the record that last drew in it."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.sequence = 0
        self.time_us = 0
        self.next_offset = 0
        self.is_given = True  # its unfinished row, as it is


_Key = tuple[str, int, int, int | None]
LateRow = tuple[int, str]


class Rows:
    """All terminals of a log. What a record finishes is its own; a row that stays unfinished is a
    late one of the record that last drew in it."""

    def __init__(self) -> None:
        self._open: OrderedDict[_Key, _Open] = OrderedDict()  # the one drawn in last is last
        self._changed: set[_Key] = set()
        self._late: list[LateRow] = []
        self._checked_us = 0

    def feed(self, output: Output) -> list[str]:
        """The rows that this record finishes."""
        key = (output.boot, *output.device, output.pane)
        if output.offset != getattr(self._open.get(key), "next_offset", None):
            self._end(key)
            self._open[key] = _Open(Terminal())
        self._open.move_to_end(key)
        opened = self._open[key]
        opened.sequence, opened.time_us, opened.is_given = output.sequence, output.time_us, False
        opened.next_offset = output.offset + output.size
        self._changed.add(key)
        if len(self._open) > TERMINALS:
            self._end(next(iter(self._open)))
        return opened.terminal.feed(output.text, output.width)

    def tick(self, time_us: int) -> None:
        """Gives the unfinished rows that nothing was drawn in for IDLE_US; they may still grow."""
        if time_us < self._checked_us + IDLE_US // 5:
            return
        self._checked_us = time_us
        for key, opened in self._open.items():
            if opened.time_us > time_us - IDLE_US:
                break
            self._give(key, opened)

    def flush(self) -> None:
        """Gives all unfinished rows; they may still grow."""
        for key, opened in self._open.items():
            self._give(key, opened)

    def close_pane(self, boot: str, pane: int) -> None:
        """The pane is gone; another one may get its terminal."""
        for key in [key for key in self._open if key[0] == boot and key[3] == pane]:
            self._end(key)

    def late(self) -> list[LateRow]:
        """The late rows since the last call."""
        rows, self._late = self._late, []
        return rows

    def changes(self) -> Iterator[tuple[str, list[Any] | None]]:
        """Name and state (None: gone) of each terminal that changed since the last call."""
        changed, self._changed = self._changed, set()
        for key in changed:
            opened = self._open.get(key)
            yield repr(key), None if opened is None else [key, *_state(opened)]

    @classmethod
    def from_states(cls, states: Iterator[list[Any]]) -> Rows:
        """From what changes() said last of each terminal."""
        rows = cls()
        for (boot, major, minor, pane), sequence, time_us, *rest in sorted(
            states, key=lambda state: state[1]
        ):
            opened = _Open(Terminal.from_state(rest[2]))
            opened.sequence, opened.time_us = sequence, time_us
            opened.next_offset, opened.is_given = rest[:2]
            rows._open[boot, major, minor, pane] = opened
        return rows

    def _end(self, key: _Key) -> None:
        if (opened := self._open.pop(key, None)) is not None:
            self._give(key, opened)

    def _give(self, key: _Key, opened: _Open) -> None:
        if opened.is_given:
            return
        opened.is_given = True
        self._changed.add(key)
        if row := opened.terminal.row:
            self._late.append((opened.sequence, row))


def _state(opened: _Open) -> list[Any]:
    terminal = opened.terminal.state()
    return [opened.sequence, opened.time_us, opened.next_offset, opened.is_given, terminal]
