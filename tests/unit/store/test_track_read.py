"""tracer.store.track_read, and what search.py makes of it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, nullcontext
from pathlib import Path

import orjson
import pytest

from tests.samples import (
    ALICE,
    ENDED,
    EXEC,
    INPUT,
    LOST,
    NOT_TYPED,
    NOW,
    OUTPUT,
    PLACE,
    PTS,
    SECOND,
)
from tests.stored import StoredLog
from tracer.model.events import Tty
from tracer.model.findings import ClientOutput, Finding, TextOutput
from tracer.model.hands import How
from tracer.screen.screen import Screen
from tracer.screen.state import unpack
from tracer.store import index_file, index_read, index_shard, rows
from tracer.store.directory import Directory
from tracer.store.index import Index
from tracer.store.query import Query
from tracer.store.search import Searcher
from tracer.store.tracks import Track

ELSEWHERE = PLACE._replace(pane_id="%4", pane_pid=2000, session_id="$2", session_name="play")
NO_PANE = PLACE._replace(pane_id=None, pane_pid=None)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards, blocks and distances of keyframes of few records."""
    monkeypatch.setattr(index_file, "SHARD_RECORDS", 100)
    monkeypatch.setattr(rows, "FRAME_BYTES", 7 * rows.RECORD_BYTES)
    for module in (index_shard, index_read):
        monkeypatch.setattr(module, "BLOCK_RECORDS", 16)


@pytest.fixture
def log(tmp_path: Path) -> StoredLog:
    """A segment begun."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    return log


Ask = Callable[[], Searcher]


@pytest.fixture
def ask(log: StoredLog) -> Iterator[Ask]:
    """Makes a searcher of all that there is."""
    with ExitStack() as opened:

        def searcher() -> Searcher:
            index = Index(Directory(log.path))
            opened.callback(index.close)
            index.catch_up()
            found = Searcher(index)
            opened.callback(found.close)
            return found

        yield searcher


def outputs(count: int) -> Iterator[TextOutput]:
    """What a pane shows, in half a second each."""
    chance, offset = random.Random(2), 0
    for number in range(count):
        text = (
            f"row {number}\r\n" if chance.random() < 0.7 else f"\x1b[{number % 20}Hplace {number}"
        )
        now = NOW + number * SECOND // 2
        yield OUTPUT._replace(time_ns=now, end_ns=now, offset=offset, data=text.encode())
        offset += len(text)


def actions(records: Iterator[tuple[int, bytes]]) -> list[str]:
    return [orjson.loads(line)["event"]["action"] for _, line in records]


def test_a_track_has_all_that_concerns_its_terminal(log: StoredLog, ask: Ask) -> None:
    """Also what happened to nobody in particular while it was there; nothing of others."""
    log.add(EXEC, EXEC._replace(place=ELSEWHERE))
    log.log("start", NOW)
    log.add(OUTPUT._replace(offset=0), OUTPUT._replace(place=ELSEWHERE, tty=Tty(136, 4)), INPUT)
    log.log("gap", NOW, reason="stalled")
    log.add(LOST._replace(tty=None, place=None), LOST, ENDED)
    log.log("stop", NOW)
    searcher = ask()
    here, elsewhere = searcher.tracks(Query())
    assert actions(searcher.track_records(here)) == [
        "exec", "text_output", "text_input", "gap", "lost", "lost", "end",
    ]  # fmt: skip
    assert actions(searcher.track_records(elsewhere)) == ["exec", "text_output"]
    assert (
        searcher.tracks(Query(pane="%4")) == searcher.tracks(Query(session="play")) == [elsewhere]
    )


def test_a_client_is_a_track_of_its_own(log: StoredLog, ask: Ask) -> None:
    """Even on the terminal of a pane."""
    client = ClientOutput(NOW, NOW, ALICE, NO_PANE, PTS, 24, 80, 0, b"status\r\n")
    log.add(OUTPUT._replace(offset=0), client, client._replace(offset=8, data=b"more"))
    searcher = ask()
    pane, seen = searcher.tracks(Query())
    assert (seen.key.kind, seen.key.pid, seen.people, seen.size) == ("client", 77, ("alice",), 12)
    assert actions(searcher.track_records(pane)) == ["text_output"]
    assert actions(searcher.track_records(seen)) == ["client_output"] * 2
    assert searcher.find(Query(text="status")) == []
    assert len(searcher.find(Query(text="status", kinds=("client_output",)))) == 1


def test_a_keyframe_and_what_follows_is_what_was_shown(log: StoredLog, ask: Ask) -> None:
    """At any moment, from shard to shard."""
    shown = list(outputs(150))
    for output in shown:
        log.add(output, EXEC._replace(place=ELSEWHERE))
    searcher = ask()
    (track,) = searcher.tracks(Query())
    assert (track.first_ns, track.last_ns) == (shown[0].time_ns, shown[-1].time_ns)
    assert searcher.track_keyframe(track, NOW) is None
    screen, read = Screen(80, 24), list[int]()
    for output in shown:
        screen.feed(output.data)
        found, count = screen_at(searcher, track, output.time_ns)
        assert rows_of(found) == rows_of(screen)
        read.append(count)
    assert max(read) <= 7


def test_a_keyframe_of_anything_else_is_damage(log: StoredLog, ask: Ask) -> None:
    """SQLite keeps anything anywhere."""
    log.add(*outputs(20))
    (track,) = ask().tracks(Query())
    (file,) = (log.path / "index").glob("*.sqlite")
    with closing(sqlite3.connect(file)) as db:
        for column, value in (("state", "text"), ("time_us", "now"), ("doubt", 0.5)):
            (before,) = db.execute(f"SELECT {column} FROM keyframe LIMIT 1").fetchone()
            for kept, expected in (
                (value, pytest.raises(sqlite3.DatabaseError)),
                (before, nullcontext()),
            ):
                db.execute(f"UPDATE keyframe SET {column} = ?", (kept,))
                db.commit()
                with expected:
                    assert ask().track_keyframe(track, 1 << 62) is not None


def screen_at(searcher: Searcher, track: Track, at_ns: int) -> tuple[Screen, int]:
    """What a track showed, and how many records had to be read for that."""
    frame = searcher.track_keyframe(track, at_ns)
    screen, count = unpack(frame.state) if frame else Screen(track.columns, track.rows), 0
    for _, line in searcher.track_records(track, frame.sequence if frame else 0):
        event = orjson.loads(line)
        if event["ttytrace"]["boottime_ns"] > at_ns:
            break
        screen.feed(event["process"]["io"]["text"].encode())
        count += 1
    return screen, count


def rows_of(screen: Screen) -> tuple[list[str], object]:
    return [row.text() for row in screen.lines], screen.cursor


def test_moments_are_told_without_the_lines(log: StoredLog, ask: Ask) -> None:
    """With commands as they were typed, by both clocks."""
    later = NOW + 3 * SECOND
    log.add(EXEC, OUTPUT._replace(offset=0), ENDED._replace(time_ns=later), INPUT)
    searcher = ask()
    (track,) = searcher.tracks(Query())
    moments = searcher.track_moments(track, ("exec", "end"))
    assert [(each.sequence, each.kind, each.command) for each in moments] == [
        (1, "exec", "ls -l my file"), (3, "end", "ls -l my file"),
    ]  # fmt: skip
    assert [each.boottime_ns for each in moments] == [NOW // 1000 * 1000, later // 1000 * 1000]
    assert moments[1].time_us - moments[0].time_us == 3_000_000


def test_what_was_seen_is_found_in_its_track(log: StoredLog, ask: Ask) -> None:
    """In any case of letters, in order; not what a program was called, nor what others saw."""
    shown = list(outputs(120))
    first = log.add(*shown)[0]
    log.add(OUTPUT._replace(place=ELSEWHERE, tty=Tty(136, 4), data=b"row 1\r\n"))
    log.add(EXEC._replace(process=EXEC.process._replace(argv=(b"row 1",))))
    searcher = ask()
    track = searcher.tracks(Query())[0]
    expected = [number for number, output in enumerate(shown) if b"row 1" in output.data]
    found = [moment.sequence - first for moment in searcher.track_find(track, "ROW 1")]
    assert found == sorted(found)
    assert set(expected) <= set(found)
    assert list(searcher.track_find(track, "row 9999")) == []


@pytest.mark.parametrize("finding", [OUTPUT, EXEC, INPUT, LOST])
def test_a_record_names_its_track(log: StoredLog, ask: Ask, finding: Finding) -> None:
    """Whatever it says of it; a record of nobody's has none."""
    log.add(OUTPUT, OUTPUT._replace(place=ELSEWHERE, tty=Tty(136, 4)))
    (sequence,) = log.add(finding)
    log.add(OUTPUT)
    searcher = ask()
    track = searcher.track_of(sequence)
    assert track is not None
    assert track.pane_id == "%3"
    assert searcher.track_of(0) is None
    assert searcher.track_of(1 << 40) is None


