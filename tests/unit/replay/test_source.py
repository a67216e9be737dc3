"""tracer/replay/source.py"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracer.errors import BadRecording
from tracer.replay import source as subject
from tracer.replay.source import MAX_LINE, MAX_NS, Line, Source, damage, later, size_of, start_of


def made(path: Path, data: bytes) -> Source:
    (path / "file").write_bytes(data)
    return Source(path / "file")


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    """With where the next begins; the last may lack its newline."""
    source = made(tmp_path, b"a\n\nbc\nd")
    expected = [
        Line(b"a", True, 2), Line(b"", True, 3), Line(b"bc", True, 6), Line(b"d", False, 7),
    ]  # fmt: skip
    assert list(source.lines()) == expected
    assert list(source.lines(3)) == expected[2:]


def test_lines_go_over_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However they lie."""
    data = b"one\ntwo\n\nthree and more\nfour"
    for block in range(1, 9):
        monkeypatch.setattr(subject, "_BLOCK", block)
        assert [line.data for line in made(tmp_path, data).lines()] == data.split(b"\n")


@pytest.mark.parametrize("rest", [b"", b"\nnext\n"])
def test_a_long_line_is_cut(tmp_path: Path, rest: bytes) -> None:
    """Never more than that is held, and the next one is read as ever."""
    long, *others = made(tmp_path, b"x" * (3 * MAX_LINE + 5) + rest).lines()
    assert (len(long.data), long.is_whole) == (MAX_LINE, False)
    assert "over 4 MiB" in damage(0, 1, long).reason
    assert [line.data for line in others] == ([b"next"] if rest else [])


def test_a_line_of_just_that_size_is_whole(tmp_path: Path) -> None:
    """And one more byte is too much."""
    fits, over = made(tmp_path, b"x" * MAX_LINE + b"\n" + b"y" * (MAX_LINE + 1) + b"\n").lines()
    assert (fits.is_whole, over.is_whole, len(over.data)) == (True, False, MAX_LINE)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    """A FIFO that nobody writes to keeps nobody."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("fifo", ".", "none", "loop", "no\0name", "x" * 300):
        with pytest.raises(BadRecording):
            Source(tmp_path / name)
    with pytest.raises(BadRecording):
        Source(Path("/dev/zero"))


def test_a_file_that_is_too_big_is_refused(tmp_path: Path) -> None:
    """Before anything of it is read."""
    with (tmp_path / "big").open("wb") as file:
        file.truncate(subject.MAX_FILE + 1)
    with pytest.raises(BadRecording, match="over 4 GiB"):
        Source(tmp_path / "big")


def test_a_file_that_shrinks_ends_there(tmp_path: Path) -> None:
    """What it was when it was opened is no promise."""
    source = made(tmp_path, b"a\nb\n")
    (tmp_path / "file").write_bytes(b"a\n")
    assert [line.data for line in source.lines()] == [b"a"]


def test_times_only_go_on() -> None:
    """Whether they are counted from the beginning, or from one another."""
    assert later(5, 1.5, is_interval=False) == 1_500_000_000
    assert later(2_000_000_000, 1.5, is_interval=False) == 2_000_000_000
    assert later(5, 1, is_interval=True) == 1_000_000_005


@pytest.mark.parametrize(
    "seconds", [None, True, "1", [], -1, -0.1, float("nan"), float("inf"), 1e300, 10**400]
)
def test_what_is_no_time(seconds: object) -> None:
    """None that a recording can have."""
    with pytest.raises(ValueError):
        later(0, seconds, is_interval=False)


def test_times_do_not_add_up_beyond_the_limit() -> None:
    """However many intervals there are."""
    with pytest.raises(ValueError):
        later(MAX_NS, 1, is_interval=True)


@pytest.mark.parametrize("size", [(0, 1), (1, 0), (-1, 5), (10**9, 24), (80, 1001), ("80", 24)])
def test_what_is_no_size(size: tuple[object, object]) -> None:
    """Of no terminal that there is."""
    assert size_of(*size) is None
    assert size_of(80, 24) == (80, 24)


def test_what_is_no_date() -> None:
    """A recording of the year 10^9 has no date."""
    assert start_of(1_795_305_138.25) == 1_795_305_138_250_000_000
    assert [start_of(bad) for bad in (None, "x", True, 0, -5, 1e30, float("nan"))] == [None] * 7
