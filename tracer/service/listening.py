"""Sockets that others than root may come to, in directories that only root may write to.

Invariant: a socket that somebody answers at is not taken away; one that a dead process left is.
"""

from __future__ import annotations

import os
import socket
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from tracer.errors import SocketTaken
from tracer.privileges import reading_group
from tracer.store.directory import Directory

_BACKLOG: Final = 1024
_DIRECTORY_MODE: Final = 0o755


def listen(path: Path, mode: int) -> socket.socket:
    """A socket there, for root and the group that may read the record, as `mode` says. Its
    directory is made where it is missing. Raises SocketTaken, BadLog, OSError."""
    with suppress(FileExistsError):
        path.parent.mkdir(parents=True)
        path.parent.chmod(_DIRECTORY_MODE)  # whatever the umask is
    with closing(Directory(path.parent)) as directory:
        place = f"/proc/self/fd/{directory.fd}/{path.name}"  # however long the path is
        if _is_answered(place):
            raise SocketTaken(path=path)
        with suppress(FileNotFoundError):
            directory.remove(path.name)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        listener.bind(place)
        os.chown(path.name, 0, reading_group(), dir_fd=directory.fd, follow_symlinks=False)
        os.chmod(path.name, mode, dir_fd=directory.fd)
        listener.listen(_BACKLOG)
    return listener


def _is_answered(place: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
        try:
            probe.connect(place)
        except BlockingIOError:  # so many wait there
            return True
        except OSError:
            return False
    return True
