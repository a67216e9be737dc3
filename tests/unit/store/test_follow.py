"""Following a log that grows, turns, is compressed and removed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.samples import EXEC, NOW, OUTPUT, SECOND, FixedClock
from tests.stored import StoredLog
from tracer.errors import BadLog
from tracer.model.sealed import End
from tracer.store import follow as module
from tracer.store.compress import compress
from tracer.store.directory import Directory
from tracer.store.follow import Follower, Line
from tracer.store.segments import segments_in


@pytest.fixture
def log(tmp_path: Path) -> StoredLog:
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    log.add(EXEC)
    return log


@pytest.fixture
def segments(log: StoredLog) -> Iterator[Directory]:
    opened = Directory(log.path / "log")
    yield opened
    opened.close()


def all_of(follower: Follower, max_bytes: int = 1 << 18) -> list[Line]:
    found = follower.take(max_bytes)
    while not follower.is_at_end:
        found += follower.take(max_bytes)
    return found


def numbered(log: StoredLog, start: int = 0) -> list[Line]:
    return [Line(nth, line) for nth, line in enumerate(log.lines)][start:]


@pytest.mark.parametrize("max_bytes", [1, 1 << 18])
def test_all_is_given_out_and_then_what_comes(
    log: StoredLog, segments: Directory, max_bytes: int
) -> None:
    """From a sequence on, each line once; then what is added; and nothing where nothing was."""
    follower = Follower(segments, 1)
    assert all_of(follower, max_bytes) == numbered(log, 1)
    assert follower.take() == []
    before = log.size
    log.add(EXEC, EXEC)
    assert all_of(follower, max_bytes) == numbered(log, before)
    assert follower.next == log.size


def test_only_what_is_sealed_is_given_out(log: StoredLog, segments: Directory) -> None:
    """A write is given out when its seal is there, and its last newline."""
    follower = Follower(segments, None)
    assert all_of(follower) == []
    before = log.size
    log.add(EXEC, sealed=False)
    assert all_of(follower) == []
    assert follower.next == before
    log.seal(NOW)
    assert all_of(follower) == numbered(log, before)


def test_a_half_line_waits(log: StoredLog, segments: Directory) -> None:
    """Whoever reads while it is written sees a line when it is whole."""
    follower = Follower(segments, None)
    all_of(follower)
    path = next((log.path / "log").iterdir())
    before = path.read_bytes()
    first = log.size
    log.add(EXEC)
    new = path.read_bytes()[len(before) :]
    for cut in (10, len(new) - 1):
        path.write_bytes(before + new[:cut])
        assert all_of(follower) == []
    path.write_bytes(before + new)
    assert all_of(follower) == numbered(log, first)


def test_it_goes_on_in_the_next_segment(log: StoredLog, segments: Directory) -> None:
    """What came before the turn is given out first, and then the next segment; each once."""
    follower = Follower(segments, 0)
    follower.take()
    log.add(EXEC)
    log.segment(NOW)
    log.add(EXEC)
    log.segment(NOW)
    log.add(EXEC)
    assert all_of(follower) == numbered(log, 3)


def test_segments_of_long_ago_are_all_read(log: StoredLog, segments: Directory) -> None:
    """Nothing has changed since they were listed, and there are more all the same."""
    for _ in range(3):
        log.segment(NOW)
        log.add(EXEC)
    os.utime(log.path / "log", (1, 1))
    assert all_of(Follower(segments, 0)) == numbered(log)


def test_it_finds_its_place_in_compressed_segments(log: StoredLog, segments: Directory) -> None:
    """A sequence in the middle of a compressed segment is found, and what follows."""
    log.add(*[EXEC] * 500)
    log.segment(NOW)
    log.add(EXEC)
    compress(segments, segments_in(segments)[0])
    follower = Follower(segments, 400)
    assert all_of(follower) == numbered(log, 400)


def test_compression_under_a_follower_changes_nothing(log: StoredLog, segments: Directory) -> None:
    """The file that it reads may be put away in the middle."""
    log.add(*[EXEC] * 500)
    log.segment(NOW)
    log.seal(NOW)
    follower = Follower(segments, 0)
    found = follower.take(1)
    compress(segments, segments_in(segments)[0])
    assert found + all_of(follower) == numbered(log)


def test_what_retention_removed_is_a_hole(log: StoredLog, segments: Directory) -> None:
    """Removed segments are left out; the sequence of what follows says how many records."""
    follower = Follower(segments, 0)
    assert len(all_of(follower)) == 3
    for _ in range(3):
        log.segment(NOW)
        log.add(EXEC)
    for name in segments.names()[:3]:
        segments.remove(name)
    first = segments_in(segments)[0].first
    assert all_of(follower) == numbered(log, first)
    assert all_of(Follower(segments, 1)) == numbered(log, first)


def test_a_segment_that_was_given_up_goes_back(log: StoredLog, segments: Directory) -> None:
    """After an I/O error the log goes on behind what was synced: the sequences go back."""
    follower = Follower(segments, 0)
    all_of(follower)
    before = log.size
    path = log.path / "log" / "000000000000.jsonl"
    kept = path.read_bytes()
    path.write_bytes(kept + b"".join(line + b"\n" for line in log.lines[1:]))
    assert [line.sequence for line in all_of(follower)] == [3, 4]
    log.segment(NOW, End.IO_ERROR)
    log.add(EXEC)
    assert all_of(follower) == numbered(log, before)
    assert follower.next == log.size


def test_a_log_that_lost_its_end_is_followed_from_what_came_then(
    log: StoredLog, segments: Directory
) -> None:
    """A position that the log hasn't reached: of a power cut, so the newest segment is all new."""
    log.segment(NOW)
    log.add(EXEC)
    found = all_of(Follower(segments, 1000))
    assert found == numbered(log, 3)


