"""The lines of a segment, plain and compressed: the same ones, from any of them on."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.store.test_seekable import pack
from tracer.codec.log import MAX_LINE_BYTES
from tracer.errors import BadLog
from tracer.store.directory import Directory
from tracer.store.seekable import FRAME_BYTES
from tracer.store.segments import Segment, SegmentReader, read_line, segments_in

LINES = [b"%d %s" % (n, b"x" * (n * 37 % 1500)) for n in range(900)] + [b"y" * (MAX_LINE_BYTES - 1)]
PLAIN = b"".join(line + b"\n" for line in LINES)
TAIL = b'{"torn'

FORMS = pytest.mark.parametrize("is_compressed", [False, True])


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Directory]:
    directory = Directory(tmp_path)
    yield directory
    directory.close()


def segment_of(log: Directory, content: bytes, is_compressed: bool) -> Segment:
    """A segment with that content, in that form."""
    segment = Segment(0, is_compressed)
    if is_compressed:
        pack(log.path / segment.name, content)
    else:
        (log.path / segment.name).write_bytes(content)
    return segment


def lines_of(log: Directory, segment: Segment, offset: int = 0) -> tuple[list[bytes], bytes]:
    """All lines from there on, and what follows them."""
    reader = SegmentReader(log, segment)
    lines = [line for block in reader.blocks(offset) for line in block]
    tail = b"".join(reader.tail)
    reader.close()
    return lines, tail


@FORMS
def test_all_lines_come(log: Directory, is_compressed: bool) -> None:
    """Also the longest that a record may be; bytes behind the last newline are the tail."""
    segment = segment_of(log, PLAIN + TAIL, is_compressed)
    assert lines_of(log, segment) == (LINES, TAIL)


@FORMS
def test_an_empty_segment_has_no_lines(log: Directory, is_compressed: bool) -> None:
    """A crash right after it was created leaves one."""
    assert lines_of(log, segment_of(log, b"", is_compressed)) == ([], b"")


@FORMS
def test_a_line_is_found_by_its_offset(log: Directory, is_compressed: bool) -> None:
    """Each of them, alone, and all from there on."""
    segment = segment_of(log, PLAIN, is_compressed)
    offset = 0
    for nth, line in enumerate(LINES):
        assert read_line(log, segment, offset) == line
        if nth % 100 == 0:
            assert lines_of(log, segment, offset) == (LINES[nth:], b"")
        offset += len(line) + 1


@FORMS
@pytest.mark.parametrize("offset", [-1, len(PLAIN), len(PLAIN) + 1, 1 << 40, 1 << 80])
def test_no_line_begins_elsewhere(log: Directory, is_compressed: bool, offset: int) -> None:
    """Before the first, in what is torn, behind the end."""
    segment = segment_of(log, PLAIN + TAIL, is_compressed)
    with pytest.raises(ValueError, match="no line begins here"):
        read_line(log, segment, offset)


@FORMS
def test_a_line_that_is_too_long_is_none(log: Directory, is_compressed: bool) -> None:
    """One byte more than any record has, wherever it stands: nor is anything behind it."""
    long = b"z" * MAX_LINE_BYTES
    for tail in (long, long + b"\n", long + b"\n" + PLAIN):
        assert lines_of(log, segment_of(log, tail, is_compressed)) == ([], tail)
        assert lines_of(log, segment_of(log, PLAIN + tail, is_compressed)) == (LINES, tail)


@FORMS
def test_a_line_without_end_needs_no_memory(log: Directory, is_compressed: bool) -> None:
    """2 GB without a newline: no more of it is read than a line can have."""
    segment = Segment(0, is_compressed)
    path = log.path / segment.name
    if is_compressed:
        pack(path, bytes(64 * FRAME_BYTES))
    else:
        with path.open("wb") as file:
            file.truncate(2 << 30)
    tracemalloc.start()
    reader = SegmentReader(log, segment)
    assert not any(reader.blocks())
    reader.close()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * MAX_LINE_BYTES


def test_a_segment_without_end_is_refused(log: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a segment can be long, though each line is fine."""
    monkeypatch.setattr("tracer.store.segments.MAX_FRAMES", 2)
    exact = (b"x" * 63 + b"\n") * (2 * FRAME_BYTES // 64)
    assert len(lines_of(log, segment_of(log, exact, False))[0]) == len(exact) // 64
    with pytest.raises(ValueError, match="the segment is longer"):
        lines_of(log, segment_of(log, exact + b"x\n", False))


def test_what_is_damaged_is_said(log: Directory) -> None:
    """Not when it is opened, but when it is read."""
    segment = segment_of(log, PLAIN, is_compressed=True)
    path = log.path / segment.name
    path.write_bytes(path.read_bytes()[:-1])
    reader = SegmentReader(log, segment)
    with pytest.raises(ValueError, match="cut off"):
        next(reader.blocks())
    reader.close()


def test_a_link_is_no_segment(log: Directory, tmp_path: Path) -> None:
    """Neither a symbolic one nor a second name."""
    segment_of(log, PLAIN, is_compressed=False)
    (tmp_path / Segment(1, False).name).symlink_to(tmp_path / Segment(0, False).name)
    with pytest.raises(BadLog):
        SegmentReader(log, Segment(1, False))
    (tmp_path / Segment(2, False).name).hardlink_to(tmp_path / Segment(0, False).name)
    with pytest.raises(BadLog, match="one name"):
        SegmentReader(log, Segment(0, False))


def test_what_is_compressed_meanwhile_is_found(log: Directory) -> None:
    """Between a look into the directory and this; what is removed meanwhile is said to be gone."""
    segment_of(log, PLAIN, is_compressed=True)
    assert lines_of(log, Segment(0, False)) == (LINES, b"")
    with pytest.raises(BadLog, match="gone"):
        SegmentReader(log, Segment(1, False))


def test_segments_are_found_in_order(log: Directory, tmp_path: Path) -> None:
    """By number, once each; what has another name is none."""
    names = ["000000000000.jsonl", "000000000000.jsonl.zst", "000000000900.jsonl.zst"]
    names += ["1000000000000.jsonl", "000000000901.jsonl.zst.tmp", "epochs.jsonl", "1.jsonl"]
    names += ["0000000000000.jsonl", "0000000000950.jsonl"]
    for name in names:
        (tmp_path / name).touch()
    found = segments_in(log)
    assert found == [Segment(0, False), Segment(900, True), Segment(10**12, False)]
    assert [segment.name for segment in found] == [names[0], names[2], names[3]]
