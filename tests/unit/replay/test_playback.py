"""tracer.replay.playback"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.replay.made import SECOND, Made, events, seen
from tracer.replay.playback import Playback
from tracer.replay.recording import Alert, Command, Event, Gap, Output
from tracer.replay.scene import Scene

SPACINGS = st.sampled_from([1, 2, 5, 1000])


def outputs(*seconds: float) -> list[Event]:
    return [Output(round(at * SECOND), b"%g " % at) for at in seconds]


def top(playback: Playback) -> str:
    return playback.scene.screen.lines[0].text()


def played(playback: Playback, seconds: float) -> float:
    """Where it is after so much time."""
    playback.is_paused = False
    playback.advance(round(seconds * SECOND))
    return playback.at_ns / SECOND


@settings(max_examples=40)
@given(events(), SPACINGS, st.lists(st.floats(0, 1), max_size=6))
def test_a_moment_looks_the_same_however_one_came_there(
    made: list[Event], spacing: int, shares: list[float]
) -> None:
    """By seeking there from anywhere, or by playing from the beginning."""
    playback = Playback(Made(made, spacing))
    for share in shares:
        at_ns = round(playback.recording.duration_ns * share)
        playback.seek(at_ns)
        whole = Made(made)
        scene = Scene(whole.keyframe(0))
        for event in made:
            if event.at_ns <= at_ns:
                scene.apply(event)
        assert seen(playback.scene) == seen(scene)
        assert playback.at_ns == at_ns


@settings(max_examples=40)
@given(events(), SPACINGS, st.lists(st.floats(0, 9), max_size=20), st.sampled_from([None, SECOND]))
def test_playing_in_any_steps_comes_to_the_end(
    made: list[Event], spacing: int, steps: list[float], limit: int | None
) -> None:
    """All is shown, nothing twice."""
    playback = Playback(Made(made, spacing), speed=2, idle_limit_ns=limit)
    for step in [*steps, 1000.0]:
        before = playback.at_ns
        assert before <= round(played(playback, step) * SECOND)
    other = Playback(Made(made))
    other.seek(other.last_ns)
    assert playback.is_over
    assert playback.is_paused
    assert seen(playback.scene) == seen(other.scene)


@settings(max_examples=40)
@given(events(), SPACINGS, st.floats(0, 1))
def test_a_step_back_and_one_on_is_none(made: list[Event], spacing: int, share: float) -> None:
    """Wherever something was shown before."""
    playback = Playback(Made(made, spacing))
    playback.seek(round(playback.recording.duration_ns * share))
    if not playback.step():
        return
    at_ns, before = playback.at_ns, seen(playback.scene)
    playback.step_back()
    assert playback.at_ns < at_ns
    assert playback.step()
    assert (playback.at_ns, seen(playback.scene)) == (at_ns, before)


def test_stepping_back_goes_through_all() -> None:
    """Across keyframes, to the beginning, and stays there."""
    for spacing in (1, 2, 3, 100):
        playback = Playback(Made(outputs(1, 1, 2, 3, 3, 4), spacing))
        playback.seek(playback.last_ns)
        places = []
        for _ in range(6):
            playback.step_back()
            places.append(playback.at_ns // SECOND)
        assert places == [3, 2, 1, 0, 0, 0]


def test_it_plays_as_fast_as_it_was() -> None:
    """Or so many times as fast; and tells for how long nothing changes."""
    playback = Playback(Made(outputs(1, 2, 5)))
    assert playback.wait_ns is None
    assert played(playback, 1.5) == 1.5
    assert top(playback) == "1"
    assert playback.wait_ns == SECOND // 2
    playback.change_speed(2)
    assert playback.wait_ns == SECOND // 4
    assert played(playback, 1) == 3.5
    assert top(playback) == "1 2"
    assert played(playback, 60) == 5
    assert playback.wait_ns is None


def test_what_stands_still_is_cut() -> None:
    """Nothing is left out, and a limit that comes in the middle counts at once."""
    playback = Playback(Made(outputs(1, 2, 100, 101, 200)), idle_limit_ns=2 * SECOND)
    assert played(playback, 3.9) == 3.9
    assert played(playback, 0.2) == pytest.approx(100.1)
    assert top(playback) == "1 2 100"
    playback.idle_limit_ns = None
    assert played(playback, 50) == pytest.approx(150.1)
    playback.idle_limit_ns = SECOND
    assert played(playback, 0) == pytest.approx(150.1)
    assert played(playback, 0.001) == 200


def test_stillness_that_one_goes_into_is_shown() -> None:
    """For as long as the limit says, from there on."""
    playback = Playback(Made(outputs(1, 2, 100, 101)), idle_limit_ns=2 * SECOND)
    playback.seek(50 * SECOND)
    assert played(playback, 1.5) == 51.5
    assert played(playback, 1) == 100.5


def test_a_flood_is_played_in_parts() -> None:
    """So that whoever plays hears keys; nothing is left out."""
    playback = Playback(Made([Output(0, b"x" * 9000)] + [Output(1, b"\a" * 200_000)] * 4))
    places = [played(playback, 1) for _ in range(9)]
    assert places[0] < 1
    assert playback.is_over


def test_paused_it_stays() -> None:
    """However long."""
    playback = Playback(Made(outputs(1, 2)))
    playback.advance(9 * SECOND)
    assert playback.at_ns == 0


def test_it_keeps_within_its_bounds() -> None:
    """Whatever is asked; marks outside are none."""
    made = [*outputs(1), Command(2 * SECOND, 7, "ls", None), *outputs(3, 4, 5, 6), Alert(7, "x")]
    made.sort(key=lambda event: event.at_ns)
    playback = Playback(Made(made), first_ns=3 * SECOND, last_ns=4 * SECOND)
    assert (playback.at_ns, top(playback)) == (3 * SECOND, "1 3")
    assert playback.marks() == []
    assert playback.jump("command", forward=False) is None
    playback.seek(0)
    assert playback.at_ns == 3 * SECOND
    assert not playback.find("1 ", forward=False)
    assert not playback.find("6", forward=True)
    playback.step_back()
    assert playback.at_ns == 3 * SECOND
    assert playback.step()
    assert not playback.step()
    assert played(playback, 99) == 4
    assert playback.is_over
    assert top(playback) == "1 3 4"


def test_marks_are_gone_through_in_order() -> None:
    """Of their kind, both ways; while it plays, one that was just passed is passed by."""
    made: list[Event] = [Command(at * SECOND, at, "ls", None) for at in (1, 5, 6)]
    made += [Alert(3 * SECOND, "x"), Gap(4 * SECOND, None, 7, "lost"), *outputs(9)]
    playback = Playback(Made(sorted(made, key=lambda event: event.at_ns)))
    assert [each.at_ns for each in playback.marks()] == sorted(
        each.at_ns for each in playback.marks()
    )

    def jump(kind: str, *, forward: bool) -> int | None:
        mark = playback.jump(kind, forward=forward)
        assert mark is None or mark.at_ns == playback.at_ns
        return mark and mark.at_ns // SECOND

    assert [jump("command", forward=True) for _ in range(4)] == [1, 5, 6, None]
    assert jump("alert", forward=False) == 3
    assert jump("gap", forward=True) == 4
    assert jump("alert", forward=True) is None
    assert jump("command", forward=True) == 5
    played(playback, 0.5)
    assert jump("command", forward=False) == 1


def test_texts_are_found_both_ways() -> None:
    """From one to the next."""
    playback = Playback(Made(outputs(1, 2, 11, 12)))
    moments = []
    for forward in (True, True, False, True, True, False, False):
        found = playback.find("1", forward=forward)
        moments.append(playback.at_ns // SECOND if found else None)
    assert moments == [1, 11, 1, 11, 12, 11, 1]
    assert not playback.find("none", forward=True)
    assert playback.at_ns == SECOND


def test_another_view_goes_on_at_the_same_moment() -> None:
    """As the panes of a session do."""
    playback = Playback(Made(outputs(1, 2, 3)))
    playback.seek(2 * SECOND)
    playback.show(Made(outputs(1.5, 3)))
    assert (playback.at_ns, top(playback)) == (2 * SECOND, "1.5")


def test_an_empty_one_is_over() -> None:
    """At once."""
    playback = Playback(Made([]))
    assert playback.is_over
    assert not playback.step()
    playback.step_back()
    assert played(playback, 1) == 0


@settings(max_examples=40)
@given(events(), SPACINGS)
def test_steps_are_moments_at_which_something_was_shown(made: list[Event], spacing: int) -> None:
    """Each once, in order."""
    playback = Playback(Made(made, spacing))
    places = []
    while playback.step():
        places.append(playback.at_ns)
    assert all(one < other for one, other in pairwise(places))
    assert {e.at_ns for e in made if isinstance(e, Output)} - {0} <= set(places)
