"""The worker: order, pressure, time, errors, and the end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event, Thread, get_ident

import pytest

from tests.samples import EXEC, OUTPUT
from tracer.errors import BadLog
from tracer.model.findings import Finding
from tracer.sinks.worker import Worker

ENOUGH_S = 30.0


class Page:
    """A sink that notes what is done with it, and by which threads."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.threads: set[int] = set()
        self.ticked = Event()
        self.gate = Event()
        self.gate.set()

    def write(self, findings: list[Finding]) -> None:
        assert self.gate.wait(ENOUGH_S)
        self.note(findings)

    def note(self, what: object) -> None:
        self.threads.add(get_ident())
        self.done.append(what)

    def tick(self) -> None:
        self.threads.add(get_ident())
        self.ticked.set()

    def rest_s(self) -> float:
        return 0.01

    def close(self) -> None:
        self.note("closed")


def test_all_is_done_in_its_order_by_one_thread_and_then_closed() -> None:
    """Findings and other work share one queue; close() waits for all of it."""
    page = Page()
    worker = Worker(page)
    worker.write([EXEC])
    worker.do(partial(page.note, "a word"))
    worker.write([OUTPUT])
    worker.close()
    assert page.done == [[EXEC], "a word", [OUTPUT], "closed"]
    assert len(page.threads) == 1 and get_ident() not in page.threads


def test_nothing_comes_behind_the_last_work() -> None:
    """A log that was told to stop ends with that."""
    page = Page()
    worker = Worker(page)
    page.gate.clear()
    worker.write([EXEC])

    def last() -> None:
        page.ticked.clear()

    worker.do(last)
    page.gate.set()
    worker.close()
    assert not page.ticked.is_set()


def test_it_ticks_when_nothing_comes() -> None:
    """A log makes checkpoints happen what may."""
    page = Page()
    worker = Worker(page)
    for _ in range(3):
        page.ticked.clear()
        assert page.ticked.wait(ENOUGH_S)
    worker.close()


def test_who_gives_waits_while_the_queue_is_full() -> None:
    """The sink is behind, so the stream has to wait, and then all is there."""
    page = Page()
    page.gate.clear()
    worker = Worker(page, limit_bytes=len(OUTPUT.data) + 1)
    worker.write([OUTPUT])
    other = Thread(target=worker.write, args=([EXEC],))
    other.start()
    other.join(0.2)
    assert other.is_alive()
    assert worker.depth.turns == 1
    page.gate.set()
    other.join(ENOUGH_S)
    worker.close()
    assert page.done == [[OUTPUT], [EXEC], "closed"]
    assert worker.depth == (0, 0)


@pytest.mark.parametrize("call", [lambda w: w.write([]), lambda w: w.write([EXEC]), Worker.close])
def test_what_the_sink_raises_is_raised_by_every_call(call: Callable[[Worker], None]) -> None:
    """A record that can't be written ends the run."""

    def fail() -> None:
        raise BadLog(place="here", reason="it is no log")

    page = Page()
    worker = Worker(page)
    worker.do(fail)
    with pytest.raises(BadLog, match="it is no log"):
        worker.close()
    with pytest.raises(BadLog, match="it is no log"):
        call(worker)
    assert page.done == ["closed"]


def test_who_waits_for_room_hears_of_an_error() -> None:
    """Nobody would ever make room."""
    page = Page()
    worker = Worker(page, limit_bytes=1)
    heard: list[Exception] = []

    def fail() -> None:
        assert page.gate.wait(ENOUGH_S)
        raise OSError("the disk is gone")

    def give() -> None:
        try:
            worker.write([EXEC])
        except OSError as error:
            heard.append(error)

    page.gate.clear()
    worker.do(fail)
    other = Thread(target=give)
    other.start()
    page.gate.set()
    other.join(ENOUGH_S)
    assert [str(error) for error in heard] == ["the disk is gone"]
