"""Undoes append-only and immutable, so that a temporary directory can be removed."""

from __future__ import annotations

import os
from pathlib import Path

from tracer.store.attributes import make_changeable


def changeable(directory: Path) -> None:
    """Every file below it."""
    for path in directory.rglob("*"):
        if path.is_file() and not path.is_symlink():
            fd = os.open(path, os.O_RDONLY)
            make_changeable(fd)
            os.close(fd)
