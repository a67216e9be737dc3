"""How far each sink has got in the log: a file beside the keys, so that a restart goes on there.

Invariant: what can't be read counts as not there: then a sink begins with what is new.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tracer.store.kept import Kept

NAME: Final = "sinks"
"""The file's name."""


class Cursors:
    """Of the log whose keys are in the directory `state`. Raises NoLog, BadLog."""

    def __init__(self, state: Path) -> None:
        self._file = Kept(state, NAME)

    def read(self) -> dict[str, int]:
        """The index of the record that comes next, by the sink's name."""
        found = self._file.read().items()
        return {name: at for name, at in found if type(at) is int and at >= 0}

    def write(self, cursors: dict[str, int]) -> None:
        """Keeps them; OSError as the disk does. A power cut may bring back earlier ones."""
        self._file.write(cursors)

    def close(self) -> None:
        """Gives the directory back."""
        self._file.close()
