"""A power cut leaves what was synced, and of the rest any part: of the log, and of its state."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.attributes import changeable
from tests.written import Written, note
from tracer.seal.report import Verdict


class Cut(NamedTuple):
    """What is on the disk then."""

    segments: dict[str, bytes]
    state: bytes


class Disk:
    """What may be on it whenever the power goes: of the last segment what was synced, and any part
    of what was written since; the state as it was synced, or at any write since."""

    def __init__(self, written: Written) -> None:
        self.written = written
        self.state = written.place / "keys/state"
        self.synced: dict[int, int] = {}  # inode -> bytes
        self.states = [self.state.read_bytes()]  # since the sync
        self.cuts: list[Cut] = []

    def changed(self, fd: int) -> None:
        """By a write."""
        if self._is_state(fd):
            self.states.append(self.state.read_bytes())
        self._remember()

    def was_synced(self, fd: int) -> None:
        if self._is_state(fd):
            del self.states[:-1]
        else:
            found = os.fstat(fd)
            self.synced[found.st_ino] = found.st_size
        self._remember()

    def _is_state(self, fd: int) -> bool:
        return os.fstat(fd).st_ino == self.state.stat().st_ino

    def _remember(self) -> None:
        *before, last = sorted(self.written.segments.glob("*.jsonl")) or [None]
        ended = {path.name: path.read_bytes() for path in before}
        for state in dict.fromkeys(self.states):
            self.cuts += [Cut(ended | grown, state) for grown in self._any_part_of(last)]

    def _any_part_of(self, path: Path | None) -> list[dict[str, bytes]]:
        if path is None:
            return [{}]
        data, size = path.read_bytes(), self.synced[path.stat().st_ino]
        ends = {size, (size + len(data)) // 2, data.rfind(b"\n", size, -1) + 1 or size, len(data)}
        return [{path.name: data[:end]} for end in sorted(ends)]


@pytest.fixture
def place() -> Iterator[Path]:
    """In memory: hundreds of starts sync a lot."""
    path = Path(tempfile.mkdtemp(dir="/dev/shm"))
    yield path
    changeable(path)
    shutil.rmtree(path)


def run(written: Written) -> None:
    """Writes behind a checkpoint, a checkpoint, a rekey, another segment."""
    log = written.open()
    number = 0
    for after_ms in (30, 30, 1000, 30, 61_000, 30, 30):
        log.append([note(number), note(number + 1)], written.stamp(1))
        log.tick(written.stamp(after_ms))
        number += 2
    log.rotate(written.stamp(1))
    log.append([note(number)], written.stamp(1))
    log.tick(written.stamp(30))


def observed(written: Written) -> Disk:
    """The disk during run()."""
    disk = Disk(written)

    def watched(name: str, tell: Any) -> Any:
        call = getattr(os, name)

        def then(fd: int, *args: Any) -> Any:
            found = call(fd, *args)
            tell(fd)
            return found

        return then

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(os, "write", watched("write", disk.changed))
        monkeypatch.setattr(os, "pwrite", watched("pwrite", disk.changed))
        monkeypatch.setattr(os, "fdatasync", watched("fdatasync", disk.was_synced))
        run(written)
    return disk


def after(written: Written, cut: Cut, place: Path) -> Written:
    """The log as it is found when the power is back."""
    twin = written.copy(place)
    changeable(twin.place)
    shutil.rmtree(twin.segments)
    twin.segments.mkdir(0o700)
    for name, data in cut.segments.items():
        (twin.segments / name).write_bytes(data)
    (twin.place / "keys/state").write_bytes(cut.state)
    return twin


def test_the_power_is_cut_at_any_moment(place: Path) -> None:
    """The log goes on behind what is there, says what it lost, and calls nobody a forger."""
    written = Written(place / "log")
    ways = set()
    for cut in observed(written).cuts:
        twin = after(written, cut, place / "twin")
        numbers, seals = twin.numbers(), twin.about("seal")
        log = twin.open()
        log.append([note(100)], twin.stamp(1))
        log.close(twin.stamp(1))
        assert twin.numbers() == [*numbers, 100]
        header = twin.about("segment")[-1]
        end = header["previous"]["end"] if seals else "sealed"
        expected = [Verdict.INCOMPLETE] if end == "torn" else [Verdict.OK, Verdict.INCOMPLETE]
        assert twin.verdict() in expected, twin.report()
        ways.add((end, header["interval"] - seals[-1]["interval"] if seals else 1))
        changeable(twin.place)
        shutil.rmtree(twin.place)
    assert ways == {("sealed", 1), ("torn", 1), ("torn", 2)}
