"""Brings the index beside the log up to date, while the service records.

Invariant: recording never waits for it. What it can't do, a search does itself, later.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from tracer.errors import TtytraceError
from tracer.privileges import keep_only
from tracer.store.directory import Directory
from tracer.store.index import Index
from tracer.workers.door import Door

PERIOD_S: Final = 5.0
_NICE: Final = 10
_MOST_BYTES: Final = 320 << 20


def follow(directory: Path, door: Door) -> None:
    """Brings the index up to date again and again, until the door ends."""
    with closing(Index(Directory(directory))) as index:
        index.catch_up()
        while not select.select([door], [], [], PERIOD_S)[0]:
            index.catch_up()


def main() -> None:
    """The process: its first message names the `directory`. The exit code says why it ended."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # those who record have blocked some
    with suppress(PermissionError):  # the unit's sandbox
        os.nice(_NICE)
    # Whoever fills screens must not use up what the unit may have: this ends us alone.
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_BYTES, _MOST_BYTES))
    keep_only([])  # what root owns is all that it reads and writes
    door = Door.of_worker()
    hello = door.receive()
    if hello is None:
        return
    try:
        follow(Path(hello.fields["directory"]), door)
    except TtytraceError as error:
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