@pytest.mark.parametrize("is_compressed", [False, True])
def test_since_a_moment(log: StoredLog, segments: Directory, is_compressed: bool) -> None:
    """From the first write on that was sealed then, or later; whichever segment it is in."""
    starts = []
    for second in range(1, 5):
        log.segment(NOW + second * 100 * SECOND)
        for tenth in range(10):
            starts.append((second * 100 + tenth * 10, log.size))
            log.seal(NOW + (second * 100 + tenth * 10) * SECOND)
    if is_compressed:
        for segment in segments_in(segments)[:-1]:
            compress(segments, segment)
    wall_ns = FixedClock().at(NOW)
    for second, first in starts[1::7]:
        for asked in (second, second - 5):
            found = all_of(Follower.since(segments, wall_ns + asked * SECOND))
            assert found == numbered(log, first)
    assert all_of(Follower.since(segments, 0)) == numbered(log)
    follower = Follower.since(segments, wall_ns + 1000 * SECOND)
    assert all_of(follower) == []
    assert follower.next == log.size


def test_it_goes_on_where_it_was_closed(log: StoredLog, segments: Directory) -> None:
    """Its place is a number: what it held can be given back meanwhile."""
    follower = Follower(segments, 0)
    all_of(follower)
    follower.close()
    log.add(EXEC)
    assert all_of(follower) == numbered(log, 3)


def test_it_knows_how_far_it_is_behind(log: StoredLog, segments: Directory) -> None:
    """In bytes of lines, whether they are compressed or not; skipping makes it none."""
    log.add(*[EXEC] * 50)
    log.segment(NOW)
    log.add(EXEC)
    log.segment(NOW)
    log.seal(NOW)
    compress(segments, segments_in(segments)[1])
    follower = Follower(segments, 0)
    assert follower.behind_bytes() == sum(len(line) + 1 for line in log.lines)
    follower.skip_to_end()
    assert all_of(follower) == []
    assert follower.behind_bytes() == 0
    assert follower.next == log.size


@pytest.mark.parametrize("is_compressed", [False, True])
def test_what_is_before_its_beginning_is_not_behind(
    log: StoredLog, segments: Directory, monkeypatch: pytest.MonkeyPatch, is_compressed: bool
) -> None:
    """Of the segment that it begins in; before it has read any of it, and while it does."""
    monkeypatch.setattr(module, "READ_BYTES", 1000)  # some lines are longer
    log.add(*[EXEC] * 50)
    last, *_ = log.add(OUTPUT._replace(data=b"x" * 3000))
    if is_compressed:
        log.segment(NOW)
        compress(segments, segments_in(segments)[0])
    left = [sum(len(line) + 1 for line in log.lines[first:]) for first in range(log.size + 1)]
    for first in range(log.size + 1):
        with closing(Follower(segments, first)) as follower:
            assert follower.behind_bytes() == left[first]
    with closing(Follower(segments, last)) as follower:
        while not follower.take(1000):
            assert follower.behind_bytes() == left[last]


def test_a_log_without_a_segment_is_an_error(tmp_path: Path) -> None:
    """There is nothing to follow before a first run."""
    with pytest.raises(BadLog):
        Follower(Directory(tmp_path))
