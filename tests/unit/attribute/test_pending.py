"""Reads that wait for their writes."""

from __future__ import annotations

from tests.unit.attribute.parts import read, write
from tracer.attribute.pending import WIDE_BYTES, Piece


def test_reads_that_make_one_key() -> None:
    """A piece of the last has the joined ones before it, and no more."""
    first = read("A", b"\x1b", 1)
    second = read("A", b"[", 2, first)
    last = read("A", b"A", 3, second)
    assert first.is_unfinished
    assert not last.is_unfinished
    assert last.chain() == [first, second, last]
    assert Piece(1, last).reads() == [last]
    assert Piece(3, last, joined=2).reads() == [first, second, last]
    assert Piece(7).reads() == []


def test_a_wide_write() -> None:
    """So long that more may follow."""
    assert write(b"x" * WIDE_BYTES, 1).is_wide
    assert not write(b"x" * (WIDE_BYTES - 1), 1).is_wide
