"""Requests are made as they are understood."""

from __future__ import annotations

import pytest

from tests.keeping import Kept
from tracer.codec.identity import Fields
from tracer.store.errands import Watched, erase_request, errand, read_request


@pytest.mark.parametrize("text", ["", "x" * 9000, "caf\xe9 \udcff", '"'])
def test_what_is_asked_is_understood(kept: Kept, text: str) -> None:
    """However long or odd the words are."""
    place = kept.housekeeping._place  # one thread alone works on segments
    index = kept.append("text")
    kept.log.sync(kept.now)
    for asked in (read_request(text), erase_request(index, text)):
        task = errand(place, asked, {})
        kept.until(lambda task=task: not place.step(task, kept.log, kept.now))  # type: ignore[misc]
    ((_, read),), ((_, erase),) = kept.ours("read"), kept.ours("erase")
    shown = text[:4000].replace("\udcff", "\ufffd")
    assert (read["command"], erase["reason"], erase["index"]) == (shown, shown, index)


def test_what_is_watched_is_said(kept: Kept) -> None:
    """Which terminal, and which stretch of its time."""
    asked = read_request("ttytrace replay %3", Watched("work %3\udcff", 0, 1_500_000))
    task = errand(kept.housekeeping._place, asked, {"pid": 7})
    kept.until(lambda: not kept.housekeeping._place.step(task, kept.log, kept.now))
    ((_, read),) = kept.ours("read")
    stretch = {"from": "1970-01-01T00:00:00.000000Z", "to": "1970-01-01T00:00:01.500000Z"}
    assert read == {
        "command": "ttytrace replay %3",
        "by": {"pid": 7},
        "target": "work %3\ufffd",
        "range": stretch,
    }


@pytest.mark.parametrize(
    "what",
    [
        {"target": "x"},
        {"target": 1, "range": {"from": "", "to": ""}},
        {"target": "x", "range": {"from": "", "to": "x" * 5000}},
        {"target": "x", "range": {"from": "", "to": "", "more": ""}},
        {"target": "x", "range": {"from": "", "to": ""}, "by": {"pid": 1}},
    ],
)
def test_other_things_are_not_taken_into_a_record(kept: Kept, what: Fields) -> None:
    """A request is input."""
    with pytest.raises(ValueError, match="no such request"):
        next(errand(kept.housekeeping._place, {"read": "x"} | what, {}))
