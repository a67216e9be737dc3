"""From the log to a place: what comes when it fails, is slow, or was away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Event, Thread
from typing import Any

import pytest

from tests.patience import eventually
from tests.written import Written, note, output
from tracer.codec.identity import Fields
from tracer.settings import SinkKind, SinkSettings
from tracer.sinks import feed as module
from tracer.sinks.driver import Record
from tracer.sinks.feed import Feed
from tracer.store.directory import Directory
from tracer.store.follow import Follower
from tracer.store.log import Log


class Place:
    """A place that takes all, but for `room` more records only; and settles when it is told."""

    def __init__(self) -> None:
        self.got: list[int] = []
        self.room: int | None = None
        self.lagging: int | None = None
        self.opened = 0

    def open(self) -> Place:
        self.opened += 1
        if self.room == 0:
            raise ConnectionRefusedError(111, "Connection refused")
        return self

    def send(self, record: Record) -> None:
        if self.room == 0:
            raise BrokenPipeError(32, "Broken pipe")
        if self.room is not None:
            self.room -= 1
        self.got.append(record.event["number"])

    def flush(self) -> None:
        """At once."""

    def unsettled(self) -> int | None:
        return self.lagging

    def close(self) -> None:
        """It may be opened again."""


class Fed:
    """A log, a place, and the feed between them. Sequences: the first three are the log's own."""

    def __init__(self, written: Written, **settings: Any) -> None:
        self.written, self.place = written, Place()
        self.said: list[Fields] = []
        self.log: Log = written.open()
        self.log.sync(written.stamp(1))
        self.first = self.log.size
        self.settings = SinkSettings(SinkKind.STDOUT, "place", **settings)
        self.feed = self.new_feed(self.first)

    def new_feed(self, first: int) -> Feed:
        """One that begins there."""
        return Feed(self.settings, self.written.segments, first, self.place.open, self.said.append)

    def append(self, *events: Fields) -> None:
        """Puts these into the log."""
        self.log.append(list(events), self.written.stamp(1))
        assert self.log.sync(self.written.stamp(1))

    def turn(self) -> None:
        """Passes on all that is there."""
        segments = Directory(self.written.segments)
        self.feed._sent = self.feed.kept
        with closing(segments), closing(Follower(segments, self.feed.kept)) as follower:
            while not follower.is_at_end:
                self.feed.turn(follower, self.place)

    def states(self) -> list[str]:
        """What it said."""
        return [said["state"] for said in self.said]


@pytest.fixture
def make(written: Written) -> Iterator[Callable[..., Fed]]:
    made: list[Fed] = []

    def make(**settings: Any) -> Fed:
        made.append(Fed(written, **settings))
        return made[-1]

    yield make
    for fed in made:
        fed.log.close(written.stamp(1))


Make = Callable[..., Fed]


def test_output_and_forks_are_left_out(make: Make) -> None:
    """And what the log writes for itself."""
    fed = make()
    fork, screen, size = (
        note(2) | {"event": {"action": action}}
        for action in ("fork", "client_output", "terminal-resized")
    )
    fed.append(note(1), fork, screen, size, output(3, '"action":"exec"'), note(4))
    fed.turn()
    assert fed.place.got == [1, 4]
    assert fed.feed.kept == fed.log.size


def test_events_are_chosen(make: Make) -> None:
    """By their action."""
    fed = make(events=("text_output",))
    fed.append(note(1), output(2, "x"), note(3))
    fed.turn()
    assert fed.place.got == [2]


def test_a_line_is_as_in_the_log(make: Make) -> None:
    """To the byte."""
    fed, lines = make(), []
    fed.place.send = lambda record: lines.append(record.line)  # type: ignore[method-assign]
    fed.append(note(1))
    fed.turn()
    (segment,) = fed.written.segments.glob("*.jsonl")
    assert lines[0] in segment.read_bytes().splitlines(keepends=True)


def test_what_may_be_lost_comes_again(make: Make) -> None:
    """From the first that had not settled on."""
    fed = make()
    fed.append(note(1), note(2), note(3))
    fed.place.lagging = fed.first + 1
    fed.turn()
    assert fed.feed.kept == fed.first + 1
    fed.place.lagging = None
    fed.turn()
    assert fed.place.got == [1, 2, 3, 2, 3]


