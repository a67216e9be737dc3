"""Rows come up as panes show them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.samples import CAPTURE, CAPTURED, LOST, OUTPUT, PLACE, PTS, RESIZED, SCREEN, SEAT
from tests.viewed import record
from tracer.detect.shown import CELLS, Shown
from tracer.model.events import Tty


def shows(data: bytes, **fields: Any) -> dict[str, Any]:
    """A pane shows this."""
    return record(OUTPUT._replace(data=data, **fields))


def rows(*records: dict[str, Any]) -> list[list[str]]:
    """What comes up with each; what is unfinished ends in an ellipsis."""
    shown = Shown()
    return [fed(shown, each) for each in records]


def fed(shown: Shown, event: dict[str, Any]) -> list[str]:
    """What comes up with this."""
    return [text if is_finished else f"{text}…" for text, is_finished in shown.feed(event)]


def test_a_row_comes_up_with_the_record_that_shows_it() -> None:
    """As it stands on the screen: without colours, and once."""
    first = shows(b"\x1b[31mone\x1b[m\r\ntwo\r\n")
    assert rows(first, shows(b"three\r\n"), shows(b"\x07")) == [["one", "two"], ["three"], []]


def test_the_cursors_row_comes_up_as_it_grows() -> None:
    """A prompt waits for no newline; it is finished when the cursor leaves it."""
    records = shows(b"$ "), shows(b"l"), shows(b"\x07"), shows(b"s"), shows(b"\r\n"), shows(b"a")
    assert rows(*records) == [["$…"], ["$ l…"], [], ["$ ls…"], ["$ ls"], ["a…"]]


def test_what_is_written_over_is_finished() -> None:
    """As progress is, when the next begins."""
    assert rows(shows(b"10 %"), shows(b"\r20 %"), shows(b"\x1b[1;1H30 %\r\n")) == [
        ["10 %…"],
        ["10 %", "20 %…"],
        ["20 %", "30 %"],
    ]


def test_rows_that_wrap_are_one() -> None:
    """At the size that the pane has, by its resizes or else by its outputs."""
    resized = record(RESIZED._replace(rows=24, columns=10))
    assert rows(shows(b"x" * 15 + b"\r\n")) == [["x" * 15]]
    below = shows(b"x" * 15 + b"\x1b[2;1Hy")
    assert rows(shows(b""), resized, below)[2] == ["x" * 10 + "yxxxx…"]
    narrow = shows(b"", columns=10)
    assert rows(shows(b""), narrow, shows(b"x" * 15 + b"\x1b[2;1Hy", columns=10))[2] == [
        "x" * 10 + "yxxxx…"
    ]


def test_a_picture_is_what_stands_there() -> None:
    """It brings nothing up, and what follows is drawn over it."""
    text = b"top\nsecond\n" + b"\n" * 22
    captured = record(CAPTURED._replace(capture=CAPTURE._replace(text=text)))
    assert rows(shows(b"x"), captured, shows(b"\x1b[1;4H!")) == [["x…"], [], ["top!…"]]


def test_the_same_row_again_is_another_behind_a_picture() -> None:
    """Nobody knows what was between."""
    captured = record(CAPTURED._replace(capture=CAPTURE._replace(text=b"\n" * 24)))
    assert rows(shows(b"x"), captured, shows(b"\x1b[Hx")) == [["x…"], [], ["x…"]]


def test_another_pane_begins_empty() -> None:
    """One that has the numbers of one that is gone; another terminal; another server."""
    other = PLACE._replace(pane_pid=4242)
    assert rows(shows(b"a"), shows(b"b", place=other)) == [["a…"], ["b…"]]
    assert rows(shows(b"a"), shows(b"b", tty=Tty(136, 4)), shows(b"c")) == [["a…"], ["b…"], ["ac…"]]


def test_a_pane_that_is_gone_leaves_nothing() -> None:
    """Whoever has its numbers next."""
    shown = Shown()
    shown.feed(shows(b"a"))
    shown.close(record(OUTPUT))
    assert fed(shown, shows(b"b")) == ["b…"]


def test_only_so_many_cells_are_known() -> None:
    """The pane that was drawn on longest ago makes room, and begins anew."""
    size = {"columns": 256, "rows": 256}
    panes = [Tty(136, number) for number in range(CELLS // (256 * 256) + 1)]
    shown = Shown()
    for tty in panes:
        shown.feed(shows(b"a", tty=tty, **size))
    assert fed(shown, shows(b"b", tty=panes[-1], **size)) == ["ab…"]
    assert fed(shown, shows(b"b", tty=panes[0], **size)) == ["b…"]


def test_clients_take_no_room() -> None:
    """Sizes of theirs are told as those of panes are."""
    shown = Shown()
    shown.feed(shows(b"a"))
    for number in range(CELLS // (256 * 256) + 1):
        tty = Tty(136, number + 50)
        shown.feed(record(RESIZED._replace(place=SEAT, tty=tty, rows=256, columns=256)))
    assert fed(shown, shows(b"b")) == ["ab…"]


def test_what_clients_show_is_not_looked_at() -> None:
    """It is what panes show, once more; losses draw nothing."""
    assert rows(record(SCREEN), record(LOST)) == [[], []]


@pytest.mark.parametrize("part", ["event", "process", "ttytrace", "tmux", "host"])
@pytest.mark.parametrize("value", [None, 3, "x", [], {}])
def test_what_is_no_record_draws_nothing(part: str, value: object) -> None:
    """Whatever stands where something else should."""
    assert rows(shows(b"x") | {part: value}) == [[]]


def test_a_picture_that_is_none_draws_nothing() -> None:
    """A hostile server can say anything."""
    event = record(CAPTURED)
    event["tmux"]["capture"]["tabs"] = "x"
    assert rows(event, shows(b"x", tty=PTS)) == [[], ["x…"]]
