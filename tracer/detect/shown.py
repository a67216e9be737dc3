"""Rows as they come up in panes.

Invariant: a row is finished when the cursor leaves it or it scrolls away, and comes up then if it
is another than before. Until then the cursor's row comes up, unfinished, with each record that
changes it. Screens are bounded in cells: of those that must make room, the one that was drawn
on longest ago begins anew, empty. What a row is, store/terminal.py knows.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

from tracer.codec.identity import Fields
from tracer.detect.shape import part
from tracer.store.acts import Act, Device, act_of
from tracer.store.terminal import Terminal
from tracer.store.tracks import PANE

CELLS: Final = 1 << 18
_ACTIONS: Final = frozenset(("text_output", "terminal-resized", "pane-captured"))


class Row(NamedTuple):
    """`is_finished`: the cursor is not in it any more."""

    text: str
    is_finished: bool


class _Open:
    """A pane's terminal. `is_sized`: resizes tell its size. `unfinished`: the cursor's row, if it
    came up so."""

    def __init__(self, act: Act) -> None:
        self.pid = act.pid
        self.terminal = Terminal.blank(act.columns, act.rows)
        self.is_sized = False
        self.unfinished = ""
        self.cells = 0

    def take(self, act: Act) -> list[Row]:
        """What comes up with it."""
        if act.screen is not None:
            self.terminal, self.unfinished = Terminal(act.screen), ""
        elif act.action == "terminal-resized":
            self.terminal.resize(act.columns, act.rows)
            self.is_sized = True
        else:
            return self._draw(act)
        return []

    def _draw(self, act: Act) -> list[Row]:
        if not self.is_sized:
            self.terminal.resize(act.columns, act.rows)
        seen, before = self.terminal.feed(act.data), self.unfinished
        rows = [Row(text, True) for text in (seen.left, *seen.rows) if text]
        self.unfinished = self.terminal.unfinished
        if self.unfinished and self.unfinished != before:
            rows.append(Row(self.unfinished, False))
        return rows


class Shown:
    """The screens of all panes."""

    def __init__(self) -> None:
        self._open: OrderedDict[Device, _Open] = OrderedDict()
        self._cells = 0

    def feed(self, event: Fields) -> list[Row]:
        """The rows that come up with a record."""
        try:
            action = event["event"]["action"]
            act = act_of(action, event) if action in _ACTIONS else None
        except (AttributeError, KeyError, TypeError, ValueError):
            return []
        if act is None or act.device.kind != PANE:
            return []
        opened = self._get(act)
        rows = opened.take(act)
        self._weigh(opened)
        return rows

    def close(self, event: Fields) -> None:
        """A pane is gone."""
        server, pid = (part(event, "tmux", of).get("pid") for of in ("server", "pane"))
        gone = [d for d, opened in self._open.items() if (d.server, opened.pid) == (server, pid)]
        for device in gone:
            self._cells -= self._open.pop(device).cells

    def _get(self, act: Act) -> _Open:
        opened = self._open.get(act.device)
        if opened is None or (None not in (act.pid, opened.pid) and act.pid != opened.pid):
            self._cells -= opened.cells if opened else 0
            opened = self._open[act.device] = _Open(act)
        self._open.move_to_end(act.device)
        return opened

    def _weigh(self, opened: _Open) -> None:
        cells = opened.terminal.cells
        self._cells += cells - opened.cells
        opened.cells = cells
        while self._cells > CELLS and len(self._open) > 1:
            _, oldest = self._open.popitem(last=False)
            self._cells -= oldest.cells
