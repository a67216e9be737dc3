"""The heart: when it beats, what it waits for, and that it notices when it stood still."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from tests.samples import SECOND
from tracer.service.heart import DUE_NS, PERIOD_NS, STALL_NS, Heart
from tracer.sinks.pulse import Beat, Pulse

TURN_NS = 10_000_000


class Bird:
    """A canary that counts."""

    def __init__(self) -> None:
        self.songs = self.starts = 0

    def sing(self) -> bytes:
        self.songs += 1
        return b"%d" % self.songs

    def restart(self) -> None:
        self.starts += 1


class Ear:
    """A pulse that hears what it is told, and a sink and worker that note what is said."""

    def __init__(self) -> None:
        self.heard = b""
        self.is_blind = False
        self.said: list[tuple[object, ...]] = []

    def has_heard(self, nonce: bytes) -> bool:
        return self.heard == nonce

    def do(self, work: Callable[[], None]) -> None:
        work()

    def beat(self, beat: Beat, fields: dict[str, Any]) -> None:
        self.said.append(("beat", beat, fields))

    def gap(self, reason: str, from_ns: int, to_ns: int) -> None:
        self.said.append((reason, from_ns, to_ns))


class Body:
    """A heart among its doubles."""

    def __init__(self) -> None:
        self.bird, self.ear = Bird(), Ear()
        ear = cast(Any, self.ear)
        self.heart = Heart(self.bird, ear, ear, cast(Pulse, ear), lambda: {"n": 1})
        self.now_ns = SECOND

    def live(self, span_ns: int) -> None:
        """Turns, one each 10 ms."""
        end_ns = self.now_ns + span_ns
        while self.now_ns < end_ns:
            self.now_ns += TURN_NS
            self.heart.turn(self.now_ns)


@pytest.fixture
def body() -> Body:
    body = Body()
    body.heart.turn(body.now_ns)
    return body


def test_it_beats_as_soon_as_the_canary_is_heard(body: Body) -> None:
    """Once for each that was sent, with the counters of then."""
    body.live(SECOND)
    assert body.ear.said == []
    body.ear.heard = b"1"
    body.live(SECOND)
    assert body.ear.said == [("beat", Beat(b"1", SECOND), {"n": 1})]


def test_it_beats_without_the_canary_when_that_is_due(body: Body) -> None:
    """So that its silence is told."""
    body.live(DUE_NS - TURN_NS)
    assert body.ear.said == []
    body.live(TURN_NS)
    assert body.ear.said == [("beat", Beat(b"1", SECOND), {"n": 1})]


def test_a_canary_is_sent_each_period(body: Body) -> None:
    """Whether the last one came back or not."""
    body.live(3 * PERIOD_NS)
    assert body.bird.songs == 4
    assert len(body.ear.said) == 3
    assert body.bird.starts == 0


def test_a_canary_that_was_not_heard_is_replaced(body: Body) -> None:
    """It may be the canary alone that nobody follows any more."""
    body.ear.is_blind = True
    body.live(PERIOD_NS)
    assert (body.bird.starts, body.bird.songs) == (1, 2)


def test_a_turn_that_comes_late_is_a_gap(body: Body) -> None:
    """SIGSTOP, suspend: from the last turn to this one; and the canary gets its time again."""
    body.live(SECOND)
    before_ns = body.now_ns
    body.now_ns += STALL_NS
    body.live(TURN_NS)
    assert body.ear.said == [("stalled", before_ns, body.now_ns)]
    body.ear.heard = b"1"
    body.live(TURN_NS)
    assert body.ear.said[1:] == [("beat", Beat(b"1", SECOND), {"n": 1})]


def test_a_turn_that_is_a_little_late_is_none(body: Body) -> None:
    """A busy machine stands still for a second now and then."""
    body.live(SECOND)
    body.ear.heard = b"1"
    body.now_ns += STALL_NS - TURN_NS
    body.live(TURN_NS)
    assert [said[0] for said in body.ear.said] == ["beat"]
