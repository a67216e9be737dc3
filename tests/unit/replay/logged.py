"""A log with two panes of a session and a client, and a searcher over it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.samples import (
    ALICE,
    COMMANDED,
    ENDED,
    INJECTED,
    INPUT,
    LOST,
    NOW,
    OUTPUT,
    PLACE,
    SECOND,
)
from tests.stored import StoredLog
from tracer.model.context import Place
from tracer.model.events import Tty
from tracer.model.findings import ClientOutput, Finding, TextInput, TextOutput
from tracer.store.directory import Directory
from tracer.store.index import Index
from tracer.store.search import Searcher

OTHER = PLACE._replace(pane_id="%4", pane_pid=1001)
OTHER_PTS = Tty(136, 4)
CLIENT_PLACE = Place(PLACE.server, PLACE.socket, "$1", "work", verified=True, owner=1000)


def at(seconds: float) -> int:
    return NOW + round(seconds * SECOND)


def shown(seconds: float, data: bytes, offset: int, place: Place = PLACE) -> TextOutput:
    tty = OTHER_PTS if place is OTHER else OUTPUT.tty
    return OUTPUT._replace(
        time_ns=at(seconds), end_ns=at(seconds), data=data, offset=offset, place=place, tty=tty
    )


def typed(seconds: float, place: Place = PLACE) -> TextInput:
    tty = OTHER_PTS if place is OTHER else OUTPUT.tty
    return INPUT._replace(time_ns=at(seconds), end_ns=at(seconds), place=place, tty=tty)


def client(seconds: float, data: bytes, offset: int) -> ClientOutput:
    assert ALICE.tty is not None
    return ClientOutput(
        at(seconds), at(seconds), ALICE, CLIENT_PLACE, ALICE.tty, 25, 80, offset, data
    )


def happened() -> list[Finding]:
    """Ten seconds: in %3 `ls` is run and something is lost; then somebody types into %4."""
    return [
        shown(0, b"$ ", 0),
        client(0.5, b"status line", 0),
        typed(1),
        COMMANDED._replace(time_ns=at(2)),
        shown(2, b"ls\r\nhello world\r\n", 2),
        ENDED._replace(time_ns=at(3)),
        shown(3, b"other pane\r\n", 0, OTHER),
        LOST._replace(time_ns=at(4), offset=19, bytes=5),
        shown(4, b"$ after", 24),
        INJECTED._replace(time_ns=at(5)),
        client(5, b"more", 11),
        typed(6, OTHER),
        shown(6.5, b"typed", 12, OTHER),
        shown(8, b"the end", 31),
        shown(10, b"end of other", 17, OTHER),
    ]


def made(path: Path) -> StoredLog:
    log = StoredLog(path)
    log.segment(NOW - SECOND)
    log.log("start", NOW - SECOND)
    log.add(*happened())
    log.log("stop", at(11))
    return log


@contextmanager
def asking(log: StoredLog) -> Iterator[Searcher]:
    """All that it holds."""
    index = Index(Directory(log.path))
    try:
        index.catch_up(lambda sequence: None, flush=True)
        with closing(Searcher(index)) as searcher:
            yield searcher
    finally:
        index.close()
