"""A directory that is opened once; whatever is in it is reached through its descriptor.

Invariant: no path is walked twice and no symbolic link is followed, so nobody who can rename
directories can make us read or write somewhere else. Only its owner, or root, may write into it.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from tracer.errors import BadLog, NoLog
from tracer.privileges import reading_group

_OPEN: Final = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO must not hang us
_CREATE: Final = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS_WRITE: Final = 0o022
SHARED_DIRECTORY: Final = 0o750
SHARED_FILE: Final = 0o640
CLOSED_FILE: Final = 0o440
"""What share() takes."""

_FILE_MODE: Final = 0o600
_DIRECTORY_MODE: Final = 0o700


class Directory:
    """Raises NoLog where it is missing, BadLog where it can't be trusted."""

    def __init__(self, path: Path, *, inside: Directory | None = None) -> None:
        self.path: Path = inside.path / path if inside else path
        try:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            self.fd: int = os.open(path, flags, dir_fd=inside.fd if inside else None)
        except FileNotFoundError:
            raise NoLog(directory=self.path) from None
        except OSError as error:
            raise BadLog(place=self.path, reason=f"it can't be opened: {error.strerror}") from None
        self._check(os.fstat(self.fd))

    def close(self) -> None:
        """Gives the descriptor back."""
        os.close(self.fd)

    def inside(self, name: str) -> Directory:
        """A directory in this one."""
        return Directory(Path(name), inside=self)

    def make(self, name: str) -> Directory:
        """The same; made first where it is missing."""
        with suppress(FileExistsError):
            os.mkdir(name, _DIRECTORY_MODE, dir_fd=self.fd)
        return self.inside(name)

    def names(self) -> list[str]:
        """What is in it, sorted."""
        return sorted(entry.name for entry in os.scandir(self.fd))

    def has(self, name: str) -> bool:
        """Whether there is something of that name."""
        try:
            os.stat(name, dir_fd=self.fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        """The bytes of a file; FileNotFoundError if there is none."""
        return os.stat(name, dir_fd=self.fd, follow_symlinks=False).st_size

    def open(self, name: str, flags: int = os.O_RDONLY) -> int:
        """A descriptor of a file, to read it; BadLog if it is anything but a plain file with one
        name. FileNotFoundError if there is none."""
        try:
            fd = os.open(name, flags | _OPEN, dir_fd=self.fd)
        except FileNotFoundError:
            raise
        except OSError as error:
            place = self.path / name
            raise BadLog(place=place, reason=f"it can't be opened: {error.strerror}") from None
        state = os.fstat(fd)
        if not stat.S_ISREG(state.st_mode) or state.st_nlink != 1:
            os.close(fd)
            raise BadLog(place=self.path / name, reason="it is no plain file with one name")
        return fd

    def create(self, name: str, flags: int = os.O_WRONLY, mode: int = _FILE_MODE) -> int:
        """A descriptor of a new file; FileExistsError if there is one."""
        return os.open(name, flags | _CREATE, mode, dir_fd=self.fd)

    def rename(self, old: str, new: str) -> None:
        """Puts a file in the place of another, for good once sync() is back."""
        os.rename(old, new, src_dir_fd=self.fd, dst_dir_fd=self.fd)

    def remove(self, name: str) -> None:
        """Takes a file away."""
        os.unlink(name, dir_fd=self.fd)

    def sync(self) -> None:
        """Comes back when its names are on the disk."""
        os.fsync(self.fd)

    def _check(self, state: os.stat_result) -> None:
        if state.st_uid not in (0, os.geteuid()) or state.st_mode & _OTHERS_WRITE:
            os.close(self.fd)
            cure = f"chown root and chmod go-w {self.path}"
            raise BadLog(place=self.path, reason=f"others than root may write into it: {cure}")


def share(fd: int, mode: int) -> None:
    """Lets those read it who may read the record: the group ttytrace, where there is one."""
    with suppress(OSError):  # a file system without modes; a log that isn't root's is its owner's
        os.fchown(fd, -1, reading_group())
        os.fchmod(fd, mode)
