"""Which lines of a segment are records, and what may stand behind them."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tracer.model.sealed import End, Previous
from tracer.seal.segment import Span

NAME = "000000000010.jsonl"
BEHIND = b"left\nhalf"


def read(lines: list[bytes], tail: bytes = b"", until: int | None = 13) -> Span:
    span = Span(10, NAME, until)
    kept = span.records(lines, 10)
    span.end(10 + len(kept), [tail])
    return span


def torn(size: int = len(BEHIND), digest: str = sha256(BEHIND).hexdigest()) -> Previous:
    return Previous("000000000010", End.TORN, size, digest)


def test_records_end_where_the_next_segment_begins() -> None:
    """Over several blocks."""
    span = Span(10, NAME, 13)
    assert span.records([b"a", b"b"], 10) == [b"a", b"b"]
    assert span.records([b"c", b"left"], 12) == [b"c"]
    assert span.records([b"more"], 13) == []
    assert Span(10, NAME, None).records([b"a"] * 9, 10) == [b"a"] * 9


def test_missing_records() -> None:
    """Are named."""
    with pytest.raises(ValueError, match="records 12 to 12 are missing"):
        read([b"a", b"b"])


def test_what_is_left_is_as_declared() -> None:
    """All its bytes, whole lines or not."""
    read([b"a", b"b", b"c", b"left"], b"half").check(torn())
    read([b"a", b"b", b"c"]).check(Previous("000000000010", End.SEALED))


def test_the_last_segment_may_be_torn() -> None:
    """By what is no line yet; a whole line is none that a crash left."""
    assert read([b"a"], b"half", until=None).is_torn
    assert not read([b"a"], until=None).is_torn
    assert not read([b"a", b"b", b"c"], b"half").is_torn
    with pytest.raises(ValueError, match="longer"):
        read([b"a"], b"x\n", until=None)


@pytest.mark.parametrize(
    "previous",
    [
        None,
        torn()._replace(name="000000000011"),
        torn(size=3),
        torn(digest="0" * 64),
        Previous("000000000010", End.SEALED),
    ],
)
def test_what_is_left_is_not_as_declared(previous: Previous | None) -> None:
    """More, less, other, or of another segment."""
    with pytest.raises(ValueError):
        read([b"a", b"b", b"c", b"left"], b"half").check(previous)


def test_behind_an_io_error_nothing_is_known() -> None:
    """The disk may have any of it."""
    read([b"a", b"b", b"c", b"left"], b"half").check(Previous("000000000010", End.IO_ERROR, 3))
