"""The index beside the log: a process of its own brings it up to date while we record.

Invariant: recording never waits for it, and it ends with us, whatever way we end. What it can't do,
a search does itself, later.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Final

from tracer.errors import TtytraceError
from tracer.store.directory import Directory
from tracer.store.index import Index

PERIOD_S: Final = 5.0
_CHECK_NS: Final = 10_000_000_000
_NICE: Final = 10


class Follower:
    """Runs follow() for the log in `directory`, and again if that ends, at most each 10 s."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._process = self._start()
        self._next_ns = 0
        self.trouble: str | None = None
        """How it ended last, as a sentence; None while it runs."""

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def turn(self, now_ns: int) -> None:
        """Sees to it that it runs. `now_ns`: CLOCK_BOOTTIME."""
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + _CHECK_NS
        code = self._process.poll()
        self.trouble = None if code is None else f"the index's process ended with {code}"
        if code is not None:
            self.close()
            self._process = self._start()

    def close(self) -> None:
        """Ends it; what it had in hand, the next one does again."""
        self._process.kill()
        self._process.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            # Isolated: a directory that we were started in must not bring its own modules.
            [sys.executable, "-I", "-m", "tracer.follower", self._directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            process_group=0,  # C-c is for us alone
        )


def follow(directory: Path, until_fd: int) -> None:
    """Brings the index up to date again and again, until this descriptor ends."""
    with closing(Index(Directory(directory))) as index:
        index.catch_up()
        while not select.select([until_fd], [], [], PERIOD_S)[0]:
            index.catch_up()


def main() -> None:
    """The process: its argument is the directory of the log. The exit code says why it ended."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # those who record have blocked some
    os.nice(_NICE)
    try:
        follow(Path(sys.argv[1]), sys.stdin.fileno())
    except TtytraceError as error:
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
