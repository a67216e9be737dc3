"""tracer.correlate.commands"""

from __future__ import annotations

import pytest

from tests.playbook import SERVER, at_ns, peer
from tracer.correlate.commands import AGAIN_NS, STAY_NS, Commands

STAY_MS, AGAIN_MS = STAY_NS // 1_000_000, AGAIN_NS // 1_000_000


@pytest.fixture
def commands() -> Commands:
    """Process 500 has spoken."""
    made = Commands()
    made.hear(peer(500, ms=0))
    made.hear(peer(500, ms=1))
    return made


def test_a_command_is_done_when_its_process_leaves(commands: Commands) -> None:
    """By its end or by its socket, whichever is known first; told once."""
    assert commands.done() == []
    commands.end(500, at_ns(2))
    commands.leave(500, at_ns(3))
    assert commands.done() == [(SERVER, at_ns(2))]
    assert commands.done() == []
    commands.hear(peer(501, ms=4))
    commands.leave(501, at_ns(5))
    commands.end(501, at_ns(6))
    assert commands.done() == [(SERVER, at_ns(5))]


def test_to_attach_is_a_command_that_is_done(commands: Commands) -> None:
    """Neither that it stays nor that it leaves is one more."""
    commands.attach(500)
    assert commands.stayed(at_ns(1000)) == []
    commands.leave(500, at_ns(2000))
    assert commands.done() == []


def test_who_stays_is_told_once(commands: Commands) -> None:
    """And what it had run is done when it leaves."""
    assert commands.stayed(at_ns(STAY_MS)) == []
    assert commands.stayed(at_ns(1 + STAY_MS)) == [SERVER]
    assert commands.stayed(at_ns(2 + STAY_MS)) == []
    commands.leave(500, at_ns(1000))
    assert commands.done() == [(SERVER, at_ns(1000))]


def test_who_comes_again_and_again_is_told_seldom(commands: Commands) -> None:
    """Another tracer, which our questions make ask; the next process of that pid is another."""
    commands.leave(500, at_ns(2))
    for ms in range(100, 1 + AGAIN_MS, 100):
        commands.hear(peer(500, ms=ms))
        assert commands.stayed(at_ns(ms + STAY_MS)) == []
        commands.leave(500, at_ns(ms + STAY_MS))
    assert commands.done() == [(SERVER, at_ns(2))]
    commands.hear(peer(500, ms=2 + AGAIN_MS))
    commands.leave(500, at_ns(3 + AGAIN_MS))
    assert commands.done() == [(SERVER, at_ns(3 + AGAIN_MS))]
    commands.end(500, at_ns(4 + AGAIN_MS))
    commands.hear(peer(500, ms=5 + AGAIN_MS))
    commands.end(500, at_ns(6 + AGAIN_MS))
    assert commands.done() == [(SERVER, at_ns(6 + AGAIN_MS))]
