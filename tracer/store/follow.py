"""`python -m tracer.store.follow LOGDIR`: keeps the index of a growing log up to date, until the
process that began it ends.

Invariant: nothing waits for it. Whatever goes wrong here, the log is not touched, and the next
search does the work instead.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from tracer.errors import TtytraceError
from tracer.store.directory import Directory
from tracer.store.index import Index

_PERIOD_S: Final = 1.0
_NICE: Final = 19


def follow(directory: Path, parent: int) -> None:
    """Adds to the index, once a second, while `parent` is this process's parent."""
    index: Index | None = None
    while os.getppid() == parent:
        with suppress(TtytraceError, OSError):
            index = index or Index.open(Directory(directory))
            index.catch_up()
        time.sleep(_PERIOD_S)


if __name__ == "__main__":
    os.nice(_NICE)
    gc.freeze()
    follow(Path(sys.argv[1]), os.getppid())
