"""A process of ours that the kernel half follows: what it runs must come out at the other end.

Invariant: it ends with us, whatever way we end, and runs nothing but what it is told to.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from typing import Final

_GRACE_S: Final = 1.0
_NONCE_BYTES: Final = 4  # short, or it looks like a secret and is masked
# It waits for the next nonce, and for its end when nobody can send one any more. The program that
# gets the nonce is a child: that forks are inherited is told too.
_SINGS: Final = 'while read -r nonce; do /bin/true "$nonce"; done'


class Canary:
    """`follow`: has the kernel half follow a pid. Started at once; where that fails, it isn't heard
    until a restart that works."""

    def __init__(self, follow: Callable[[int], None]) -> None:
        self._follow = follow
        self._alive: tuple[subprocess.Popen[bytes], int] | None = None
        self.restart()

    def sing(self) -> bytes:
        """Runs a program; the last argument of it."""
        nonce = os.urandom(_NONCE_BYTES).hex().encode()
        if self._alive is not None:
            with suppress(BrokenPipeError):  # somebody has killed it: it won't be heard
                os.write(self._alive[1], nonce + b"\n")
        return nonce

    def restart(self) -> None:
        """Another process, followed anew; none where the system has no room for one."""
        self.close()
        with suppress(OSError):
            self._alive = process, _ = _start()
            self._follow(process.pid)

    def close(self) -> None:
        """Ends it."""
        if self._alive is not None:
            (process, line), self._alive = self._alive, None
            os.close(line)
            process.kill()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_S)


def _start() -> tuple[subprocess.Popen[bytes], int]:
    reader, writer = os.pipe2(os.O_CLOEXEC)
    try:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _SINGS],
            stdin=reader,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            start_new_session=True,  # C-c is for us alone
        )
    except OSError:
        os.close(writer)
        raise
    finally:
        os.close(reader)
    return process, writer
