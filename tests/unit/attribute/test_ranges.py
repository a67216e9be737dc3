"""Whose each byte is, by one explanation and by several."""

from __future__ import annotations

from tests.unit.attribute.parts import read
from tests.unit.attribute.play import described, keystroke
from tracer.attribute.pending import Piece
from tracer.attribute.ranges import agreed, joined, ranges_of, unknown

A, B = read("A", b"aa", 1), read("B", b"bb", 2)


def test_pieces_become_ranges() -> None:
    """Keys, copies, answers and what a process may have asked for."""
    pieces = Piece(2, A), Piece(2, B, is_copy=True), Piece(3), Piece(1, is_asked=True)
    assert [described(each) for each in ranges_of(pieces, False)] == [
        keystroke("A", 2), "2 B sync-panes exact", "3 ? terminal-reply none", "1 ? unknown none",
    ]  # fmt: skip


def test_withheld_bytes_are_likely_at_best() -> None:
    """They could not be compared."""
    assert [described(each) for each in ranges_of([Piece(2, A)], True)] == ["2 A keystroke likely"]


def test_a_paste_that_is_cut() -> None:
    """Each piece says what it is of."""
    paste = read("A", b"x\x1b[200~y\x1b[201~z", 1)
    pieces = Piece(4, paste), Piece(11, paste, 4)
    assert [described(each) for each in ranges_of(pieces, False)] == [
        keystroke("A"), "3 A paste exact", "10 A paste exact", keystroke("A"),
    ]  # fmt: skip


def test_where_explanations_differ_nobody_is_named() -> None:
    """The bytes on which they agree keep the name."""
    one = ranges_of([Piece(2, A), Piece(2, B)], False)
    other = ranges_of([Piece(1, A), Piece(1, B), Piece(2, B)], False)
    assert [described(each) for each in agreed([one, other])] == [
        keystroke("A"), "1 ? unknown none", keystroke("B", 2),
    ]  # fmt: skip
    assert agreed([one, one]) == tuple(one)


def test_neighbours_that_are_equal_become_one() -> None:
    """Only the size grows."""
    assert joined([unknown(1, "why"), unknown(2, "why"), unknown(1, "else")]) == (
        unknown(3, "why"), unknown(1, "else"),
    )  # fmt: skip
