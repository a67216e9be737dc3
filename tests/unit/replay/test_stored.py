"""tracer.replay.stored"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.alerted import alert_on
from tests.samples import ENDED, EXEC, HOST, NOW, PROCESS, SECOND, FixedClock, names
from tests.stored import StoredLog
from tests.unit.replay.logged import asking, at, shown, typed
from tests.unit.replay.made import seen
from tracer.codec.ecs import Encoder
from tracer.codec.moment import wall_ns
from tracer.errors import BadLog
from tracer.model.events import ProcessKey
from tracer.model.findings import Finding
from tracer.replay.playback import Playback
from tracer.replay.recording import Gap, Recording, Typed
from tracer.replay.scene import Scene
from tracer.replay.stored import StoredRecording
from tracer.replay.target import meant
from tracer.store.query import Query
from tracer.store.search import Searcher


def recording(searcher: Searcher, kind: str = "pane", pane: str | None = "%3") -> Recording:
    (track,) = [
        track
        for track in searcher.tracks(Query())
        if track.key.kind == kind and (kind != "pane" or track.pane_id == pane)
    ]
    return StoredRecording(searcher, track, "its title")


def rows(playback: Playback) -> list[str]:
    texts = [row.text() for row in playback.scene.screen.lines]
    return [text for text in texts if text]


def test_it_is_as_long_as_what_was_recorded(searcher: Searcher) -> None:
    """From the terminal's first record to its last."""
    pane = recording(searcher)
    assert (pane.title, pane.columns, pane.rows) == ("its title", 80, 24)
    assert pane.start_ns == FixedClock().at(NOW) // 1000 * 1000
    assert pane.duration_ns == 8 * SECOND


def test_it_shows_what_the_pane_showed(searcher: Searcher) -> None:
    """At each moment, with who typed and what runs."""
    playback = Playback(recording(searcher))
    assert rows(playback) == ["$"]
    playback.seek(1 * SECOND)
    assert isinstance(playback.scene.typed, Typed)
    playback.seek(2 * SECOND)
    assert rows(playback) == ["$ ls", "hello world"]
    assert playback.scene.command is not None
    assert playback.scene.command.by == "alice"
    playback.seek(4 * SECOND)
    assert rows(playback) == ["$ ls", "hello world", "$ after"]
    assert playback.scene.command is None
    assert isinstance(playback.scene.doubt, Gap)
    assert playback.scene.doubt.size == 5


def test_nothing_of_other_terminals_is_in_it(searcher: Searcher) -> None:
    """Each has its own."""
    other, client = (
        Playback(recording(searcher, pane="%4")),
        Playback(recording(searcher, "client")),
    )
    for playback in (other, client):
        playback.seek(playback.last_ns)
    assert rows(other) == ["other pane", "typedend of other"]
    assert rows(client) == ["status linemore"]


