"""A file takes another's place once it is whole and was read back, or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attributes import changeable
from tracer.errors import BadLog
from tracer.store.attributes import make_immutable
from tracer.store.directory import Directory
from tracer.store.rewrite import discard, put, tidy
from tracer.store.segments import Segment, SegmentReader

FORMS = pytest.mark.parametrize("is_compressed", [False, True])


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Directory]:
    directory = Directory(tmp_path)
    yield directory
    changeable(tmp_path)
    directory.close()


def content(log: Directory, segment: Segment) -> bytes:
    reader = SegmentReader(log, segment)
    plain = b"".join(reader.pieces())
    reader.close()
    return plain


@FORMS
def test_it_takes_the_place(log: Directory, is_compressed: bool) -> None:
    """Also of an unchangeable one; nothing else stays behind, and nobody may write it."""
    segment = Segment(7, is_compressed)
    for plain in (b"first\n", b"second\n"):
        put(log, segment, [plain])
        assert content(log, segment) == plain
        assert log.names() == [segment.name]
        assert stat.S_IMODE((log.path / segment.name).stat().st_mode) == 0o440


def test_it_is_as_unchangeable_as_the_writers(log: Directory) -> None:
    """Where the file system can keep it so."""
    path = log.path / "reference"
    path.touch()
    with path.open("rb") as file:
        make_immutable(file.fileno())
    put(log, Segment(7, False), [b"first\n"])
    assert can_be_removed(log.path / Segment(7, False).name) is can_be_removed(path)


def can_be_removed(path: Path) -> bool:
    """Tries it."""
    try:
        path.unlink()
    except PermissionError:
        return False
    return True


@FORMS
def test_what_does_not_come_back_is_not_taken(
    log: Directory, is_compressed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that changes a byte: the old file stays, the new one goes."""
    segment = Segment(7, is_compressed)
    put(log, segment, [b"first\n"])
    monkeypatch.setattr(os, "fsync", damage)
    with pytest.raises((BadLog, ValueError)):
        put(log, segment, [b"second\n"])
    assert content(log, segment) == b"first\n"
    assert log.names() == [segment.name]


def damage(fd: int) -> None:
    """A sync that loses the first byte."""
    os.pwrite(fd, b"S", 0)


def test_a_failure_on_the_way_leaves_nothing(log: Directory) -> None:
    """What gives the bytes can fail too."""

    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise OSError

    with pytest.raises(OSError):
        put(log, Segment(7, False), pieces())
    assert log.names() == []


def test_a_closed_file_can_be_discarded(log: Directory) -> None:
    """Though it is unchangeable."""
    put(log, Segment(7, False), [b"line\n"])
    discard(log, Segment(7, False).name)
    assert log.names() == []


def test_tidying_ends_what_a_crash_left(log: Directory) -> None:
    """Half-written files go; closed segments become read-only; the one being written doesn't."""
    for name in ("000000000000.jsonl", "000000000007.jsonl.zst.tmp", "000000000007.jsonl"):
        (log.path / name).write_bytes(b"x")
    tidy(log)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) & 0o222 for p in log.path.iterdir()}
    assert modes == {"000000000000.jsonl": 0, "000000000007.jsonl": 0o200}
