"""A recording of drains as a source: the twin of `kernel`, without root and without a kernel.

Each drain is a line of JSON (began_ns, produced, sizes of its records for each ring) followed by
the bytes of the records. Invariant: playing a recording gives the drains that were recorded, one
by one. It is for tests and benchmarks; the product's own log is another format.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import orjson

from tracer.model import abi
from tracer.model.facts import TtyState
from tracer.model.stage import Batch, Drain, Skipped


def record(drains: Iterable[Drain], file: BinaryIO) -> None:
    """Writes drains to `file`."""
    for drain in drains:
        sizes = [[size for _, size in batch.spans] for batch in drain.batches]
        head = {"began_ns": drain.began_ns, "produced": drain.produced, "sizes": sizes}
        file.write(orjson.dumps(head) + b"\n")
        for batch in drain.batches:
            file.writelines(batch.data[at : at + size] for at, size in batch.spans)


class RecordedSource:
    """Plays a recording from a file. ValueError where it is cut or isn't one."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.cpus = 0
        first = self.drain()
        self._first: Drain | None = first
        self.cpus = len(first.produced) // abi.KINDS if first else 1

    def drain(self) -> Drain | None:
        """The next drain; None at the end."""
        if self.cpus and self._first is not None:
            first, self._first = self._first, None
            return first
        line = self._file.readline()
        if not line:
            return None
        try:
            head = orjson.loads(line)
            batches = tuple(self._batch(sizes) for sizes in head["sizes"])
            return Drain(head["began_ns"], head["produced"], batches)
        except (KeyError, TypeError) as error:
            raise ValueError("this is no recording") from error

    def skipped(self) -> list[Skipped]:
        """Nothing: a recording holds what was numbered."""
        return []

    def tty_states(self) -> list[TtyState]:
        """Nothing: the kernel half isn't there to be asked."""
        return []

    def stop(self) -> None:
        """Nothing: a recording has its end."""

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _batch(self, sizes: list[int]) -> Batch:
        data = self._file.read(sum(sizes))
        if len(data) < sum(sizes):
            raise ValueError("the recording ends in the middle of a drain")
        spans, at = [], 0
        for size in sizes:
            spans.append((at, size))
            at += size
        return Batch(data, spans)
