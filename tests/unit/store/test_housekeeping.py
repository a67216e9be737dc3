"""Beside recording: chores each minute, requests at once, and recording never waits for a job."""

from __future__ import annotations

import select
import socket
import threading
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from tests.attributes import changeable
from tests.keeping import DAY, SECOND, Kept
from tests.unit.store.test_requests import said
from tracer.codec.identity import Fields
from tracer.store.directory import Directory
from tracer.store.requests import address
from tracer.store.segments import segments_in


class Asked:
    """A peer that has asked."""

    def __init__(self, kept: Kept, what: Fields) -> None:
        self._keys = Directory(Path(kept.settings.state))
        self.peer = socket.socket(socket.AF_UNIX)
        self.peer.settimeout(10)
        self.peer.connect(address(self._keys))
        self.peer.sendall(orjson.dumps(what) + b"\n")

    def has_answer(self) -> bool:
        """Whether one is there."""
        return bool(select.select([self.peer], [], [], 0)[0])

    def error(self) -> object:
        """The answer's."""
        error = said(self.peer)
        self.peer.close()
        self._keys.close()
        return error


def forms(kept: Kept) -> list[bool]:
    """Of the segments, whether they are compressed."""
    return [segment.is_compressed for segment in segments_in(kept.directory)]


def test_what_is_closed_is_compressed(kept: Kept) -> None:
    """At the start what was there, and each minute what came."""
    kept.close_segment()
    kept.until(lambda: forms(kept) == [True, False])
    kept.close_segment()
    for _ in range(100):
        kept.turn()
    assert forms(kept) == [True, False, False]
    kept.wait(60 * SECOND)
    kept.until(lambda: forms(kept) == [True, True, False])
    assert kept.housekeeping.trouble is None


def test_what_a_crash_left_half_written_goes(kept: Kept) -> None:
    """At the start."""
    left = kept.segments / "000000000000.jsonl.zst.tmp"
    left.write_bytes(b"half")
    kept.until(lambda: not left.exists())


def test_trouble_is_told_and_ends(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be compressed now is tried again a minute later; recording goes on."""

    def no_room(fd: int) -> None:
        raise OSError(28, "No space left on device")

    kept.close_segment()
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", no_room)
        kept.until(lambda: kept.housekeeping.trouble)
    assert "No space" in str(kept.housekeeping.trouble)
    kept.turn(61 * SECOND)
    kept.until(lambda: forms(kept) == [True, False])
    kept.until(lambda: kept.housekeeping.trouble is None)


def test_one_chore_does_not_wait_for_another(kept: Kept) -> None:
    """A segment whose end can't be read keeps nothing from being compressed."""
    kept.close_segment()
    kept.append("one")
    kept.close_segment()
    path = kept.segments / segments_in(kept.directory)[1].name
    changeable(path.parent)
    path.chmod(0o600)
    path.write_bytes(b"damage")
    kept.until(lambda: forms(kept) == [True, True, False])
    kept.until(lambda: kept.housekeeping.trouble)


def test_a_read_is_recorded_before_it_is_answered(kept: Kept) -> None:
    """With who and with which command."""
    asked = Asked(kept, {"read": "ttytrace search --user ann"})
    kept.until(asked.has_answer)
    ((_, fields),) = kept.ours("read")
    assert fields["command"] == "ttytrace search --user ann"
    assert set(fields["by"]) == {"pid", "uid", "loginuid", "tty"}
    assert asked.error() is None


def test_an_erasure_is_done_before_it_is_answered(kept: Kept) -> None:
    """And a second one is refused."""
    index = kept.append("a secret that nobody may keep")
    kept.log.sync(kept.now)
    asked = Asked(kept, {"erase": index, "reason": "it is a secret"})
    kept.until(asked.has_answer)
    assert b"nobody may keep" not in b"".join(line for _, line in kept.lines())
    assert asked.error() is None
    again = Asked(kept, {"erase": index, "reason": ""})
    kept.until(again.has_answer)
    assert "erased already" in str(again.error())


@pytest.mark.parametrize(
    "what", [{}, {"erase": "1", "reason": ""}, {"erase": 1}, {"read": "x" * 4001}, {"stop": True}]
)
def test_what_can_not_be_asked_is_refused(kept: Kept, what: Fields) -> None:
    """Nothing is recorded of it."""
    size = kept.log.size
    asked = Asked(kept, what)
    kept.until(asked.has_answer)
    assert asked.error() == "there is no such request"
    assert kept.log.size - size < 20


def test_recording_does_not_wait_for_a_job(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one stands still, batches are written and requests served; the erasure waits."""
    gate = threading.Event()
    monkeypatch.setattr("tracer.store.housekeeping.compress", lambda *_: gate.wait())
    index = kept.append("text")
    kept.close_segment()
    kept.until(lambda: kept.housekeeping._place._thread._work_queue.qsize() == 0)
    for _ in range(50):
        kept.turn()
    erasure, read = Asked(kept, {"erase": index, "reason": ""}), Asked(kept, {"read": "x"})
    kept.until(read.has_answer)
    for _ in range(50):
        kept.turn()
    assert not erasure.has_answer()
    gate.set()
    kept.until(erasure.has_answer)
    assert read.error() is None and erasure.error() is None


def test_who_waits_at_the_end_is_told(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request was not done."""
    monkeypatch.setattr(kept.log, "sync", lambda stamp: False)
    asked = Asked(kept, {"read": "x"})
    for _ in range(3):
        kept.turn()
    monkeypatch.undo()
    kept.end()
    assert asked.error() == "ttytrace ends"
    kept.begin()


def test_too_much_at_once_is_refused(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes too late is told, and need not wait."""
    monkeypatch.setattr("tracer.store.housekeeping._MAX_TASKS", 1)
    monkeypatch.setattr(kept.log, "sync", lambda stamp: False)
    first, second = Asked(kept, {"read": "x"}), Asked(kept, {"read": "y"})
    kept.until(lambda: first.has_answer() or second.has_answer())
    told, waits = (first, second) if first.has_answer() else (second, first)
    assert told.error() == "too much is asked at once"
    monkeypatch.undo()
    kept.until(waits.has_answer)
    assert waits.error() is None


def test_other_settings_hold_for_the_next_chores(kept: Kept) -> None:
    """What is too old then goes."""
    kept.append("old")
    kept.close_segment()
    kept.until(lambda: forms(kept) == [True, False])
    kept.wait(2 * DAY)
    kept.housekeeping.configure(replace(kept.settings, keep_days=1))
    kept.close_segment()
    kept.until(lambda: kept.ours("prune"))


def test_what_the_log_takes_is_measured(kept: Kept) -> None:
    """With the chores."""
    kept.until(lambda: kept.housekeeping.space)
    space = kept.housekeeping.space
    assert space is not None and space.segments == 1 and space.bytes > 0 and space.free_bytes > 0
