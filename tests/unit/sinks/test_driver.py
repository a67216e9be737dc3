"""What a driver's failure is called."""

from __future__ import annotations

import errno
import os

import pytest

from tracer.sinks.driver import Unusable, reason_of


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left on device"),
        (FileNotFoundError(2, "No such file or directory", "/x"), "No such file or directory: /x"),
        (TimeoutError("timed out"), "timed out"),
        (TimeoutError(), "TimeoutError"),
        (Unusable("chown it"), "chown it"),
    ],
)
def test_it_is_never_empty(error: OSError, reason: str) -> None:
    """And names the file, where there is one."""
    assert reason_of(error) == reason
