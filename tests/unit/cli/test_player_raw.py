"""tracer.cli.player_raw; in a real terminal it is tested in tests/screen/test_player.py"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import chain

import pytest

from tests.escape_vectors import VECTORS
from tests.unit.cli.test_player_terminal import Pty, pty
from tests.unit.replay.made import Made
from tracer.cli import player_raw
from tracer.cli.player_raw import RawPlayer
from tracer.export.excerpt import excerpt
from tracer.export.steps import Step, steps
from tracer.replay.recording import Output

__all__ = ["pty"]


@pytest.fixture
def played(pty: Pty, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pty]:
    """A player takes this terminal."""
    monkeypatch.setattr(player_raw, "Terminal", pty.taken)
    yield pty


def shown(pty: Pty) -> bytes:
    data = b""
    while not data.endswith(b"\x1b[?1049l"):
        data += os.read(pty.outer, 65_536)
    return data


def pressed_after(pty: Pty, all_steps: Iterable[Step], key: bytes = b"x") -> Iterator[Step]:
    """A key, once there are no more."""
    yield from all_steps
    os.write(pty.outer, key)


def test_what_draws_is_shown(played: Pty) -> None:
    """In order; then it waits for a key."""
    happened = [Step(0, "o", "one"), Step(0, "m", "mark"), Step(5, "o", "two")]
    RawPlayer(pressed_after(played, happened), 1, None).run()
    data = shown(played)
    assert b"onetwo" in data
    assert b"mark" not in data


def test_q_ends_it(played: Pty) -> None:
    """Paused or not, however long nothing would be shown."""
    for keys in (b"q", b" q", b"  q"):
        first = pressed_after(played, [Step(0, "o", "one")], keys)
        RawPlayer(chain(first, [Step(10**18, "o", "two")]), 1, None).run()
        data = shown(played)
        assert (b"one" in data, b"two" in data) == (True, False)


def test_stillness_can_be_cut(played: Pty) -> None:
    """And time goes faster."""
    happened = [Step(0, "o", "one"), Step(10**18, "o", "two"), Step(2 * 10**18, "o", "three")]
    RawPlayer(pressed_after(played, happened), 1000, 1_000_000_000).run()
    assert b"onetwothree" in shown(played)


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_no_attack_comes_through(played: Pty, vector: bytes) -> None:
    """Nothing asks, sets, or prints."""
    recording = Made([Output(0, b"before"), Output(0, vector), Output(0, b"after")])
    RawPlayer(pressed_after(played, steps(excerpt(recording))), 1, None).run()
    data = shown(played)
    for forbidden in (b"\x1b]", b"\x1bP", b"\x1b_", b"\x1b^", b"\x1bX", b"\x1bc", b"\x07", b"\x05"):
        assert forbidden not in data
    for number in (b"5i", b"21t", b"6n", b"[c", b"?1003h", b"?2004l"):
        assert b"\x1b" + number not in data
        assert b"\x1b[" + number not in data
