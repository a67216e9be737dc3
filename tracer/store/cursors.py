"""How far each sink has got in the log: a file beside the keys, so that a restart goes on there.

Invariant: the file is whole or as it was before. What can't be read counts as not there: then a
sink begins with what is new.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import orjson

from tracer.codec.log import parse
from tracer.errors import BadLog
from tracer.store.directory import Directory

NAME: Final = "sinks"
"""The file's name."""
_NEW: Final = "sinks.new"


class Cursors:
    """Of the log whose keys are in the directory `state`. Raises NoLog, BadLog."""

    def __init__(self, state: Path) -> None:
        self._directory = Directory(state)

    def read(self) -> dict[str, int]:
        """The index of the record that comes next, by the sink's name."""
        try:
            with os.fdopen(self._directory.open(NAME), "rb") as file:
                found = parse(file.read())
        except (OSError, ValueError, BadLog):
            return {}
        return {name: at for name, at in found.items() if type(at) is int and at >= 0}

    def write(self, cursors: dict[str, int]) -> None:
        """Keeps them; OSError as the disk does. A power cut may bring back earlier ones."""
        with suppress(FileNotFoundError):
            self._directory.remove(_NEW)
        with os.fdopen(self._directory.create(_NEW), "wb") as file:
            file.write(orjson.dumps(cursors))
            os.fsync(file.fileno())
        self._directory.rename(_NEW, NAME)

    def close(self) -> None:
        """Gives the directory back."""
        self._directory.close()
