"""What a test does where the machine can't run it: skip with a sentence, or fail when
TTYTRACE_KERNEL_TESTS=1 says that this machine is one that must."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(reason: str) -> NoReturn:
    """End the running test: this machine lacks what it needs."""
    if os.environ.get("TTYTRACE_KERNEL_TESTS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