def test_what_a_terminal_answered_is_not_typed(log: StoredLog, ask: Ask) -> None:
    """It is read with all that concerns the track, and is none of the moments of input."""
    unknown = INPUT._replace(typed_by=(NOT_TYPED,))
    reply = INPUT._replace(typed_by=(NOT_TYPED._replace(how=How.TERMINAL_REPLY),))
    log.add(OUTPUT, INPUT, reply, unknown)
    searcher = ask()
    (track,) = searcher.tracks(Query())
    first = track.first_sequence
    moments = searcher.track_moments(track, ("text_input",))
    assert [moment.sequence - first for moment in moments] == [1, 3]
    assert actions(searcher.track_records(track)) == ["text_output", *["text_input"] * 3]


def test_the_newest_of_some_kinds_are_found_from_behind(log: StoredLog, ask: Ask) -> None:
    """Below any record, from shard to shard; and the first."""
    for output in outputs(120):
        log.add(output, INPUT, EXEC if output.offset % 3 else ENDED)
    searcher = ask()
    (track,) = searcher.tracks(Query())
    for kinds in (("exec", "end"), ("text_input",), ("lost",)):
        every = [moment.sequence for moment in searcher.track_moments(track, kinds)]
        assert searcher.track_first(track, kinds) == (every[0] if every else None)
        for before in (0, 50, 333, log.size):
            for limit in (1, 5, 1000):
                expected = [each for each in every if each < before][-limit:]
                assert searcher.track_newest(track, before, kinds, limit) == expected
