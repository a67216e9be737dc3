"""The log as rules follow it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.written import Written, note, output
from tracer.codec.identity import Fields
from tracer.codec.moment import timestamp
from tracer.store.directory import Directory
from tracer.store.log import Log
from tracer.workers import rules_log as module
from tracer.workers.rules_log import RulesLog, before, told_from

HOUR_MS = 3_600_000


class Following:
    """A log that grows, and what is said of it."""

    def __init__(self, written: Written) -> None:
        self.written = written
        self.log: Log = written.open()
        self.segments = Directory(written.segments)
        self.said: list[Fields] = []

    def append(self, *events: Fields, after_ms: int = 1) -> None:
        stamp = self.written.stamp(after_ms)
        moment = {"@timestamp": timestamp(stamp.wall_ns)}
        self.log.append([moment | event for event in events], stamp)
        assert self.log.sync(self.written.stamp(1))

    def follow(self, first: int, behind_bytes: int = 1 << 40) -> RulesLog:
        log = RulesLog(self.segments, first, lambda **fields: self.said.append(fields))
        log.behind_limit_bytes = behind_bytes
        return log

    def place_of(self, number: int) -> int:
        """The sequence of the event of this number."""
        places = (at for at, r in enumerate(self.written.records()) if r.get("number") == number)
        return next(places)

    def before(self, first: int) -> list[int]:
        """The numbers of the events that come before."""
        lines = [line for line in before(self.segments, first) if b'"number"' in line.data]
        return [int(line.data.split(b'"number":')[1].split(b",")[0]) for line in lines]

    def close(self) -> None:
        self.segments.close()
        self.log.close(self.written.stamp(1))


@pytest.fixture
def following(written: Written) -> Iterator[Following]:
    with closing(Following(written)) as following:
        yield following


def test_each_record_comes_once(following: Following) -> None:
    """With what is next, at each moment."""
    following.append(note(1), note(2))
    log = following.follow(0)
    nexts = [(line.sequence, log.next) for line in log.take()]
    assert [at for at, _ in nexts] == list(range(following.log.size))
    assert all(sequence == at for sequence, at in nexts)
    assert (log.next, log.is_at_end) == (following.log.size, True)
    assert list(log.take()) == []
    first = log.next
    following.append(note(3))
    assert next(iter(log.take())).sequence == first
    assert following.said == []


def test_what_was_removed_is_told(following: Following) -> None:
    """In the middle, and where all was."""
    following.append(note(1))
    log = following.follow(0)
    list(log.take())
    end = log.next
    following.append(note(2))
    following.log.rotate(following.written.stamp(1))
    following.append(note(3))
    following.log.rotate(following.written.stamp(1))
    for path in sorted(Path(following.written.segments).glob("0*"))[:-1]:
        following.written.remove()
        path.unlink()
    late = following.follow(0)
    lines = list(late.take())
    assert following.said[0] == {
        "state": "dropped",
        "reason": "removed",
        "first": 0,
        "until": lines[0].sequence,
        "records": lines[0].sequence,
    }
    assert late.dropped == lines[0].sequence > end


def test_who_is_too_far_behind_goes_on_at_the_end(following: Following) -> None:
    """And says what was left out."""
    following.append(*(output(n, "x" * 100_000) for n in range(4)))
    log = following.follow(2, behind_bytes=300_000)
    assert list(log.take()) == []
    end = following.log.size
    assert log.behind_bytes > 300_000
    assert following.said == [
        {"state": "dropped", "reason": "behind", "first": 2, "until": end, "records": end - 2}
    ]
    assert log.next == end


def test_what_was_before_is_that_of_an_hour(following: Following) -> None:
    """Before the record, not before now."""
    following.append(note(1))
    following.append(note(2), after_ms=HOUR_MS - 10_000)
    following.append(note(3), after_ms=2 * HOUR_MS)
    following.append(note(4))
    assert [following.before(following.place_of(number)) for number in range(1, 5)] == [
        [],
        [1],
        [],
        [3],
    ]


def test_so_much_is_read_as_is_soon_read(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a log that is full of output, the last minutes."""
    monkeypatch.setattr(module, "BEFORE_BYTES", 100_000)
    following.append(output(1, "x" * 200_000))
    following.log.rotate(following.written.stamp(1))
    following.append(note(2), after_ms=30 * 60_000)
    following.log.rotate(following.written.stamp(1))
    following.append(note(3))
    assert following.before(following.place_of(3)) == [2]


def test_what_is_told_already_is_known(following: Following) -> None:
    """From that record on; nothing captured is taken for it."""
    alert = {"event": {"kind": "alert", "action": "alert"}}
    following.append(alert | {"ttytrace": {"alert": {"id": "a:1"}}})
    first = following.log.size
    following.append(alert | {"ttytrace": {"alert": {"id": "b:2"}}}, note(1, '"action":"alert"'))
    following.append(alert | {"ttytrace": {"alert": {"id": 5}}})
    assert told_from(following.segments, first) == {"b:2", ""}
    assert told_from(following.segments, 0) == {"a:1", "b:2", ""}
    assert told_from(following.segments, following.log.size) == set()


def test_an_alert_that_is_damaged_ends_nothing(following: Following, tmp_path: Path) -> None:
    """What is behind it is known."""
    alert = {"event": {"kind": "alert", "action": "alert"}}
    following.append(*[alert | {"ttytrace": {"alert": {"id": each}}} for each in ("a:1", "b:2")])
    damaged = shutil.copytree(following.written.segments, tmp_path / "damaged")
    for place in damaged.glob("*.jsonl"):
        place.write_bytes(place.read_bytes().replace(b'{"id":"a:1"}', b'{"id":"a:1"'))
    assert told_from(Directory(damaged), 0) == {"b:2", ""}
