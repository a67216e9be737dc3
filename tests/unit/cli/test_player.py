"""tracer.cli.player; in a real terminal it is tested in tests/screen/test_player.py"""

from __future__ import annotations

import pytest

from tests.unit.replay.made import SECOND, Made
from tracer.cli.player import HELP, Player
from tracer.replay.playback import Playback
from tracer.replay.recording import Alert, Command, Event, Gap, Output, Recording
from tracer.screen.screen import Screen

EVENTS: list[Event] = [
    Output(0, b"first"),
    Command(10 * SECOND, 7, "ls", None),
    Output(20 * SECOND, b"\r\nsecond"),
    Alert(30 * SECOND, "look"),
    Gap(40 * SECOND, None, 7, "lost"),
    Output(200 * SECOND, b"\r\nthird"),
]


class Played:
    """A player, and a terminal that shows what it draws."""

    def __init__(self, *views: Recording, size: tuple[int, int] = (200, 20)) -> None:
        self.size = size
        self.playback = Playback(views[0])
        self.player = Player(views, self.playback)
        self.screen = Screen(*size)

    def press(self, *keys: str) -> list[str]:
        """What is shown then."""
        for key in keys:
            self.player.press(key)
        self.screen.feed(b"\x1b[?7l" + self.player.frame(self.size).encode())
        return [row.text() for row in self.screen.lines]

    def seconds(self, *keys: str) -> float:
        """Where it is then."""
        self.press(*keys)
        return self.playback.at_ns / SECOND


@pytest.fixture
def played() -> Played:
    """Of EVENTS."""
    return Played(Made(EVENTS))


def typed(text: str) -> list[str]:
    return [*text, "enter"]


def test_it_shows_the_screen_and_a_status(played: Played) -> None:
    """And another size, once the terminal has it."""
    rows = played.press()
    assert (rows[0].split("│")[0].rstrip(), "0:00/3:20" in rows[-1]) == ("first", True)
    played.size, played.screen = (100, 10), Screen(100, 10)
    played.player.change()
    assert "0:00/3:20" in played.press()[9]


@pytest.mark.parametrize(
    ("keys", "seconds"),
    [
        (["right"], 5),
        (["up", "left"], 55),
        (["up", "down", "down"], 0),
        (["5"], 100),
        (["end"], 200),
        (["end", "home"], 0),
        (["."], 20),
        ([".", ".", ","], 20),
        (["c"], 10),
        (["end", "C"], 10),
        (["a"], 30),
        (["end", "A"], 30),
        (["x"], 40),
        (["end", "X"], 40),
        (["g", *typed("90s")], 90),
        (["g", *typed("50%")], 100),
        (["g", "9", "clear", *typed("1:00")], 60),
        (["g", "9", "backspace", *typed("7s")], 7),
        (["g", "9", "escape", "right"], 5),
        (["/", *typed("second")], 20),
        (["end", "?", *typed("second")], 20),
        (["/", *typed("ir"), "n"], 200),
        (["/", *typed("ir"), "n", "N"], 0),
        (["unknown", "", "ü"], 0),
    ],
)
def test_keys_go_to_moments(played: Played, keys: list[str], seconds: float) -> None:
    """Each does what the help says."""
    played.playback.recording.start_ns = None
    assert played.seconds(*keys) == seconds


def test_it_plays_and_pauses(played: Played) -> None:
    """From the end, it begins anew."""
    played.press(" ")
    assert not played.playback.is_paused
    played.press(" ")
    assert played.playback.is_paused
    assert played.seconds("end", " ") == 0
    assert not played.playback.is_paused
    played.press(".")
    assert played.playback.is_paused


def test_speed_and_stillness(played: Played) -> None:
    """Can be changed."""
    played.press("+", "=", "-", "i")
    assert (played.playback.speed, played.playback.idle_limit_ns) == (2, 2 * SECOND)
    played.press("-", "-", "i")
    assert (played.playback.speed, played.playback.idle_limit_ns) == (0.5, None)


def test_what_is_not_there_is_told(played: Played) -> None:
    """And it stays where it is."""
    assert "no command before this" in played.press("C")[-1]
    assert "no marker after this" in played.press("m")[-1]
    assert "this is no moment" in played.press("g", *typed("soon"))[-1]
    assert "not shown anew after this: zzz" in played.press("/", *typed("zzz"))[-1]
    assert "nothing more was shown" in played.press("end", ".")[-1]
    assert "there is no other pane" in played.press("tab")[-1]
    assert "no other pane" not in played.press("unknown")[-1]
    assert "command: label" in played.press("home", "c")[-1]


def test_help_is_shown_until_a_key(played: Played) -> None:
    """Which does what it does; h alone closes it."""
    assert played.press("h")[1].split() == HELP.splitlines()[1].split()
    assert played.press("h")[0].startswith("first")
    played.press("h")
    assert played.seconds("right") == 5


def test_what_is_typed_is_shown_safely(played: Played) -> None:
    """In the prompt; and it is bounded."""
    assert "/ \\u202e_" in played.press("/", "\u202e")[-1]
    played.press(*["x"] * 9000)
    assert played.press("escape")[-1].count("x") < 10


def test_what_was_searched_stands_out(played: Played) -> None:
    """On the screen."""
    played.press("/", *typed("second"))
    reverse = [text for text, style in played.screen.lines[1].runs() if style.reverse]
    assert reverse == ["second"]


def test_a_larger_screen_is_clipped_and_says_so() -> None:
    """As the part that is shown."""
    played = Played(Made(EVENTS, size=300), size=(100, 10))
    assert "clipped: 100x9 of 300x4" in played.press()[-1]


def test_views_are_changed_in_turn() -> None:
    """At the same moment."""
    played = Played(Made(EVENTS), Made([Output(0, b"other pane"), Output(200 * SECOND, b"")]))
    assert played.press("right", "tab")[0].split("│")[0].rstrip() == "other pane"
    assert played.playback.at_ns == 5 * SECOND
    assert played.press("tab")[0].split("│")[0].rstrip() == "first"


def test_q_ends_it(played: Played) -> None:
    """But not while something is typed."""
    played.press("/", "q")
    assert not played.player.is_done
    played.press("escape", "q")
    assert played.player.is_done