def test_what_was_taken_before_a_failure_does_not_come_again(make: Make) -> None:
    """It goes on with what failed."""
    fed = make()
    fed.append(note(1), note(2), note(3))
    fed.place.room = 2
    with pytest.raises(BrokenPipeError):
        fed.turn()
    fed.place.room = None
    fed.turn()
    assert fed.place.got == [1, 2, 3]


def test_records_that_retention_removed_are_told(make: Make) -> None:
    """From where to where."""
    fed = make()
    fed.append(note(1))
    fed.log.rotate(fed.written.stamp(1))
    before, after = sorted(fed.written.segments.glob("*.jsonl"))
    fed.written.remove()
    before.unlink()
    until = int(after.stem)
    fed.turn()
    (said,) = fed.said
    assert (said["state"], said["reason"]) == ("dropped", "removed")
    assert (said["first"], said["until"]) == (fed.first, until)
    assert said["records"] == until - fed.first == fed.feed.state()["dropped"]


def test_what_is_too_far_behind_is_left_out(make: Make) -> None:
    """And told; it goes on at the end."""
    fed = make(behind_mib=1)
    fed.append(*(output(n, "x" * 300_000) for n in range(4)), note(5))
    until = fed.log.size
    segments = Directory(fed.written.segments)
    with closing(segments), closing(Follower(segments, fed.first)) as follower:
        fed.feed._look(follower)
    (said,) = fed.said
    assert (said["reason"], said["first"], said["until"]) == ("behind", fed.first, until)


def test_what_it_had_before_a_failure_is_not_behind(make: Make) -> None:
    """However much it is, in the segment where it goes on."""
    fed = make(behind_mib=1)
    fed.append(*(output(n, "x" * 300_000) for n in range(4)))
    first = fed.log.size
    fed.append(note(5))
    fed.feed = fed.new_feed(first)
    segments = Directory(fed.written.segments)
    with closing(segments), closing(Follower(segments, first)) as follower:
        fed.feed._look(follower)
    assert fed.said == []
    assert 0 < fed.feed.state()["behind_bytes"] < 10_000
    fed.turn()
    assert fed.place.got == [5]


def test_one_failure_is_told_once_and_so_is_its_end(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is tried; then it gets all that it missed."""
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.01)
    fed = make()
    fed.place.room = 0
    Thread(target=fed.feed.run, daemon=True).start()
    fed.append(note(1), note(2))
    eventually(lambda: fed.place.opened > 3)
    assert fed.states() == ["failed"]
    assert fed.said[0]["reason"] == "Connection refused"
    state = fed.feed.state()
    assert (state["state"], state["reason"]) == ("failed", "Connection refused")
    fed.place.room = None
    eventually(lambda: fed.states() == ["failed", "recovered"])
    eventually(lambda: fed.place.got == [1, 2])
    assert fed.feed.state()["state"] == "working"
    stop(fed)


def test_a_place_that_settles_nothing_has_not_recovered(make: Make) -> None:
    """One that opens and takes nothing would say so each time."""
    fed = make()
    fed.feed._fail(TimeoutError("timed out"))
    fed.append(note(1))
    fed.place.lagging = fed.first
    fed.turn()
    assert fed.states() == ["failed"]
    fed.place.lagging = None
    fed.turn()
    assert fed.states() == ["failed", "recovered"]


def test_while_it_waits_it_knows_how_far_it_is_behind(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And leaves out what is too much."""
    monkeypatch.setattr(module, "_LOOK_S", 0.01)
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.1)
    fed = make(behind_mib=1)
    fed.place.room = 0
    Thread(target=fed.feed.run, daemon=True).start()
    fed.append(output(1, "x" * 300_000))
    eventually(lambda: fed.feed.state()["behind_bytes"] > 300_000)
    fed.append(*(output(n, "x" * 300_000) for n in range(4)))
    eventually(lambda: "dropped" in fed.states())
    fed.place.room = None
    fed.append(note(9))
    eventually(lambda: fed.place.got[-1:] == [9])  # output that came behind the drop may precede it
    stop(fed)


def stop(fed: Fed) -> None:
    """Its thread hangs for ever in the next record."""
    fed.place.send = lambda record: Event().wait()  # type: ignore[assignment, method-assign, return-value]
    fed.append(note(0))
