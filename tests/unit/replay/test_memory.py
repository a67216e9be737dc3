"""tracer/replay/memory.py"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.replay.imports import shown
from tracer.replay import memory
from tracer.replay.files import open_recording
from tracer.replay.memory import FileRecording
from tracer.replay.playback import Playback
from tracer.replay.recording import Mark, Output
from tracer.replay.scene import Scene

SECOND = 1_000_000_000
EVENTS = 300


def made(tmp_path: Path, events: list[list[object]]) -> FileRecording:
    rows = [{"version": 2, "width": 20, "height": 5}, *events]
    (tmp_path / "a.cast").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return open_recording(tmp_path / "a.cast")


def counting(tmp_path: Path) -> FileRecording:
    return made(tmp_path, [[n, "o", f"line {n}\r\n"] for n in range(EVENTS)])


def text(scene: Scene) -> list[str]:
    return [row.text() for row in scene.screen.lines]


@pytest.fixture(params=[10, 100, 10_000])
def spacing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(memory, "_SPACING", request.param)
    return int(request.param)


def test_each_moment_is_the_same_however_one_comes_there(tmp_path: Path, spacing: int) -> None:
    """By a keyframe, or by all that was before."""
    recording = counting(tmp_path)
    playback = Playback(recording)
    for second in (299, 7, 150, 151, 0, 299, 3):
        playback.seek(second * SECOND)
        expected = [f"line {n}" for n in range(max(0, second - 3), second + 1)] + [""] * 5
        assert text(playback.scene) == expected[:5]


def test_a_keyframe_is_near(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its screen belongs to who asks."""
    monkeypatch.setattr(memory, "_SPACING", 100)
    recording = counting(tmp_path)
    found = recording.keyframe(200 * SECOND)
    assert 180 * SECOND < found.at_ns <= 200 * SECOND
    found.screen.feed(b"\x1bc")
    assert recording.keyframe(found.at_ns).screen.lines[0].text()
    assert shown(recording.events(found)).startswith(b"line %d\r" % (found.at_ns // SECOND + 1))


def test_keyframes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are further apart then, from the beginning to the end."""
    monkeypatch.setattr(memory, "_SPACING", 1)
    monkeypatch.setattr(memory, "MAX_KEYFRAMES", 10)
    recording = counting(tmp_path)
    found = {recording.keyframe(n * SECOND).at_ns for n in reversed(range(EVENTS))}
    assert 5 <= len(found) <= 10
    gaps = [later - at for at, later in zip(sorted(found), sorted(found)[1:], strict=False)]
    assert max(gaps) <= 100 * SECOND


def test_states_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However big a screen is."""
    monkeypatch.setattr(memory, "_SPACING", 1)
    monkeypatch.setattr(memory, "MAX_STATES", 2000)
    recording = counting(tmp_path)
    found = {recording.keyframe(n * SECOND).at_ns for n in reversed(range(EVENTS))}
    assert len(found) < 20


def test_the_beginning_is_before_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where everything happens at once."""
    monkeypatch.setattr(memory, "_SPACING", 1)
    recording = made(tmp_path, [[0, "o", "all"], [0, "o", "at once"]])
    assert recording.keyframe(0).place == recording.keyframe(SECOND).place
    assert shown(recording.events(recording.keyframe(0))) == b"allat once"


def test_marks_are_markers_and_gaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order; so many as can be held."""
    events: list[list[object]] = [[1, "m", "here"], [2, "o", 5], [3, "bad"], [4, "m", "there"]]
    expected = [
        Mark(SECOND, "marker", "here"),
        Mark(SECOND * 2, "gap", "line 3 can't be read"),
        Mark(SECOND * 4, "marker", "there"),
    ]
    assert made(tmp_path, events).marks() == expected
    monkeypatch.setattr(memory, "MAX_MARKS", 2)
    assert made(tmp_path, events).marks() == expected[:2]


def test_output_comes_in_pieces_that_a_screen_takes(tmp_path: Path) -> None:
    """However long a line of the file is."""
    recording = made(tmp_path, [[1, "o", "\n" * 70_000]])
    events = list(recording.events(recording.keyframe(0)))
    assert {len(event.data) for event in events if isinstance(event, Output)} <= {
        1 << 16,
        70_000 % (1 << 16),
    }
    assert shown(events) == b"\n" * 70_000


def test_it_lasts_to_its_last_line(tmp_path: Path) -> None:
    """Shown or not."""
    assert made(tmp_path, [[1, "o", "x"], [5, "z", "?"]]).duration_ns == 5 * SECOND


def test_text_is_found(tmp_path: Path) -> None:
    """At each moment that shows it anew."""
    assert list(counting(tmp_path).find("LINE 12")) == [n * SECOND for n in (12, *range(120, 130))]
