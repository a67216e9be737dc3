"""Anchors: found in files as people keep them, and held against a log."""

from __future__ import annotations

import pytest

from tracer.seal.anchor import Anchor, AnchorCheck, parse_anchors
from tracer.seal.note import Head, Signer
from tracer.seal.report import Problems, Verdict

ORIGIN = "ttytrace/0123456789abcdef"
SIGNER, WITNESS = Signer(ORIGIN, bytes(32)), Signer("witness.example", bytes(31) + b"1")


def head(size: int, fill: int = 0) -> Head:
    return Head(size, bytes([fill]) * 32)


def note(size: int) -> str:
    return SIGNER.sign(head(size).text(ORIGIN))


def cosigned(size: int) -> str:
    return note(size) + WITNESS.sign(head(size).text(ORIGIN)).rpartition("\n\n")[2]


@pytest.mark.parametrize(
    "text",
    [
        note(7) + note(9),
        note(7) + "\n\n" + note(9) + "\n",
        cosigned(7) + cosigned(9),
        (note(7) + note(9)).replace("\n", "\r\n"),
        (note(7) + note(9)).rstrip("\n"),
    ],
    ids=["behind each other", "blank lines", "cosigned", "crlf", "no last newline"],
)
def test_a_file_of_anchors(text: str) -> None:
    """However they were put together."""
    assert parse_anchors(text) == [Anchor(ORIGIN, head(7)), Anchor(ORIGIN, head(9))]


@pytest.mark.parametrize(
    "text",
    ["", "hello", note(7) + "hello", "hello\n" + note(7), note(7)[:30], head(7).text(ORIGIN)],
    ids=["empty", "none", "more behind", "more before", "half", "not signed"],
)
def test_what_is_no_anchor_is_refused(text: str) -> None:
    """Nothing that was given to be checked is passed over."""
    with pytest.raises(ValueError, match="checkpoint"):
        parse_anchors(text)


def check(*heads: Head) -> tuple[AnchorCheck, Problems]:
    problems = Problems()
    return AnchorCheck([Anchor(ORIGIN, one) for one in heads], problems), problems


def verdicts(problems: Problems) -> list[Verdict]:
    return [found.verdict for found in problems]


def test_anchors_that_the_log_meets() -> None:
    """In the order of their sizes; the largest one counts."""
    anchors, problems = check(head(9), head(5), head(5))
    assert anchors.next_size == 5
    anchors.meet(head(5))
    assert anchors.next_size == 9
    anchors.meet(head(9))
    anchors.end(head(12))
    assert (anchors.until, anchors.next_size, verdicts(problems)) == (9, None, [])


def test_an_anchor_of_another_history() -> None:
    """Both heads are told."""
    anchors, problems = check(head(5))
    anchors.meet(head(5, 1))
    assert anchors.until == 0
    (found,) = problems
    assert found.verdict is Verdict.ROLLBACK
    assert found.detail.count("5 ") == 2


def test_an_anchor_that_the_log_does_not_reach() -> None:
    """The log was longer once."""
    anchors, problems = check(head(5))
    anchors.end(head(4))
    assert verdicts(problems) == [Verdict.ROLLBACK]


def test_anchors_that_differ() -> None:
    """Two heads of one size, of which at most one can be right."""
    anchors, problems = check(head(5), head(5, 1))
    anchors.meet(head(5))
    assert verdicts(problems) == [Verdict.ROLLBACK, Verdict.ROLLBACK]


def test_an_anchor_of_what_was_removed() -> None:
    """Is told, not passed over; one at the edge can be checked."""
    anchors, problems = check(head(5), head(6))
    anchors.begin(6)
    assert verdicts(problems) == [Verdict.INCOMPLETE]
    anchors.meet(head(6))
    assert anchors.until == 6
