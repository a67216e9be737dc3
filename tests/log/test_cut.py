"""A process that is killed leaves any part of what it was writing: byte by byte, call by call."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.attributes import changeable
from tests.crash import kill_before
from tests.written import Written, note
from tracer.seal.report import Verdict

COVERED = 3  # events before run()


class Killed(BaseException):
    """Instead of SIGKILL."""


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """In memory: thousands of starts sync a lot."""
    path = Path(tempfile.mkdtemp(dir="/dev/shm"))
    yield path
    changeable(path)
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def before(place: Path) -> Written:
    """A log with a run that ended, and one that was killed."""
    written = Written(place / "before")
    log = written.open()
    log.append([note(0)], written.stamp())
    written.stop(log)
    with killed():
        log = written.open()
        log.append([note(1), note(2)], written.stamp())
        assert log.sync(written.stamp(1))
        raise Killed
    return written


def run(written: Written) -> None:
    """Begins a segment; a write with a seal; a checkpoint, a rekey, another segment."""
    log = written.open()
    log.append([note(3, '"mac":"\n'), note(4)], written.stamp(1))
    log.tick(written.stamp(30))
    log.append([note(5)], written.stamp(1))
    log.tick(written.stamp(61_000))
    log.rotate(written.stamp(1))


def check(written: Written, covered: int = COVERED) -> None:
    """What must hold after a kill."""
    numbers = written.numbers()
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= covered
    assert written.verdict() in (Verdict.OK, Verdict.INCOMPLETE)
    log = written.open()
    assert log.recovery.after == "crash"
    log.append([note(len(numbers))], written.stamp(1))
    log.close(written.stamp(1))
    assert written.numbers() == [*numbers, len(numbers)]
    assert written.verdict() in (Verdict.OK, Verdict.INCOMPLETE)


def remove(written: Written) -> None:
    changeable(written.place)
    shutil.rmtree(written.place)


@contextmanager
def killed() -> Iterator[None]:
    """What is done in here ends as if its process had been killed, if it didn't end before."""
    before = open_files()
    with suppress(Killed):
        yield
    for fd in open_files() - before:
        os.close(fd)


def open_files() -> set[int]:
    listed = [int(path.name) for path in Path("/proc/self/fd").iterdir()]
    return {fd for fd in listed if Path(f"/proc/self/fd/{fd}").exists()}  # but for the list's own


def cut(monkeypatch: pytest.MonkeyPatch, budget: int) -> Callable[[], int]:
    """Lets so many bytes be written and no more; what is returned says how many were."""
    write, total = os.write, 0

    def limited(fd: int, data: bytes) -> int:
        nonlocal total
        part = data[: budget - total]
        total += len(part)
        write(fd, part)
        if len(part) < len(data):
            raise Killed
        return len(part)

    monkeypatch.setattr(os, "write", limited)
    return lambda: total


def test_cut_at_every_byte(before: Written, place: Path) -> None:
    """Whatever stands in the files counts as far as it is sealed; the rest is declared."""
    budget = 0
    while True:
        written = before.copy(place / "twin")
        with killed(), pytest.MonkeyPatch.context() as monkeypatch:
            used = cut(monkeypatch, budget)
            run(written)
        check(written)
        remove(written)
        if used() < budget:
            break
        budget += 1
    assert budget > 1000


def test_killed_before_every_call(before: Written, place: Path) -> None:
    """Also between the writes: before each sync, each new name, each new key."""
    nth = 0
    while True:
        written = before.copy(place / "twin")
        was_killed = kill_before(nth, lambda: run(written))  # noqa: B023 - called at once
        check(written)
        remove(written)
        if not was_killed:
            break
        nth += 1
    assert nth > 10
