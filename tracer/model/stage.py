"""The shapes at the two ends of the stream: what a source hands over, what a sink takes."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from tracer.model.facts import TtyState
from tracer.model.findings import Finding


class Batch(NamedTuple):
    """Records in one piece of memory: `spans` are (offset, size in bytes) into `data`."""

    data: bytes
    spans: list[tuple[int, int]]


class Drain(NamedTuple):
    """All that waited in the rings at one moment.

    `began_ns`: CLOCK_BOOTTIME before anything was read. `produced`: numbers that the kernel half
    had given out then, for each cpu * abi.KINDS + kind.
    """

    began_ns: int
    produced: list[int]
    batches: tuple[Batch, ...]


class Skipped(NamedTuple):
    """Something that the kernel half could not do, counted since the last time.

    `kind`: the event.action that is missing for it.
    """

    kind: str
    reason: str
    runs: int


class Source(Protocol):
    """Where drains come from: the running kernel, or a recording of one."""

    @property
    def cpus(self) -> int:
        """Rows in the table of sequence numbers."""

    def drain(self) -> Drain | None:
        """What waits now; None when no more will come."""

    def skipped(self) -> list[Skipped]:
        """What was not even numbered since the last call."""

    def tty_states(self) -> list[TtyState]:
        """The kernel half's account of every pty."""

    def stop(self) -> None:
        """Ends capturing; nothing stays attached. What waits can still be drained."""

    def close(self) -> None:
        """Frees everything; stops first where that wasn't done."""


class Sink(Protocol):
    """Where findings go."""

    def write(self, findings: list[Finding]) -> None:
        """Takes findings, in order; called every turn, with none as well."""
