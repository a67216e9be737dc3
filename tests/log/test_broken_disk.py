"""A disk that fails: what it did not sync is written again elsewhere, and nothing is lost.

The writer runs in a process whose calls tests/workload/failing.c lets fail.
"""

from __future__ import annotations

import ctypes
import errno
import subprocess
import sys
from collections.abc import Iterator
from os import environ
from pathlib import Path

import pytest

from tests.meta.sources import REPO
from tests.written import Written, note
from tracer.seal.report import Verdict
from tracer.store.log import Log

SEGMENT = ".jsonl"


@pytest.fixture(scope="session")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library."""
    library = tmp_path_factory.mktemp("failing") / "failing.so"
    source = REPO / "tests/workload/failing.c"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source], check=True
    )
    return library


@pytest.fixture
def written(tmp_path: Path, failing: Path, request: pytest.FixtureRequest) -> Iterator[Written]:
    """What the function of this module left that has the test's name without "test"."""
    log = Written(tmp_path)
    name = request.node.name.removeprefix("test")
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.log import test_broken_disk as own\n"
        "from tests.written import Written\n"
        f"written = Written.at(Path({str(tmp_path)!r}))\n"
        f"own.{name}(written)\nprint(written.now_ns)"
    )
    preloaded = environ | {"LD_PRELOAD": str(failing), "PYTHONPATH": str(REPO)}
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, env=preloaded, capture_output=True, text=True, check=False)
    try:
        assert not done.returncode, done.stderr
        log.now_ns = int(done.stdout)
        yield log
    finally:
        log.remove()


def fail_next(call: str, path: str, count: int = 1, error: int = errno.EIO) -> None:
    ctypes.CDLL(None).fail_next(call.encode(), path.encode(), error, count)


def begun(written: Written) -> Log:
    """Three events, of which a checkpoint covers two."""
    log = written.open()
    log.append([note(0), note(1)], written.stamp(1))
    assert log.sync(written.stamp(1))
    log.append([note(2)], written.stamp(1))
    log.tick(written.stamp(50))
    return log


def ended(written: Written, log: Log) -> None:
    """Two more, after some time for the log to mend."""
    log.append([note(3)], written.stamp(1))
    for _ in range(5):
        log.tick(written.stamp(1000))
    log.append([note(4)], written.stamp(1))
    log.close(written.stamp(1))


def check(written: Written, segments: int) -> None:
    """All is there, and the log says what happened."""
    assert written.numbers() == list(range(5))
    assert written.verdict() is Verdict.INCOMPLETE
    previous = [header["previous"] for header in written.about("segment")]
    ends = [before["end"] for before in previous if before]
    assert ends == ["io-error"] * (segments - 1)
    assert [before["sha256"] for before in previous if before] == [None] * (segments - 1)
    assert all(before["bytes"] > 0 for before in previous if before)
    gaps = written.about("gap")
    assert len(gaps) == segments - 1
    for gap in gaps:
        assert (gap["reason"], gap["error"]) == ("io-error", "EIO")
        assert gap["from"] < gap["to"]
        assert gap["records"] == gap["bytes"] == 0


def _a_sync_that_fails(written: Written) -> None:
    log = begun(written)
    fail_next("fdatasync", SEGMENT)
    before = log.size
    log.tick(written.stamp(1000))
    size = (written.segments / "000000000000.jsonl").stat().st_size
    ended(written, log)
    assert log.size > before
    assert (written.segments / "000000000000.jsonl").stat().st_size == size


def test_a_sync_that_fails(written: Written) -> None:
    """The file is not touched again; what it held behind the last checkpoint stands in the next."""
    check(written, 2)
    assert "new" not in written.names()


def _a_write_that_fails(written: Written) -> None:
    log = begun(written)
    fail_next("write", SEGMENT)
    ended(written, log)


def test_a_write_that_fails(written: Written) -> None:
    """As a sync."""
    check(written, 2)


def _new_files_that_fail(written: Written) -> None:
    log = begun(written)
    fail_next("fdatasync", "/log/", 4)
    for _ in range(3):
        log.append([], written.stamp(1))
        log.tick(written.stamp(1000))
    ended(written, log)


def test_new_files_that_fail(written: Written) -> None:
    """Each second another is tried; meanwhile events are kept in memory."""
    check(written, 2)


def _a_retry_each_second(written: Written) -> None:
    log = begun(written)
    fail_next("fdatasync", "/log/", 3)
    log.tick(written.stamp(1000))
    for _ in range(90):
        log.tick(written.stamp(10))
    assert written.names() == ["000000000000.jsonl"]
    ended(written, log)


def test_a_retry_each_second(written: Written) -> None:
    """Not at each tick, of which there are forty: a disk that fails is slow, too."""
    check(written, 2)


def _a_full_disk_that_breaks(written: Written) -> None:
    log = begun(written)
    fail_next("write", SEGMENT, 1, errno.ENOSPC)
    log.tick(written.stamp(1000))
    log.append([note(3)], written.stamp(1))
    fail_next("write", SEGMENT, 1, errno.EIO)
    log.tick(written.stamp(10))
    log.tick(written.stamp(10))
    log.append([note(4)], written.stamp(1))
    log.close(written.stamp(1))


def test_a_full_disk_that_breaks(written: Written) -> None:
    """What waited for room, and what came meanwhile, stands in the next segment."""
    assert written.numbers() == list(range(5))
    (gap,) = written.about("gap")
    assert (gap["reason"], gap["error"]) == ("disk-full", "ENOSPC")
    assert [part["previous"]["end"] for part in written.about("segment")[1:]] == ["io-error"]
    assert written.verdict() is Verdict.INCOMPLETE


