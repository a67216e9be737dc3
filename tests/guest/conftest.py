"""What every guest needs."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.need import lacking


@pytest.fixture(scope="session", autouse=True)
def _machine() -> None:
    if os.geteuid():
        lacking("a guest needs root")
    if not shutil.which("qemu-system-x86_64"):
        lacking("a guest needs qemu-system-x86_64: make setup")
