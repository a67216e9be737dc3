"""The tiny program, where BPF programs can be loaded."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.need import lacking
from tests.unit.capture.tiny import Tiny


@pytest.fixture
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tiny]:
    """A program that sends what it is told to."""
    if os.geteuid() != 0:
        lacking("loading BPF programs needs root")
    program = Tiny(tmp_path_factory.mktemp("headers"))
    yield program
    program.close()
