"""A log to replay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.replay.logged import asking, made
from tracer.store.search import Searcher


@pytest.fixture
def searcher(tmp_path: Path) -> Iterator[Searcher]:
    """Of logged.happened()."""
    with asking(made(tmp_path / "log")) as searcher:
        yield searcher
