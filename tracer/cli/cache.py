"""Where the index of a log goes that isn't this host's own: beside the reader, never in the copy.

Invariant: an index that came with a copy is not believed: whoever made the copy could have made it
say anything. An index of one state of a copy is not used for another.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tracer.errors import BadLog
from tracer.store.directory import Directory


def index_place(log: Directory) -> Directory:
    """The directory for the index of this log, as it is now; that of an earlier state goes. Raises
    BadLog."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    root = Path(home, "ttytrace")
    try:
        state = os.stat("log", dir_fd=log.fd)
        copy = f"{state.st_dev:x}-{state.st_ino:x}-"
        place = root / f"{copy}{state.st_mtime_ns:x}"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for other in root.glob(f"{copy}*"):
            if other != place:
                shutil.rmtree(other)
    except OSError as error:
        raise BadLog(place=root, reason=f"the index can't be kept here: {error}") from None
    return Directory(place)
