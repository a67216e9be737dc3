"""Requests are made as they are understood."""

from __future__ import annotations

import pytest

from tests.keeping import Kept
from tracer.store.errands import erase_request, errand, read_request


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
