"""A log of its own, written by the real writer under a clock that the test moves, and looked after
by the real housekeeping."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from tests.samples import HOST, OUTPUT, PLACE, FixedClock, names
from tests.written import SECOND, Written
from tracer.codec.ecs import Encoder
from tracer.codec.identity import Fields
from tracer.errors import BadLog
from tracer.model.sealed import Stamp
from tracer.seal.report import Verdict
from tracer.seal.verify import Trust
from tracer.store.check import verify_log
from tracer.store.directory import Directory
from tracer.store.housekeeping import Housekeeping
from tracer.store.requests import Requests
from tracer.store.segments import SegmentReader, segments_in

DAY = 86_400 * SECOND
_TURNS = 50_000
_ENCODER = Encoder(HOST, names, FixedClock())


def output(text: str) -> Fields:
    """What a pane showed, in a session and a window that are called so too."""
    place = PLACE._replace(session_name=text, window_name=text)
    return _ENCODER.encode(OUTPUT._replace(place=place, data=text.encode() + b"\r\n"))


class Kept(Written):
    """Such a log, and a run that writes it; segments are closed by close_segment()."""

    def __init__(self, place: Path, **settings: Any) -> None:
        super().__init__(place, **settings)
        self.directory = Directory(self.segments)
        self.begin()

    @property
    def now(self) -> Stamp:
        """This moment."""
        return self.stamp()

    def begin(self) -> None:
        """A run begins."""
        self.log = self.open()
        self.housekeeping = Housekeeping(self.settings)
        self.keys_at = Directory(Path(self.settings.state))
        self.requests = Requests(self.keys_at)

    def end(self) -> None:
        """It ends."""
        self.leave()
        self.log.close(self.now)

    def leave(self) -> None:
        """It looks after the log no more."""
        self.requests.close()
        self.keys_at.close()
        self.housekeeping.close()

    def wait(self, ns: int) -> None:
        """Time goes by."""
        self.now_ns += ns

    def turn(self, ns: int = SECOND // 20) -> None:
        """One turn of the thread that writes."""
        self.wait(ns)
        self.log.tick(self.now)
        for request in self.requests.poll(self.now.boot_ns):
            self.housekeeping.take(request)
        self.housekeeping.step(self.log, self.now)

    def until(self, condition: Callable[[], object]) -> None:
        """Turns until something is so; this clock goes slower than that of others."""
        for _ in range(_TURNS):
            if condition():
                return
            self.turn(SECOND // 10_000)
            time.sleep(0.0005)
        raise AssertionError("it never was so")

    def rekey(self) -> None:
        """A minute passes in the log: its key is another one then."""
        self.wait(61 * SECOND)
        self.log.tick(self.now)

    def append(self, *texts: str) -> int:
        """Adds events; the index of the first."""
        index = self.log.size
        self.log.append([output(text) for text in texts], self.now)
        return index

    def close_segment(self) -> None:
        """The next record stands in another segment."""
        self.log.rotate(self.now)

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """All there are, with the index that the segment's name gives them."""
        for segment in segments_in(self.directory):
            try:
                reader = SegmentReader(self.directory, segment)
            except BadLog:
                assert segment not in segments_in(self.directory)
                continue  # pruned since it was listed
            lines = [line for block in reader.blocks() for line in block]
            reader.close()
            yield from enumerate(lines, segment.first)

    def ours(self, action: str) -> list[tuple[int, Fields]]:
        """Records about the log, with their index."""
        parsed = ((index, orjson.loads(line)) for index, line in self.lines())
        return [
            (index, event["ttytrace"]["log"])
            for index, event in parsed
            if "ttytrace" in event
            and "log" in event["ttytrace"]
            and event["event"]["action"] == action
        ]

    def verdict_of(self, directory: Directory) -> Verdict:
        """What the verifier says of a copy of the segments, who knows the seed."""
        verifier = verify_log(directory, Trust(seed=self.seed), lambda *_: None)
        return verifier.report(self.now.wall_ns).verdict

    def release(self) -> None:
        """Lets the temporary directory be removed."""
        self.remove()
        self.directory.close()