def test_marks_are_where_it_happened(searcher: Searcher) -> None:
    """Going to one shows it."""
    playback = Playback(recording(searcher))
    marks = [(mark.at_ns // SECOND, mark.kind) for mark in playback.marks()]
    assert marks == [(2, "command"), (4, "gap"), (5, "alert")]
    labels = [mark.label for mark in playback.marks()]
    assert labels == ["ls -l my file", "something was not recorded", "input past the keyboard"]
    playback.jump("command", forward=True)
    assert playback.scene.command is not None
    playback.jump("gap", forward=True)
    assert playback.scene.doubt is not None
    playback.jump("alert", forward=True)
    assert playback.scene.alert is not None


@pytest.mark.parametrize(("inputs", "marked"), [((0, 3), [1, 4]), ((), [1, 2, 4, 5])])
def test_what_a_command_starts_is_no_mark(
    inputs: tuple[int, ...], marked: list[int], tmp_path: Path
) -> None:
    """The first program behind each input is; where no input was recorded, all are."""
    programs = [EXEC._replace(time_ns=at(second)) for second in (1, 2, 4, 5)]
    screens = [shown(0, b"$ ", 0), shown(9, b"$ ", 2)]
    findings: list[Finding] = [*screens, *programs, *map(typed, inputs)]
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    log.add(*sorted(findings, key=lambda finding: finding.time_ns))
    with asking(log) as searcher:
        marks = recording(searcher).marks()
    assert [mark.at_ns // SECOND for mark in marks] == marked


def test_texts_are_found_where_they_were_shown(searcher: Searcher) -> None:
    """By the index; at that moment they are on the screen."""
    playback = Playback(recording(searcher))
    assert playback.find("HELLO", forward=True)
    assert playback.at_ns // SECOND == 2
    assert rows(playback) == ["$ ls", "hello world"]
    assert not playback.find("other pane", forward=True)


def long_log(path: Path) -> StoredLog:
    """A pane that shows enough for many keyframes."""
    log = StoredLog(path)
    log.segment(NOW)
    log.log("start", NOW)
    offset, findings = 0, list[Finding]([EXEC])
    for number in range(400):
        data = b"%03d " % number * 500 + b"\r\n"
        findings.append(shown(number / 10, data, offset))
        offset += len(data)
        if number % 4 == 0:
            program = PROCESS._replace(key=ProcessKey(5000 + number, 0))
            findings.append(EXEC._replace(time_ns=at(number / 10), process=program))
            findings.append(ENDED._replace(time_ns=at(number / 10 + 0.1), process=program))
        if number % 7 == 0:
            findings.append(typed(number / 10))
    log.add(*sorted(findings, key=lambda finding: finding.time_ns))
    return log


def test_it_looks_the_same_from_a_keyframe(tmp_path: Path) -> None:
    """Of the index, as from the beginning."""
    with asking(long_log(tmp_path / "log")) as searcher:
        pane = recording(searcher)
        frames = {pane.keyframe(pane.duration_ns * part // 7).at_ns for part in range(8)}
        assert len(frames) > 3
        for share in (0.3, 0.77, 1):
            moment = round(pane.duration_ns * share)
            playback = Playback(pane)
            playback.seek(moment)
            scene = Scene(pane.keyframe(0))
            for event in pane.events(pane.keyframe(0)):
                if event.at_ns <= moment:
                    scene.apply(event)
            assert seen(playback.scene) == seen(scene)
            assert scene.command is not None


def test_a_damaged_keyframe_is_the_logs_trouble(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which has a cure."""
    pane = recording(searcher)
    frame = searcher.track_keyframe(searcher.tracks(Query())[0], at(9))
    if frame is None:
        return
    monkeypatch.setattr(searcher, "track_keyframe", lambda *_: frame._replace(state=b"x"))
    with pytest.raises(BadLog, match="reindex"):
        pane.keyframe(SECOND)


def test_an_alert_is_a_mark_where_its_cause_is(tmp_path: Path) -> None:
    """And not where it stands in the log."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    cause = EXEC._replace(time_ns=at(40))
    log.add(shown(0, b"$ ", 0), typed(39), cause, shown(40.5, b"ls", 2))
    alert = alert_on(Encoder(HOST, names, FixedClock()).encode(cause))
    (sequence,) = log.add_events([alert])
    log.add(shown(50, b"$ ", 4))
    with asking(log) as searcher:
        marks = recording(searcher).marks()
        assert [(round(mark.at_ns / SECOND), mark.kind) for mark in marks] == [
            (40, "command"), (40, "alert"),
        ]  # fmt: skip
        assert marks[1].label == "Somebody looks"
        ((named),) = meant(searcher, f"#{sequence}", Query())
        assert (named.name, round((named.at_ns or 0) / SECOND)) == ("%3", 10)
        clip = alert["ttytrace"]["alert"]["clip"]
        since, until = (wall_ns(clip[end]) // 1000 for end in ("since", "until"))
        found = meant(searcher, clip["target"], Query(since_us=since, until_us=until))
        assert [choice.name for choice in found] == ["%3"]
