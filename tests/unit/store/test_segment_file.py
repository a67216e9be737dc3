"""tracer.store.segment_file"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tracer.store.directory import Directory
from tracer.store.segment_file import SegmentFile

NAME = "000000000007.jsonl"


def content(directory: Directory) -> bytes:
    return (directory.path / NAME).read_bytes()


def failing(call: Callable[..., object], name: str) -> Callable[..., object]:
    def fails(*args: object, **options: object) -> object:
        raise OSError(28, "No space left on device")

    return fails


def test_a_segment_has_its_name_with_its_first_write(directory: Directory) -> None:
    """Not before that is synced; what a crash left under the other name goes."""
    os.close(directory.create("new"))
    file = SegmentFile(directory, 7, b"first\n")
    assert directory.names() == [NAME]
    assert (file.size, file.synced_size) == (6, 6)
    file.write(b"second\n")
    assert content(directory) == b"first\nsecond\n"
    assert (file.size, file.synced_size) == (13, 6)
    file.sync()
    assert file.synced_size == 13
    file.close()


@pytest.mark.parametrize("call", ["write", "fdatasync", "rename", "fsync"])
def test_a_segment_that_can_not_be_begun(directory: Directory, monkeypatch, call: str) -> None:
    """Takes no room and no descriptor; another can be begun then."""
    monkeypatch.setattr(os, call, failing(getattr(os, call), call))
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with pytest.raises(OSError, match="No space"):
        SegmentFile(directory, 7, b"first\n")
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    assert "new" not in directory.names()
    monkeypatch.undo()
    SegmentFile(directory, 7, b"other\n").close()
    assert content(directory) == b"other\n"


def test_what_can_not_be_written_goes_first_later(directory: Directory, monkeypatch) -> None:
    """In order, and each byte once."""
    file = SegmentFile(directory, 7, b"first\n")
    write, room = os.write, 3

    def little(fd: int, data: bytes) -> int:
        nonlocal room
        if not room:
            raise OSError(28, "No space left on device")
        room -= 1
        return write(fd, data[:2])

    monkeypatch.setattr(os, "write", little)
    with pytest.raises(OSError, match="No space"):
        file.write(b"0123456789")
    assert content(directory) == b"first\n012345"
    assert file.rest == b"6789"
    room = 100
    file.write(b"abc")
    assert content(directory) == b"first\n0123456789abc"
    assert file.rest == b""
    assert file.size == 19
    file.close()


def test_a_segment_that_ended(directory: Directory) -> None:
    """Nobody writes it any more."""
    file = SegmentFile(directory, 7, b"first\n")
    file.close()
    assert (directory.path / NAME).stat().st_mode & 0o777 == 0o440
    if file.is_append_only:
        with pytest.raises(PermissionError):
            (directory.path / NAME).open("ab")


def test_a_segment_that_grows(directory: Directory) -> None:
    """Can be added to, and not be cut, where the file system guards it."""
    file = SegmentFile(directory, 7, b"first\n")
    if file.is_append_only:
        with pytest.raises(PermissionError):
            os.truncate(directory.path / NAME, 0)
    file.abandon()
    assert content(directory) == b"first\n"
