"""kill -9 at each moment that matters: before every call that changes what is on the disk."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable
from typing import Any

CHANGES = (
    [(os, name) for name in ("open", "write", "pwrite", "fsync", "fdatasync", "ftruncate")]
    + [(os, name) for name in ("rename", "unlink", "fchmod")]
    + [(fcntl, "ioctl")]
)


def kill_before(nth: int, action: Callable[[], object]) -> bool:
    """Does `action` in a process that is killed before its `nth` change; False if it ends first."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _count_down(nth)
            action()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return True
    assert status == 0, "the action failed"
    return False


def _count_down(nth: int) -> None:
    left = nth

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def before(*args: Any, **options: Any) -> Any:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return call(*args, **options)

        return before

    for module, name in CHANGES:
        setattr(module, name, counted(getattr(module, name)))
