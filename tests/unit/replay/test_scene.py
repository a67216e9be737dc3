"""tracer.replay.scene"""

from __future__ import annotations

from hypothesis import given, settings

from tests.unit.replay.made import ALICE, SECOND, events, seen
from tracer.replay.recording import (
    Alert,
    Claimed,
    Command,
    Cut,
    Ended,
    Event,
    Gap,
    Keyframe,
    Output,
    Resized,
    Typed,
)
from tracer.replay.scene import Scene
from tracer.screen.screen import Screen
from tracer.screen.state import pack, unpack

GAP = Gap(1, None, 7, "lost")


def scene_of(*happened: Event) -> Scene:
    scene = Scene(Keyframe(0, Screen(20, 3), (), None))
    for event in happened:
        scene.apply(event)
    return scene


def claimed(text: bytes) -> Claimed:
    screen = Screen(10, 3)
    screen.feed(text)
    return Claimed(1, screen)


def test_the_screen_shows_what_was_shown() -> None:
    """And has the size that it had."""
    scene = scene_of(Output(0, b"hel"), Output(0, b"lo"), Resized(1, 10, 5))
    assert (scene.screen.lines[0].text(), scene.screen.columns, scene.screen.rows) == (
        "hello", 10, 5
    )  # fmt: skip


def test_what_a_terminal_answered_nobody_typed() -> None:
    """Who typed last stays."""
    reply = ALICE._replace(name=None, how="terminal-reply")
    typed = Typed(0, 1, b"x", (ALICE,))
    assert scene_of(typed, Typed(1, 4, b"\x1b[1R", (reply,))).typed == typed
    mixed = Typed(2, 5, b"x\x1b[1R", (ALICE, reply))
    assert scene_of(typed, mixed).typed == mixed
    unknown = Typed(3, 1, None, ())
    assert scene_of(typed, unknown).typed == unknown


def test_the_last_command_that_still_runs_is_told() -> None:
    """Whichever ends first; a process may run one program after another."""
    sh, make, cc = (Command(0, pid, line, None) for pid, line in ((1, "sh"), (2, "make"), (3, "c")))
    assert scene_of().command is None
    assert scene_of(sh, make, cc).command == cc
    assert scene_of(sh, make, cc, Ended(1, 3, 0)).command == make
    assert scene_of(sh, make, Ended(1, 1, 0)).command == make
    again = sh._replace(line="vi")
    assert scene_of(sh, make, again).command == again
    many = [Command(0, pid, "x", None) for pid in range(9000)]
    assert scene_of(*many).command == many[-1]


def test_who_typed_last_is_told() -> None:
    """And the newest alert."""
    typed = [Typed(at, 1, b"x", (ALICE,)) for at in (1, 2)]
    scene = scene_of(*typed, Alert(3, "one"), Alert(4, "two"))
    assert (scene.typed, scene.alert) == (typed[1], Alert(4, "two"))


def test_a_gap_leaves_doubt() -> None:
    """Until all that stood there is gone, however much is drawn over it."""
    scene = scene_of(Output(0, b"hello"), GAP)
    assert scene.doubt == GAP
    scene.apply(Output(1, b"\x1b[Hover\r\nit"))
    scene.apply(Resized(1, 9, 3))
    assert scene.doubt == GAP
    scene.apply(Output(2, b"\n\n"))
    assert scene.doubt == GAP
    scene.apply(Output(2, b"\n\n\n"))
    assert scene.doubt is None


def test_a_cleared_screen_leaves_none() -> None:
    """Whoever cleared it."""
    for clear in (b"\x1b[H\x1b[2J", b"\x1b[2J", b"\x1bc"):
        assert scene_of(Output(0, b"hello\r\nyou"), GAP, Output(1, clear)).doubt is None


def test_a_full_screen_program_covers_doubt() -> None:
    """Which comes back with what was covered."""
    scene = scene_of(Output(0, b"hello"), GAP, Output(1, b"\x1b[?1049h\x1b[2J"))
    assert scene.doubt is None
    scene.apply(Output(2, b"\x1b[?1049l"))
    assert scene.doubt == GAP
    within = scene_of(Output(0, b"\x1b[?1049h"), GAP, Output(1, b"\x1b[?1049l"))
    assert within.doubt == GAP


def test_a_claim_is_shown_as_one() -> None:
    """In the place of whatever was there."""
    claim = claimed(b"they say")
    scene = scene_of(Output(0, b"hello"), claim)
    assert scene.screen.lines[0].text() == "they say"
    assert scene.doubt == claim
    scene.apply(Output(1, b"\x1b[2J"))
    assert scene.doubt is None


def test_another_terminal_brings_its_own() -> None:
    """Who typed there, what runs there, what is doubted there."""
    other, sh = Screen(30, 9), Command(0, 5, "sh", None)
    scene = scene_of(Typed(0, 1, b"x", (ALICE,)), GAP, Cut(SECOND, "%4", other, (sh,)))
    assert scene.screen is other
    assert (scene.typed, scene.command, scene.doubt, scene.label) == (None, sh, None, "%4")


@settings(max_examples=40)
@given(events())
def test_what_was_before_goes_into_a_keyframe(made: list[Event]) -> None:
    """A scene that begins with it is the same."""
    scene = scene_of(*made, Cut(0, "%4", Screen(20, 3)), *made, GAP)
    again = Scene(Keyframe(0, unpack(pack(scene.screen)), scene.before(), None))
    assert seen(again) == seen(scene)
    assert again.doubt == scene.doubt == GAP
