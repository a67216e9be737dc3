"""tracer.replay.session"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.replay.made import SECOND, Made, events, seen
from tracer.replay.recording import Alert, Command, Cut, Event, Gap, Output
from tracer.replay.scene import Scene
from tracer.replay.session import Part, SessionRecording, Shown, shown_of


def shown(parts: list[tuple[float, float]], *typed: tuple[float, int]) -> list[tuple[float, int]]:
    spans = [(round(a * SECOND), round(b * SECOND)) for a, b in parts]
    cuts = shown_of(spans, [Shown(round(at * SECOND), part) for at, part in typed])
    return [(at_ns / SECOND, part) for at_ns, part in cuts]


BOTH = [(0.0, 100.0), (5.0, 100.0)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ((), [(0, 0)]),
        (((7, 0), (8, 0)), [(0, 0)]),
        (((7, 1), (9, 0), (20, 1)), [(0, 0), (7, 1), (9, 0), (20, 1)]),
        (((7, 1), (7.2, 0), (7.5, 1), (7.9, 0), (8.5, 1)), [(0, 0), (7, 1), (8, 0), (9, 1)]),
        (((7, 1), (7.2, 0), (7.5, 1)), [(0, 0), (7, 1)]),
        (((0.1, 1),), [(0, 0), (1, 1)]),
    ],
)
def test_the_pane_that_was_typed_into_is_shown(
    typed: tuple[tuple[float, int], ...], expected: list[tuple[float, int]]
) -> None:
    """For a second at least, whoever types elsewhere."""
    assert shown(BOTH, *typed) == expected


def test_a_pane_that_is_over_is_not_shown() -> None:
    """The oldest that is still there comes."""
    parts = [(0.0, 10.0), (1.0, 30.0), (2.0, 50.0)]
    assert shown(parts) == [(0, 0), (10, 1), (30, 2)]
    assert shown(parts, (5, 2), (9, 0)) == [(0, 0), (5, 2), (9, 0), (10, 1), (30, 2)]
    assert shown([(3.0, 10.0), (0.0, 2.0)]) == [(0, 1)]


@given(st.lists(st.tuples(st.floats(0, 60), st.integers(0, 2)), max_size=30))
def test_nothing_flickers(typed: list[tuple[float, int]]) -> None:
    """Each change shows another pane, for a second at least."""
    cuts = shown([(0.0, 40.0), (1.0, 50.0), (2.0, 60.0)], *sorted(typed))
    for (at, part), (later, other) in pairwise(cuts):
        assert part != other
        assert round((later - at) * SECOND) >= SECOND


def session(spacing: int = 2) -> SessionRecording:
    left: list[Event] = [Output(0, b"left"), Command(SECOND, 7, "vi", None)]
    left += [Output(at * SECOND, b" %d" % at) for at in range(2, 11)]
    right: list[Event] = [Output(0, b"right"), Gap(SECOND, 2 * SECOND, 7, "lost")]
    right += [Output(at * SECOND, b" +%d" % at) for at in (2, 3, 6)] + [Alert(7 * SECOND, "x")]
    parts = [Part("%1", Made(left, spacing), 0), Part("%2", Made(right, spacing), 3 * SECOND)]
    cuts = [Shown(0, 0), Shown(5 * SECOND, 1), Shown(8 * SECOND, 0)]
    return SessionRecording("work", parts, cuts)


def scene_at(recording: SessionRecording, seconds: float, start: float = 0) -> Scene:
    keyframe = recording.keyframe(round(start * SECOND))
    scene = Scene(keyframe)
    for event in recording.events(keyframe):
        if event.at_ns <= seconds * SECOND:
            scene.apply(event)
    return scene


def test_each_stretch_shows_its_pane() -> None:
    """With all that it showed before, and who is there."""
    tops = [(scene.label, scene.screen.lines[0].text()) for scene in (
        scene_at(session(), at) for at in (0, 4.5, 5, 6.5, 8, 20)
    )]  # fmt: skip
    assert tops == [
        ("%1", "left"),
        ("%1", "left 2 3 4"),
        ("%2", "right +2"),
        ("%2", "right +2 +3"),
        ("%1", "left 2 3 4 5 6 7 8"),
        ("%1", "left 2 3 4 5 6 7 8 9"),
    ]
    assert scene_at(session(), 5).doubt is not None
    assert scene_at(session(), 9).doubt is None
    command = scene_at(session(), 9).command
    assert command is not None
    assert command.line == "vi"


@pytest.mark.parametrize("spacing", [1, 2, 100])
@pytest.mark.parametrize("start", [0, 2.5, 4, 5, 5.5, 7.9, 8, 9, 10])
def test_it_looks_the_same_from_every_keyframe(spacing: int, start: float) -> None:
    """Wherever one begins."""
    recording = session(spacing)
    assert recording.keyframe(round(start * SECOND)).at_ns <= start * SECOND
    for at in (start, start + 1, 20):
        assert seen(scene_at(recording, at, start)) == seen(scene_at(recording, at))


def test_time_never_goes_back() -> None:
    """Across cuts, too."""
    recording = session()
    moments = [event.at_ns for event in recording.events(recording.keyframe(0))]
    assert moments == sorted(moments)
    cuts = [event for event in recording.events(recording.keyframe(0)) if isinstance(event, Cut)]
    assert [cut.at_ns // SECOND for cut in cuts] == [5, 8]
    assert recording.duration_ns == 10 * SECOND


def test_marks_of_all_panes_are_told() -> None:
    """An alert in a pane that isn't shown is one."""
    marks = [(mark.at_ns // SECOND, mark.kind, mark.label) for mark in session().marks()]
    assert marks == [
        (1, "command", "%1 label"),
        (4, "gap", "%2 label"),
        (10, "alert", "%2 label"),
    ]


def test_what_was_shown_is_found() -> None:
    """And nothing of a pane that was not."""
    assert [at_ns // SECOND for at_ns in session().find("+3")] == [6]
    assert [at_ns // SECOND for at_ns in session().find("+6")] == []
    assert [at_ns // SECOND for at_ns in session().only(1).find("+6")] == [9]


def test_one_pane_can_be_shown_always() -> None:
    """In the session's time; there is nothing before it begins."""
    only = session().only(1)
    assert (only.duration_ns, only.start_ns) == (session().duration_ns, session().start_ns)
    assert scene_at(only, 2).screen.lines[0].text() == ""
    assert scene_at(only, 3).screen.lines[0].text() == "right"
    assert scene_at(only, 4.5, 1).label == "%2"


@settings(max_examples=20)
@given(events(), events(), st.sampled_from([1, 3]), st.floats(0, 60), st.floats(0, 60))
def test_any_panes_make_a_session(
    one: list[Event], other: list[Event], spacing: int, begin: float, cut: float
) -> None:
    """Which looks the same from everywhere."""
    parts = [
        Part("%1", Made(one, spacing), 0),
        Part("%2", Made(other, spacing), round(begin * SECOND)),
    ]
    cut_ns = round((begin + cut) * SECOND) + 1
    recording = SessionRecording("work", parts, [Shown(0, 0), Shown(cut_ns, 1)])
    for start_ns in (0, cut_ns - 1, cut_ns, recording.duration_ns):
        start = start_ns / SECOND
        assert seen(scene_at(recording, 1000, start)) == seen(scene_at(recording, 1000))
