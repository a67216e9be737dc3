"""A directory as the log's are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attributes import changeable
from tracer.store.directory import Directory


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Directory]:
    """An empty one."""
    place = tmp_path / "directory"
    place.mkdir(mode=0o700)
    opened = Directory(place)
    yield opened
    opened.close()
    changeable(place)
