"""What a part of the service must not forget: a file beside the keys, one for each.

Invariant: the file is whole or as it was before. What can't be read counts as not there.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import orjson

from tracer.codec.identity import Fields
from tracer.codec.log import parse
from tracer.errors import BadLog
from tracer.store.directory import Directory


class Kept:
    """`name`, of the log whose keys are in the directory `state`. Raises NoLog, BadLog."""

    def __init__(self, state: Path, name: str) -> None:
        self._directory = Directory(state)
        self._name, self._new = name, f"{name}.new"

    def read(self) -> Fields:
        """What was written last; nothing if that can't be had."""
        try:
            with os.fdopen(self._directory.open(self._name), "rb") as file:
                return parse(file.read())
        except (OSError, ValueError, BadLog):
            return {}

    def write(self, fields: Fields) -> None:
        """Keeps it; OSError as the disk does. A power cut may bring back what was before."""
        with suppress(FileNotFoundError):
            self._directory.remove(self._new)
        with os.fdopen(self._directory.create(self._new), "wb") as file:
            file.write(orjson.dumps(fields))
            os.fsync(file.fileno())
        self._directory.rename(self._new, self._name)

    def close(self) -> None:
        """Gives the directory back."""
        self._directory.close()
