"""tracer.store.rows"""

from __future__ import annotations

import pytest

from tracer.store import rows as module
from tracer.store.rows import IDLE_US, Output, Rows

SECOND_US = 1_000_000


def output(sequence: int, text: str, offset: int, *, pane: int = 1, second: int = 0) -> Output:
    device = (136, pane)
    return Output(sequence, second * SECOND_US, "boot", device, pane, offset, len(text), 80, text)


def test_a_row_belongs_to_the_record_that_finishes_it() -> None:
    """Echo that comes letter by letter is one row, of the record with its end; each terminal has
    its own."""
    rows = Rows()
    assert rows.feed(output(1, "he", 0)) == []
    assert rows.feed(output(2, "other", 0, pane=2)) == []
    assert rows.feed(output(3, "llo\r\n$ ", 2)) == ["hello"]
    rows.flush()
    assert rows.late() == [(2, "other"), (3, "$")]


def test_an_unfinished_row_is_given_once_and_may_grow() -> None:
    """When nothing was drawn in it for a while; and again, whole, when it is finished."""
    rows = Rows()
    rows.feed(output(1, "password: ", 0, second=10))
    rows.tick(10 * SECOND_US + IDLE_US - 1)
    assert rows.late() == []
    for second in (16, 30):
        rows.tick(second * SECOND_US)
    rows.flush()
    assert rows.late() == [(1, "password:")]
    assert rows.feed(output(2, "no\r\n", 10, second=40)) == ["password: no"]


def test_a_pane_that_closes_and_bytes_that_are_missing_end_a_row() -> None:
    """What comes then is not its end."""
    rows = Rows()
    rows.feed(output(1, "one", 0))
    rows.close_pane("boot", 1)
    rows.feed(output(2, "two", 0))
    assert rows.feed(output(3, "three\n", 99)) == ["three"]
    assert rows.late() == [(1, "one"), (2, "two")]


def test_more_terminals_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one drawn in longest ago goes; what stood there is given."""
    monkeypatch.setattr(module, "TERMINALS", 2)
    rows = Rows()
    for pane in (1, 2, 3):
        rows.feed(output(pane, f"pane{pane}", 0, pane=pane))
    assert rows.late() == [(1, "pane1")]
    assert rows.feed(output(9, " on\n", 5, pane=3)) == ["pane3 on"]


def test_it_goes_on_from_what_was_kept() -> None:
    """Only what changed has to be kept; a terminal that is gone is said to be."""
    rows = Rows()
    rows.feed(output(1, "he", 0))
    rows.feed(output(2, "x", 0, pane=2))
    kept = dict(rows.changes())
    rows.close_pane("boot", 2)
    changed = dict(rows.changes())
    assert list(changed.values()) == [None]
    kept |= changed
    again = Rows.from_states(state for state in kept.values() if state)
    assert again.feed(output(3, "y\n", 2)) == ["hey"]
