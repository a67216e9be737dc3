"""A disk that is full: the ballast, what settings say, and how it ends. On a small file system."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.need import lacking
from tests.written import Written, note, output
from tracer.codec.identity import Fields
from tracer.codec.log import control
from tracer.errors import LogFull
from tracer.seal.report import Verdict
from tracer.settings import WhenFull
from tracer.store.log import Log

DISK_MIB = 24
KIB = 1024


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty ext4 of DISK_MIB."""
    if os.geteuid():
        lacking("mounting a file system needs root")
    place = tmp_path_factory.mktemp("disk")
    image, mounted = place / "image", place / "mounted"
    mounted.mkdir()
    with image.open("wb") as file:
        file.truncate(DISK_MIB << 20)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, mounted], check=True)
    yield mounted
    subprocess.run(["umount", "--lazy", mounted], check=True)  # a test that failed may use it


@pytest.fixture
def place(disk: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A directory on it, which is empty again afterwards."""
    place = disk / request.node.name.partition("[")[0]
    place.mkdir(mode=0o700)
    yield place
    Written.at(place).remove()
    subprocess.run(["rm", "-r", place], check=True)


class Full:
    """All room but `left_kib` taken by somebody else."""

    def __init__(self, place: Path, left_kib: int = 0) -> None:
        self._path = place / "else"
        room = os.statvfs(place)
        with self._path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - left_kib * KIB)

    def end(self) -> None:
        self._path.unlink()


def fill(written: Written, log: Log, count: int, first: int = 0) -> None:
    """Events of 8 KiB, every second of which a pane showed; a tick behind each."""
    for number in range(first, first + count):
        make = output if number % 2 else note
        log.append([make(number, "x" * 8000)], written.stamp(1))
        log.tick(written.stamp(500))


def gap_of(written: Written) -> Fields:
    (gap,) = written.about("gap")
    assert (gap["reason"], gap["error"]) == ("disk-full", "ENOSPC")
    assert gap["from"] < gap["to"]
    return gap


def ballast(written: Written) -> Path:
    return written.place / "log/ballast"


def test_the_ballast_is_what_goes_first(place: Path) -> None:
    """What panes show is dropped and counted then, all else is recorded in its room; when there is
    room again, so is everything."""
    written = Written(place, ballast_mib=1)
    log = written.open()
    assert ballast(written).stat().st_blocks * 512 >= 1 << 20
    full = Full(place, left_kib=200)
    fill(written, log, 60)
    assert not ballast(written).exists()
    full.end()
    fill(written, log, 4, first=60)
    assert ballast(written).stat().st_blocks * 512 >= 1 << 20
    fill(written, log, 4, first=64)
    log.close(written.stamp(1))
    gap = gap_of(written)
    numbers = written.numbers()
    dropped = set(range(68)) - set(numbers)
    assert len(dropped) == gap["records"] > 10
    assert all(number % 2 for number in dropped), "only output is dropped"
    assert numbers == sorted(numbers)
    assert gap["bytes"] > 8000 * gap["records"]
    assert written.verdict() is Verdict.INCOMPLETE


def test_suspended_while_it_is_full(place: Path) -> None:
    """Nothing is recorded but the log's own records and its checkpoints."""
    written = Written(place, ballast_mib=1, when_full=WhenFull.SUSPEND)
    log = written.open()
    full = Full(place, left_kib=200)
    fill(written, log, 60)
    seals = len(written.about("seal"))
    log.append([control("heartbeat", written.stamp())], written.stamp())
    fill(written, log, 10, first=60)
    assert len(written.about("seal")) >= seals + 3
    assert len(written.about("heartbeat")) == 1
    full.end()
    fill(written, log, 4, first=70)
    log.close(written.stamp(1))
    numbers = written.numbers()
    first = numbers.index(next(n for n in numbers if n != numbers.index(n)))
    assert numbers[:first] == list(range(first)), "until it was full"
    assert gap_of(written)["records"] == 74 - len(numbers)
    assert written.verdict() is Verdict.INCOMPLETE


def test_ended_when_it_is_full(place: Path) -> None:
    """The writer says so once; what was given to it, and how it ended, is sealed in the room of the
    ballast."""
    written = Written(place, ballast_mib=1, when_full=WhenFull.HALT)
    log = written.open()
    Full(place, left_kib=200)
    with pytest.raises(LogFull):
        fill(written, log, 60)
    written.stop(log)
    numbers = written.numbers()
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > 20
    assert written.verdict() is Verdict.OK
    again = written.open()
    assert again.recovery.after == "stop"
    again.close(written.stamp(1))


def test_full_at_the_end(place: Path) -> None:
    """What waited is sealed in the room of the ballast then, and the run ends as it would."""
    written = Written(place, ballast_mib=1, when_full=WhenFull.HALT)
    log = written.open()
    log.append([note(0, "x" * 60_000)], written.stamp(1))
    Full(place, left_kib=8)
    written.stop(log)
    assert written.numbers() == [0]
    assert written.verdict() is Verdict.OK
    assert not ballast(written).exists()


@pytest.mark.parametrize("when_full", [WhenFull.DROP_OUTPUT, WhenFull.SUSPEND])
def test_without_a_ballast(place: Path, when_full: WhenFull) -> None:
    """What was begun waits, in memory, until there is room; more than memory takes is dropped."""
    written = Written(place, ballast_mib=0, when_full=when_full)
    log = written.open()
    full = Full(place, left_kib=100)
    fill(written, log, 40)
    for number in range(40, 60):
        log.append([note(number, "x" * 1_000_000)], written.stamp(1))
        log.tick(written.stamp(100))
    full.end()
    fill(written, log, 4, first=60)
    log.close(written.stamp(1))
    gap, numbers = gap_of(written), written.numbers()
    assert numbers == sorted(set(numbers))
    assert len(numbers) + gap["records"] == 64
    assert numbers[-3:] == [61, 62, 63]
    assert written.verdict() is Verdict.INCOMPLETE


def test_killed_while_it_is_full(place: Path) -> None:
    """Half a write stands there; the next run declares it, once there is room."""
    written = Written(place, ballast_mib=0)
    pid = os.fork()
    if pid == 0:
        log = written.open()
        Full(place, left_kib=100)
        fill(written, log, 40)
        os._exit(0)
    os.waitpid(pid, 0)
    written.now_ns += 60 * 10**9
    with pytest.raises(LogFull):
        written.open()
    (place / "else").unlink()
    log = written.open()
    assert log.recovery.after == "crash"
    log.close(written.stamp(1))
    numbers = written.numbers()
    assert numbers == list(range(len(numbers)))
    assert [header["previous"]["end"] for header in written.about("segment")[1:]] == ["torn"]
    assert written.verdict() is Verdict.INCOMPLETE
