"""Lines of JSON, as they stand in the log, in a file that is begun anew when it is large.

Invariant: a line is whole or not there; nobody but root and our account can write into the
directory, so nobody can put another file in its place. One that was moved away is left alone.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from tracer.codec.log import MAX_LINE_BYTES
from tracer.sinks.driver import Record, Unusable

_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_MODE: Final = 0o640
_SYNC_S: Final = 1.0


class NdjsonFile:
    """The file at `path`; as `path`.1, .2 and so on `keep` older ones, of `rotate_bytes` each."""

    def __init__(self, path: Path, rotate_bytes: int, keep: int) -> None:
        self._path, self._rotate_bytes, self._keep = path, rotate_bytes, keep
        self._lines: list[bytes] = []
        self._unsettled: int | None = None
        self._sync_s = 0.0
        _check(path.parent)
        self._fd, self._size = self._open()

    def send(self, record: Record) -> None:
        """Takes a record."""
        self._lines.append(record.line)
        if self._unsettled is None:
            self._unsettled = record.sequence

    def flush(self) -> None:
        """Writes what was taken, and syncs it at times."""
        if self._lines:
            self._follow_name()
            self._write(b"".join(self._lines))
            self._lines = []
            if self._size >= self._rotate_bytes:
                self._rotate()
        if self._unsettled is not None and time.monotonic() >= self._sync_s:
            os.fdatasync(self._fd)
            self._unsettled, self._sync_s = None, time.monotonic() + _SYNC_S

    def unsettled(self) -> int | None:
        """What is not on the disk."""
        return self._unsettled

    def close(self) -> None:
        """Closes it, once: another file may have the number then."""
        fd, self._fd = self._fd, -1
        with suppress(OSError):
            os.close(fd)

    def _open(self) -> tuple[int, int]:
        try:
            fd = os.open(self._path, _FLAGS, _MODE)
        except PermissionError as error:
            raise Unusable(f"{error.strerror}: {_cure(self._path.parent)}") from None
        state = os.fstat(fd)
        if not stat.S_ISREG(state.st_mode) or state.st_nlink != 1:
            os.close(fd)
            raise Unusable(f"{self._path} is no plain file with one name")
        _end_lines(fd, state)
        return fd, os.fstat(fd).st_size

    def _follow_name(self) -> None:
        """Opens the name again, if another file has it now, or none."""
        ours = os.fstat(self._fd)
        with suppress(FileNotFoundError):
            if os.path.samestat(self._path.lstat(), ours):
                self._size = ours.st_size  # somebody may have emptied it
                return
        self._reopen()

    def _write(self, data: bytes) -> None:
        """All of it, or nothing."""
        try:
            done = 0
            while done < len(data):
                done += os.write(self._fd, data[done:])
        except OSError:
            os.ftruncate(self._fd, self._size)
            raise
        self._size += len(data)

    def _rotate(self) -> None:
        names = [self._path, *(Path(f"{self._path}.{nth}") for nth in range(1, self._keep + 1))]
        for older, newer in zip(reversed(names), reversed(names[:-1]), strict=False):
            with suppress(FileNotFoundError):
                newer.rename(older)
        if not self._keep:
            self._path.unlink()
        self._reopen()

    def _reopen(self) -> None:
        os.fdatasync(self._fd)
        before = self._fd
        self._fd, self._size = self._open()
        os.close(before)


def _end_lines(fd: int, state: os.stat_result) -> None:
    """Takes away the line that a kill cut off: it comes again. Another's is ended."""
    start = max(0, state.st_size - MAX_LINE_BYTES)
    tail = os.pread(fd, state.st_size - start, start)
    if tail.endswith(b"\n") or not tail:
        return
    whole = start + tail.rfind(b"\n") + 1
    if state.st_uid == os.geteuid() and (whole > start or not start):
        os.ftruncate(fd, whole)
    else:
        os.write(fd, b"\n")


def _check(directory: Path) -> None:
    state = directory.stat()
    group_is_ours = state.st_gid == os.getegid()
    others = stat.S_IWOTH if group_is_ours else stat.S_IWOTH | stat.S_IWGRP
    if state.st_uid not in (0, os.geteuid()) or state.st_mode & others:
        raise Unusable(f"others may write into {directory}: {_cure(directory)}")


def _cure(directory: Path) -> str:
    return f"chown {os.geteuid()} {directory} && chmod go-w {directory}"
