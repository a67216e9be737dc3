"""Rows as they come up in panes.

Invariant: a row comes up with the record that left it on the screen, the cursor's row with each
that changes it. Screens are bounded in cells: of those that must make room, the one that was drawn
on longest ago begins anew, empty. What a row is, store/terminal.py knows.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from tracer.codec.identity import Fields
from tracer.detect.shape import part
from tracer.store.acts import Act, Device, act_of
from tracer.store.terminal import Terminal
from tracer.store.tracks import PANE

CELLS: Final = 1 << 18
_ACTIONS: Final = frozenset(("text_output", "terminal-resized", "pane-captured"))


class _Open:
    """A pane's terminal. `is_sized`: resizes tell its size."""

    def __init__(self, act: Act) -> None:
        self.pid = act.pid
        self.terminal = Terminal.blank(act.columns, act.rows)
        self.is_sized = False
        self.cells = 0

    def take(self, act: Act) -> list[str]:
        """What comes up with it."""
        if act.screen is not None:
            self.terminal = Terminal(act.screen)
            return []
        if act.action == "terminal-resized":
            self.terminal.resize(act.columns, act.rows)
            self.is_sized = True
            return []
        if not self.is_sized:
            self.terminal.resize(act.columns, act.rows)
        rows = self.terminal.feed(act.data).rows
        unfinished = self.terminal.give()
        return [*rows, unfinished] if unfinished else rows


class Shown:
    """The screens of all panes."""

    def __init__(self) -> None:
        self._open: OrderedDict[Device, _Open] = OrderedDict()
        self._cells = 0

    def feed(self, event: Fields) -> list[str]:
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
