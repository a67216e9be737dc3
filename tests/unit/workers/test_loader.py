"""The loader's side of the door."""

from __future__ import annotations

import pytest

from tracer.errors import NoPlan
from tracer.workers import loader
from tracer.workers.door import Door, pair

WANTED = {"input": True, "clients": True}
ASKED = {"plan": None, "rings": {"critical_pages": 2, "bulk_pages": 2}, "wanted": WANTED}


def answer_of(monkeypatch: pytest.MonkeyPatch, error: Exception) -> dict[str, object]:
    """What it says when attaching raises this."""

    def fail(_asked: object) -> None:
        raise error

    monkeypatch.setattr(loader, "attach", fail)
    ours, theirs = pair()
    worker = Door(theirs)
    loader.answer(ASKED, worker)
    message = ours.receive()
    assert message is not None
    for door in (ours, worker):
        door.close()
    return message.fields


def test_an_error_goes_over_with_its_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    """By name; what a fact is beside text doesn't matter any more."""
    said = answer_of(monkeypatch, NoPlan(reason=OSError("no such thing")))
    assert said == {"error": "NoPlan", "facts": {"reason": "no such thing"}}


def test_a_bug_goes_over_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sees its traceback."""
    said = answer_of(monkeypatch, ZeroDivisionError("division by zero"))
    reason = "met ZeroDivisionError: division by zero"
    assert said == {"error": "LoaderFailed", "facts": {"reason": reason}}
