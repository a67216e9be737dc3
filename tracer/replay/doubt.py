"""What of a screen can't be vouched for: rows that stood there when something went missing.

Invariant: a doubted row is doubted until it has left the screen or was cleared with the whole of
it. What is drawn over it changes nothing: what was lost may have moved it, or its colours.
"""

from __future__ import annotations

from tracer.screen.row import Row
from tracer.screen.screen import Screen


class Doubt:
    """The doubted rows of one screen."""

    def __init__(self) -> None:
        self._rows: set[Row] = set()
        self._is_main_open = False

    def all_of(self, screen: Screen) -> None:
        """Everything that is shown now, and what a full-screen program covers."""
        self._rows = set(screen.lines)
        self._is_main_open = screen.is_alternate

    def moved_on(self, screen: Screen, *, is_resized: bool = False) -> None:
        """Something was drawn, or the screen has another size."""
        is_uncovered = self._is_main_open and not screen.is_alternate
        # Reflow makes rows anew of those that were there.
        if is_uncovered or (is_resized and self._rows):
            self.all_of(screen)

    def is_shown(self, screen: Screen) -> bool:
        """Whether any of them is on the screen."""
        return not self._rows.isdisjoint(screen.lines)
