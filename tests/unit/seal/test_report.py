"""Verdicts and their order, and reports that stay small."""

from __future__ import annotations

import pytest

from tracer.seal.note import Head
from tracer.seal.report import HASHES, Layer, Problem, Problems, Report, Verdict


def report(*problems: Problem, layers: tuple[Layer, ...] = ()) -> Report:
    return Report("ttytrace/x", 3, Head(9, bytes(32)), layers, None, problems, True)


@pytest.mark.parametrize(
    ("verdict", "code"),
    [("OK", 0), ("TAMPERED", 1), ("ROLLBACK", 1), ("INCOMPLETE", 3), ("UNVERIFIABLE", 4)],
)
def test_exit_codes(verdict: str, code: int) -> None:
    """Scripts rely on them; only OK is 0."""
    assert Verdict(verdict).exit_code == code


def test_the_worst_is_the_verdict() -> None:
    """In whatever order they were found."""
    order = [Verdict.OK, Verdict.INCOMPLETE, Verdict.UNVERIFIABLE, Verdict.ROLLBACK]
    assert report().verdict is Verdict.OK
    for nth, verdict in enumerate(order, 1):
        assert report(*(Problem(v, "x") for v in order[:nth])).verdict is verdict
        assert report(*(Problem(v, "x") for v in reversed(order[:nth]))).verdict is verdict
        assert report(Problem(Verdict.TAMPERED, "x"), Problem(verdict, "y")).verdict == "TAMPERED"


def test_problems_of_a_kind_are_counted() -> None:
    """Of a million, the first is shown; the worst kind comes first."""
    problems = Problems()
    for nth in range(1000):
        problems.add(Problem(Verdict.INCOMPLETE, "lost", f"{nth}", nth))
    problems.add(Problem(Verdict.TAMPERED, "cut"))
    cut, lost = problems
    assert cut == Problem(Verdict.TAMPERED, "cut")
    assert lost == Problem(Verdict.INCOMPLETE, "lost", "0", 0, times=1000)


def test_what_is_vouched_for() -> None:
    """By anything from outside; that the log agrees with itself is not enough."""
    assert report(layers=(Layer(HASHES, 9),)).vouched == 3
    assert report(layers=(Layer("mac", 8), Layer("signatures", 7), Layer(HASHES, 9))).vouched == 8


def test_the_first_bad_record() -> None:
    """Is that of what was tampered with."""
    assert report(Problem(Verdict.INCOMPLETE, "x", record=2)).first_bad is None
    assert report(Problem(Verdict.TAMPERED, "x", record=5)).first_bad == 5
