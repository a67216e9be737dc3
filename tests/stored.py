"""A log as `ttytrace run` leaves one, without a tracer: findings through the encoder and the sealer
into plain segments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.samples import HOST, FixedClock, names
from tracer.codec.ecs import Encoder
from tracer.codec.log import control
from tracer.model.findings import Finding
from tracer.model.host import Host
from tracer.model.sealed import End, Previous, Stamp
from tracer.seal.stage import Keys, Sealer
from tracer.seal.tree import Frontier

SEED = bytes(range(32))


class StoredLog:
    """A growing log in `path`; `lines` are all its records, in order."""

    def __init__(self, path: Path, host: Host = HOST) -> None:
        self.path = path
        self.lines: list[bytes] = []
        (path / "log").mkdir(mode=0o700, parents=True)
        path.chmod(0o700)
        self._encoder = Encoder(host, names, FixedClock())
        self._sealer = Sealer(Keys.first(SEED), Frontier())
        self._segment: Path | None = None

    @property
    def size(self) -> int:
        """The index of the next record."""
        return self._sealer.size

    def segment(self, time_ns: int, end: End = End.SEALED) -> Path:
        """Begins a segment; `end`: how the one before is said to have ended."""
        before = self._segment and Previous(self._segment.stem, end)
        self._segment = self.path / "log" / f"{self.size:012d}.jsonl"
        self._write([self._sealer.segment(_stamp(time_ns), before)])
        return self._segment

    def add(self, *findings: Finding, sealed: bool = True) -> list[int]:
        """Writes findings, and a seal; returns their indices."""
        return self.add_events([self._encoder.encode(finding) for finding in findings], sealed)

    def log(self, action: str, time_ns: int, **fields: Any) -> int:
        """Writes a record about the log, and a seal."""
        return self.add_events([control(action, _stamp(time_ns), **fields)])[0]

    def add_events(self, events: Sequence[dict[str, Any]], sealed: bool = True) -> list[int]:
        """Writes events as they are."""
        first = self.size
        lines = self._sealer.add(list(events))
        if sealed:
            last_ns = max((event["ttytrace"]["boottime_ns"] for event in events), default=0)
            lines.append(self._sealer.seal(_stamp(last_ns)))
        self._write(lines)
        return list(range(first, first + len(events)))

    def seal(self, time_ns: int) -> None:
        """Writes a seal alone."""
        self._write([self._sealer.seal(_stamp(time_ns))])

    def _write(self, lines: list[bytes]) -> None:
        assert self._segment is not None
        self.lines += lines
        with self._segment.open("ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))


def _stamp(time_ns: int) -> Stamp:
    return Stamp(time_ns, FixedClock().at(time_ns))
