"""Waiting for what will come. An emulated machine is a hundred times slower than this one, so
nothing sleeps for a fixed time, and a limit is only for what never comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 300.0

_T = TypeVar("_T")


def eventually(
    what: Callable[[], _T],
    sentence: Callable[[], str] = lambda: "it did not happen",
    patience_s: float = PATIENCE_S,
) -> _T:
    """What `what()` returns once that is true; `sentence` says what is wrong if it never is."""
    end = time.monotonic() + patience_s
    while not (found := what()):
        assert time.monotonic() < end, sentence()
        time.sleep(0.02)
    return found