def _a_sync_without_room(written: Written) -> None:
    log = begun(written)
    fail_next("fdatasync", SEGMENT, 1, errno.ENOSPC)
    ended(written, log)


def test_a_sync_without_room(written: Written) -> None:
    """Room that was only promised: nobody knows what is on the disk, so the file is given up."""
    assert written.numbers() == list(range(5))
    assert [part["previous"]["end"] for part in written.about("segment")[1:]] == ["io-error"]
    assert written.verdict() is Verdict.INCOMPLETE


def _a_segment_that_fails_again(written: Written) -> None:
    log = begun(written)
    fail_next("fdatasync", SEGMENT)
    log.tick(written.stamp(1000))
    log.tick(written.stamp(10))
    fail_next("fdatasync", SEGMENT)
    ended(written, log)


def test_a_segment_that_fails_again(written: Written) -> None:
    """The one that should have mended it fails as well: the same once more."""
    check(written, 3)


def _a_name_that_fails(written: Written) -> None:
    log = begun(written)
    fail_next("fdatasync", SEGMENT)
    log.tick(written.stamp(1000))
    fail_next("fsync", "/log/log")
    ended(written, log)


def test_a_name_that_fails(written: Written) -> None:
    """A new segment whose name may not be on the disk is made anew."""
    check(written, 2)


def _a_rekey_that_fails(written: Written) -> None:
    log = begun(written)
    log.append([note(3)], written.stamp(1))
    assert log.sync(written.stamp(1))
    fail_next("write", SEGMENT)
    written.now_ns += 60 * 10**9
    log._checkpoint_ns = written.now_ns  # the rekey alone
    log._rekey(written.stamp())
    for _ in range(3):
        log.tick(written.stamp(1000))
    log.append([note(4)], written.stamp(1))
    for _ in range(130):
        log.tick(written.stamp(1000))
    log.close(written.stamp(1))


def test_a_rekey_that_fails(written: Written) -> None:
    """The epoch goes on in the next segment, until a rekey succeeds."""
    assert written.numbers() == list(range(5))
    assert written.verdict() is Verdict.INCOMPLETE
    assert [rekey["epoch"] for rekey in written.about("rekey")] == [1, 2, 3]


def _no_room_for_the_next_segment(written: Written) -> None:
    log = begun(written)
    fail_next("write", "/log/new", 3, errno.ENOSPC)
    for _ in range(3):
        log.rotate(written.stamp(1000))
        assert written.names() == ["000000000000.jsonl"]
        assert written.numbers() == [0, 1, 2]
    log.append([note(3)], written.stamp(1))
    log.rotate(written.stamp(1000))
    log.append([note(4)], written.stamp(1))
    log.close(written.stamp(1))


def test_no_room_for_the_next_segment(written: Written) -> None:
    """The one that there is goes on, until there is."""
    assert len(written.names()) == 2
    assert written.numbers() == list(range(5))
    assert [gap["reason"] for gap in written.about("gap")] == ["disk-full"] * 3
    _, second = written.about("segment")
    assert second["previous"]["end"] == "sealed"
    assert written.verdict() is Verdict.INCOMPLETE


def _keys_that_can_not_be_put_away(written: Written) -> None:
    log = begun(written)
    fail_next("fdatasync", "/keys/state", 1000)
    for _ in range(130):
        log.tick(written.stamp(1000))
    assert log.state_error is not None
    fail_next("", "", 0)
    for _ in range(5):
        log.tick(written.stamp(1000))
    assert log.state_error is None
    ended(written, log)


def test_keys_that_can_not_be_put_away(written: Written) -> None:
    """The record goes on, in the same epoch until they can be."""
    assert written.numbers() == list(range(5))
    assert written.verdict() is Verdict.OK
    assert len(written.about("rekey")) == 1


def _a_disk_that_is_gone(written: Written) -> None:
    log = begun(written)
    fail_next("write", "/log/", 1 << 30)
    for number in range(20):
        log.append([note(number + 3, "x" * 1_000_000)], written.stamp(1))
        log.tick(written.stamp(1000))
    fail_next("", "", 0)
    for _ in range(3):
        log.tick(written.stamp(1000))
    log.append([note(100)], written.stamp(1))
    log.close(written.stamp(1))


def test_a_disk_that_is_gone(written: Written) -> None:
    """What memory doesn't hold is dropped and counted."""
    (gap,) = written.about("gap")
    kept = 23 - gap["records"]
    assert 14 <= kept < 23
    assert gap["bytes"] > gap["records"] * 1_000_000
    assert written.numbers() == [*range(kept), 100]
    assert written.verdict() is Verdict.INCOMPLETE


def _a_disk_that_is_gone_to_the_end(written: Written) -> None:
    log = begun(written)
    fail_next("write", "/log/", 1 << 30)
    log.append([note(3)], written.stamp(1))
    log.tick(written.stamp(1000))
    log.close(written.stamp(1))


def test_a_disk_that_is_gone_to_the_end(written: Written) -> None:
    """What was synced stays, and the next run goes on from there."""
    log = written.open()
    assert log.recovery.after == "crash"
    log.append([note(3)], written.stamp(1))
    log.close(written.stamp(1))
    assert written.numbers() == [0, 1, 2, 3]
    assert written.verdict() is Verdict.INCOMPLETE
