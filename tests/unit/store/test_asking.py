"""What a command wants of this host's log is done by whoever records, or by itself."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.keeping import Kept
from tracer.errors import LogBusy, NoAnswer, NotErased
from tracer.seal.report import Verdict
from tracer.store.asking import has_done, note_reading
from tracer.store.errands import erase_request, read_request


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """A log of a run that ended in order."""
    kept = Kept(tmp_path)
    kept.append("text")
    yield kept
    kept.release()


@contextmanager
def recording(kept: Kept) -> Iterator[None]:
    """While a recorder turns."""
    over = threading.Event()

    def turn() -> None:
        while not over.wait(0.001):
            kept.turn(1_000_000)

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def actions(kept: Kept) -> list[str]:
    """Of the log's own records, less seals and segments."""
    return [
        record["event"]["action"]
        for record in kept.records()
        if "log" in record.get("ttytrace", {}) and record["event"]["action"] not in QUIET
    ]


QUIET = ("seal", "segment", "rekey")


def test_the_recorder_does_it(kept: Kept) -> None:
    """The log stays its own; what it can't do is said."""
    with recording(kept):
        has_done(kept.settings, read_request("ttytrace search"))
        with pytest.raises(NoAnswer, match="about the log itself"):
            has_done(kept.settings, erase_request(0, ""))
    kept.end()
    assert actions(kept) == ["read"]


def test_without_a_recorder_it_is_done_all_the_same(kept: Kept) -> None:
    """The next run sees a log that was ended in order."""
    kept.stop(kept.log)
    kept.leave()
    has_done(kept.settings, read_request("ttytrace search"))
    with pytest.raises(NotErased, match="about the log itself"):
        has_done(kept.settings, erase_request(0, ""))
    assert actions(kept) == ["stop", "read", "stop", "stop"]
    kept.log = kept.open()
    assert kept.log.recovery.after == "stop"
    kept.log.close(kept.now)


def test_a_crash_is_told_first(kept: Kept) -> None:
    """As the recorder would have: from its last seal to now."""
    kept.end()
    has_done(kept.settings, read_request("ttytrace search"))
    assert actions(kept) == ["gap", "read", "stop"]
    (gap,) = kept.about("gap")
    assert gap["reason"] == "crash"
    assert gap["from"] < gap["to"]
    assert kept.verdict() in (Verdict.OK, Verdict.INCOMPLETE)


def test_a_recorder_that_stands_still_is_not_waited_for(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For longer than a minute; nothing is done behind its back."""
    monkeypatch.setattr("tracer.store.asking._PATIENCE_S", 0.05)
    with pytest.raises(NoAnswer, match="timed out"):
        has_done(kept.settings, read_request("x"))
    kept.leave()
    with pytest.raises(LogBusy):
        has_done(kept.settings, read_request("x"))
    kept.log.close(kept.now)


def test_a_disk_that_takes_nothing_is_not_waited_for(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be recorded is not done."""
    kept.end()
    monkeypatch.setattr("tracer.store.asking._PATIENCE_S", 0.05)
    with monkeypatch.context() as patch:
        patch.setattr("tracer.store.log.Log.sync", lambda self, stamp: False)
        patch.setattr("tracer.store.log.Log.close", lambda self, stamp: self._closing.close())
        with pytest.raises(NoAnswer, match="disk"):
            has_done(kept.settings, read_request("x"))


def test_reading_this_hosts_log_is_recorded(kept: Kept, tmp_path: Path) -> None:
    """By whichever path it is named; a copy has no keys to do it with."""
    kept.end()
    own = Path(kept.settings.directory)
    note_reading(kept.settings, None, "one")
    note_reading(kept.settings, own / "." / "log" / "..", "two")
    shutil.copytree(own, tmp_path / "copy")
    note_reading(kept.settings, tmp_path / "copy", "three")
    note_reading(kept.settings, tmp_path / "nothing", "four")
    assert [fields["command"] for fields in kept.about("read")] == ["one", "two"]


def test_a_log_without_its_keys_is_a_copy(kept: Kept, tmp_path: Path) -> None:
    """Also where the host's own would be."""
    kept.end()
    shutil.rmtree(kept.settings.state)
    note_reading(kept.settings, None, "one")
    assert kept.about("read") == []


def test_who_may_not_use_the_keys_leaves_no_record(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are root's."""
    kept.end()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    note_reading(kept.settings, None, "one")
    assert kept.about("read") == []
