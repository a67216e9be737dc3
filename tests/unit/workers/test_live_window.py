"""tracer.workers.live_window"""

from __future__ import annotations

import tracemalloc

from tests.samples import EXEC, HOST, OUTPUT, PTS, FixedClock, names
from tracer.codec.ecs import Encoder
from tracer.model.selection import Selection
from tracer.store.follow import Line
from tracer.workers.live_request import View
from tracer.workers.live_window import Window

EVENT = Encoder(HOST, names, FixedClock()).to_json(EXEC).rstrip()
SHOWN = Encoder(HOST, names, FixedClock()).to_json(OUTPUT).rstrip()
VIEW = View(Selection(), None, False)


def lines(start: int, end: int, data: bytes = EVENT) -> list[Line]:
    return [Line(nth, data) for nth in range(start, end)]


def test_it_has_what_came_last() -> None:
    """So many bytes and what was added last; a cursor finds its place in them."""
    window = Window(100_000, 10)
    assert (window.start, window.end, window.at(10)) == (10, 10, None)
    for start in range(10, 1010, 100):
        window.add(lines(start, start + 100))
    assert window.end == 1010
    assert 100 < window.end - window.start <= 100 + 100_000 // len(EVENT)
    sequence, text = window.start + 1, b""
    while (batch := window.at(sequence)) is not None:
        text += batch.text(VIEW, sequence, frozenset()).text
        sequence = batch.end
    assert text == (EVENT + b"\n") * (1010 - window.start - 1)


def test_a_hole_is_passed_over() -> None:
    """What retention removed is nowhere; the next batch is what follows."""
    window = Window(1 << 20, 0)
    window.add(lines(0, 5))
    window.add(lines(50, 55))
    batch = window.at(5)
    assert batch is not None and batch.first == 50


def test_where_the_log_goes_back_it_begins_anew() -> None:
    """What was behind that place is no record."""
    window = Window(1 << 20, 0)
    window.add(lines(0, 50))
    window.add(lines(20, 22))
    assert (window.start, window.end) == (20, 22)


def test_views_of_one_batch() -> None:
    """Each is made once and kept for the next client, and forgotten when there are many; what is
    shown depends on who watches."""
    window = Window(1 << 20, 0)
    window.add(lines(0, 2, SHOWN))
    batch = window.at(0)
    assert batch is not None
    text = batch.text(VIEW, 0, frozenset())
    assert batch.text(VIEW, 0, frozenset({PTS})) is text
    watching = VIEW._replace(is_on_terminal=True)
    assert batch.text(watching, 0, frozenset({PTS})) == (b"", {PTS})
    for uid in range(10):
        batch.text(View(Selection(uid=uid), None, False), 0, frozenset())
    assert len(batch._texts) == 4
    window.add(lines(2, 3))
    assert batch.text(VIEW, 1, frozenset()) == (SHOWN + b"\n", frozenset())


def test_what_is_not_new_is_held_as_lines() -> None:
    """However much comes at once: what was parsed of it takes many times as much memory. Here are
    the lines, which are one object, and the text of each batch."""
    most = 1 << 20
    window, count = Window(most, 0), (1 << 18) // len(EVENT)
    tracemalloc.start()
    try:
        for start in range(0, 10 * count, count):
            window.add(lines(start, start + count))
            sequence = start
            while (batch := window.at(sequence)) is not None:
                batch.text(VIEW, sequence, frozenset())
                sequence = batch.end
        window.add(lines(10 * count, 10 * count + 1))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < held < 2 * most
