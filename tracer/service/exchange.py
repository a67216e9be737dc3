"""Parts of a run that can't change while they work: one with other settings takes their place.

Invariant: there is one at a time, and only a change of its own table brings another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from tracer.settings import Settings


class Part(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Ends it."""


P = TypeVar("P", bound=Part)


class Exchanged(Generic[P]):
    """What `make` makes of settings. `table`: of the settings, that it goes by."""

    def __init__(self, make: Callable[[Settings], P], settings: Settings, table: str) -> None:
        self._make, self._settings, self._table = make, settings, table
        self.part = make(settings)
        """The one that works now."""

    def configure(self, settings: Settings) -> None:
        """Makes another one, if it would be another."""
        before, self._settings = self._settings, settings
        if getattr(before, self._table) != getattr(settings, self._table):
            self.part.close()
            self.part = self._make(settings)

    def close(self) -> None:
        """Ends the one that works now."""
        self.part.close()
