"""A log that store/log.py writes, in a directory of a test, and what there is to say of it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import orjson

from tests.attributes import changeable
from tracer.codec.identity import Fields
from tracer.codec.log import control
from tracer.model.sealed import Stamp
from tracer.seal.report import Report, Verdict
from tracer.seal.stage import Keys
from tracer.seal.verify import Trust
from tracer.settings import LogSettings
from tracer.store.check import verify_log
from tracer.store.create import create
from tracer.store.directory import Directory
from tracer.store.log import Log, Pace
from tracer.store.state import StateFile

MS = 1_000_000
SECOND = 1000 * MS
START_NS = 1_790_000_000 * SECOND  # of wall time, at boot


def note(number: int, text: str = "") -> Fields:
    """An event that a test knows again."""
    return {"event": {"action": "exec"}, "number": number, "text": text, "ttytrace": {}}


def output(number: int, text: str) -> Fields:
    """One of what a pane showed."""
    return note(number, text) | {"event": {"action": "text_output"}}


class Written:
    """A new log in `place`, on a clock of its own. `ballast_mib` and others: of its settings."""

    def __init__(self, place: Path, **settings: Any) -> None:
        self.place = place
        self.seed = b""
        self.settings = LogSettings(
            directory=str(place / "log"),
            state=str(place / "keys"),
            **({"ballast_mib": 0} | settings),
        )
        self.segments = place / "log/log"
        self.now_ns = 5 * SECOND
        create(self.settings, self._keep_seed)

    @classmethod
    def at(cls, place: Path) -> Written:
        """One that is there; its seed is not known."""
        written = object.__new__(cls)
        written.place, written.segments, written.seed = place, place / "log/log", b""
        written.settings = LogSettings(str(place / "log"), str(place / "keys"), ballast_mib=0)
        written.now_ns = 5 * SECOND
        return written

    def copy(self, place: Path) -> Written:
        """The same log elsewhere."""
        shutil.copytree(self.place, place)
        twin = Written.at(place)
        twin.seed, twin.now_ns = self.seed, self.now_ns
        return twin

    def stamp(self, after_ms: int = 0) -> Stamp:
        """A moment so much later than the one before."""
        self.now_ns += after_ms * MS
        return Stamp(self.now_ns, START_NS + self.now_ns)

    def open(self, pace: Pace | None = None) -> Log:
        """The writer of it."""
        return Log.open(self.settings, self.stamp(1), *([pace] if pace else []))

    def stop(self, log: Log) -> None:
        """Ends it in order."""
        log.append([control("stop", self.stamp())], self.stamp())
        log.close(self.stamp(1))

    def names(self) -> list[str]:
        """Of all files beside each other in it."""
        return sorted(path.name for path in self.segments.iterdir())

    def records(self) -> list[Fields]:
        """Those of all segments: as far as the next one reaches, or the last seal."""
        paths = sorted(self.segments.glob("*.jsonl"))
        found: list[Fields] = []
        for path in paths:
            del found[int(path.stem) :]
            found += _records_of(path.read_bytes())
        return found

    def numbers(self) -> list[int]:
        """Of the events in it."""
        return [record["number"] for record in self.records() if "number" in record]

    def about(self, action: str) -> list[Fields]:
        """What the log's own records of this action say."""
        found = [record for record in self.records() if record["event"]["action"] == action]
        return [record["ttytrace"]["log"] for record in found]

    def report(self) -> Report:
        """What the verifier says, who knows the seed."""
        directory = Directory(self.segments)
        try:
            verifier = verify_log(directory, Trust(seed=self.seed), lambda *_: None)
        finally:
            directory.close()
        return verifier.report(START_NS + self.now_ns)

    def verdict(self) -> Verdict:
        """Only that."""
        return self.report().verdict

    def keys(self) -> Keys:
        """What the state file holds."""
        directory = Directory(self.place / "keys")
        state = StateFile(directory)
        try:
            return state.read()
        finally:
            state.close()
            directory.close()

    def remove(self) -> None:
        """Takes its attributes off, so that it can go."""
        changeable(self.place)

    def _keep_seed(self, seed: bytes) -> None:
        self.seed = seed


def _records_of(data: bytes) -> list[Fields]:
    lines = data.split(b"\n")[:-1]
    seals = [nth for nth, line in enumerate(lines) if b',"mac":"' in line]
    return [orjson.loads(line) for line in lines[: seals[-1] + 1]] if seals else []
