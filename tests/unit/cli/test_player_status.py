"""tracer.cli.player_status"""

from __future__ import annotations

import re

import pytest

from tests.escape_vectors import VECTORS
from tests.unit.replay.made import ALICE, SECOND, Made
from tracer.cli.player_status import status_line, typed_text
from tracer.codec.safe import columns_of, safe_text
from tracer.replay.playback import Playback
from tracer.replay.recording import (
    Alert,
    Claimed,
    Command,
    Cut,
    Event,
    Gap,
    Hand,
    Output,
    Typed,
)  # fmt: skip
from tracer.screen.screen import Screen

OURS = re.compile(r"\x1b\[[0-9;]*[mK]")


def playback(*events: Event, seconds: float = 5) -> Playback:
    made = Playback(Made(sorted([*events, Output(10 * SECOND, b"end")], key=lambda e: e.at_ns)))
    made.seek(round(seconds * SECOND))
    return made


def line(playing: Playback, columns: int = 400, note: str = "") -> str:
    drawn = OURS.sub("", status_line(playing, columns, note))
    assert columns_of(drawn) == columns
    return drawn


def test_it_says_where_it_is() -> None:
    """And how fast it goes on, if it does."""
    playing = playback()
    assert "⏸ 0:05/0:10 " in line(playing)
    assert "2026-11-20" in line(playing)
    assert "made" in line(playing)
    playing.is_paused = False
    playing.change_speed(2)
    playing.idle_limit_ns = SECOND
    assert "▶ 0:05/0:10 2x idle cut " in line(playing)
    playing.seek(10 * SECOND)
    assert "■ end of the record so far 0:10/0:10" in line(playing)
    bounded = Playback(playing.recording, last_ns=SECOND)
    bounded.seek(SECOND)
    assert "■ --until" in line(bounded)


def test_it_says_who_typed_and_what_runs() -> None:
    """And whose hand pressed Enter."""
    typed = Typed(SECOND, 3, b"ls\r", (ALICE,))
    drawn = line(playback(typed, Command(2 * SECOND, 7, "ls -l", "alice")))
    assert "typed: alice │ls⏎" in drawn
    assert "runs: ls -l (⏎ alice)" in drawn
    assert "(⏎" not in line(playback(Command(2 * SECOND, 7, "ls -l", None)))


@pytest.mark.parametrize(
    ("hands", "data", "text"),
    [
        ((ALICE,), None, "alice 12 bytes"),
        ((ALICE._replace(is_sure=False),), None, "alice? 12 bytes"),
        ((Hand(2, None, "unknown", False),), None, "? 12 bytes"),
        ((Hand(2, None, "terminal-reply", True), ALICE), b"x", "alice │x"),
        ((Hand(2, "bob", "paste", True), ALICE), b"x", "bob paste alice │x"),
        ((ALICE, ALICE), b"\x1b[A", r"alice │\x1b[A"),
        ((), None, "? 12 bytes"),
    ],
)
def test_who_typed_is_named_no_surer_than_is_known(
    hands: tuple[Hand, ...], data: bytes | None, text: str
) -> None:
    """A "?" stands for nobody known, and behind a name that is likely."""
    assert typed_text(Typed(0, 12, data, hands), 40) == text


def test_gaps_and_claims_are_in_plain_view() -> None:
    """In a colour of their own, before who and what."""
    lost = playback(Gap(SECOND, None, 37, "ring full"))
    assert "GAP 37 bytes: ring full" in line(lost)
    assert "GAP 37 bytes " in line(lost, 60)
    assert "\x1b[0;1;97;41m GAP" in status_line(lost, 60)
    assert "GAP: off" in line(playback(Gap(SECOND, None, None, "off")))
    assert "CLAIM: tmux says" in line(playback(Claimed(SECOND, Screen(20, 4))))
    assert "ALERT: look" in line(playback(Alert(SECOND, "look")))
    assert "ALERT" not in line(
        playback(Alert(SECOND, "look"), Output(60 * SECOND, b""), seconds=55)
    )


@pytest.mark.parametrize(
    ("doubt", "told"),
    [
        (Gap(SECOND, None, 37, "ring full"), "GAP 37 bytes "),
        (Claimed(SECOND, Screen(20, 4)), "CLAIM "),
    ],
)
def test_eighty_columns_hold_what_matters(doubt: Event, told: str) -> None:
    """Where it is, what can't be vouched for, who typed what, what runs: in this order."""
    typed = Typed(2 * SECOND, 3, b"vi /etc/passwd /etc/group\r", (ALICE,))
    drawn = line(playback(doubt, typed, Command(3 * SECOND, 7, "vi /etc/passwd", "alice")), 80)
    order = ["0:05/0:10", told, "typed: alice │vi ", "runs: vi"]
    assert sorted(order, key=drawn.index) == order


def test_it_says_which_pane_is_shown() -> None:
    """Of a session."""
    assert "made %4" in line(playback(Cut(SECOND, "%4", Screen(20, 4))))


def test_a_note_comes_first() -> None:
    """It is what was asked for last."""
    assert line(playback(), 40, "not found").startswith(" not found ")


@pytest.mark.parametrize("columns", [1, 2, 3, 10, 20])
def test_a_narrow_terminal_gets_what_fits(columns: int) -> None:
    """Never more."""
    line(playback(Gap(SECOND, None, 37, "ring full")), columns)


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_no_attack_comes_through(vector: bytes) -> None:
    """Wherever it stands."""
    text = vector.decode("utf-8", "surrogateescape")
    playing = playback(
        Cut(0, text, Screen(20, 4)),
        Typed(SECOND, 3, vector, (Hand(3, text, text, True),)),
        Command(SECOND, 7, text, text),
        Gap(SECOND, None, None, text),
        Alert(SECOND, text),
    )
    playing.recording.title = text
    drawn = line(playing, 2000)
    assert drawn.isprintable()
    assert all(safe_text(char) == char for char in drawn)
