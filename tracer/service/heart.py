"""When a run's heart beats: counters, and a canary that must come back; and when it stood still.

Invariant: whether a canary came is judged behind all that came before the judgement was due, so a
sink that is slow is not taken for a kernel half that is blind.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from tracer.codec.identity import Fields
from tracer.sinks.pulse import Beat, Pulse
from tracer.sinks.record import RecordSink
from tracer.sinks.worker import Worker

_SECOND_NS: Final = 1_000_000_000
PERIOD_NS: Final = 10 * _SECOND_NS
# A second for the canary, and one more for what attribute/ may hold before it.
DUE_NS: Final = 3 * _SECOND_NS
STALL_NS: Final = 5 * _SECOND_NS


class Singer(Protocol):
    """The canary."""

    def sing(self) -> bytes:
        """Runs a program; its last argument."""

    def restart(self) -> None:
        """Begins anew."""


class Heart:
    """Beats into `sink` through its `worker`; `counters` gives what is to be said each time."""

    def __init__(
        self,
        canary: Singer,
        worker: Worker,
        sink: RecordSink,
        pulse: Pulse,
        counters: Callable[[], Fields],
    ) -> None:
        self._canary = canary
        self._worker = worker
        self._sink = sink
        self._pulse = pulse
        self._counters = counters
        self._turn_ns: int | None = None
        self._next_ns = 0
        self._due_ns = 0
        self._beat: Beat | None = None

    def turn(self, now_ns: int) -> None:
        """To be called before each turn of the stream."""
        self._note_stall(now_ns)
        if self._beat and (self._pulse.has_heard(self._beat.nonce) or now_ns >= self._due_ns):
            self._worker.do(partial(self._sink.beat, self._beat, self._counters()))
            self._beat = None
        if now_ns >= self._next_ns:
            self._send(now_ns)

    def _note_stall(self, now_ns: int) -> None:
        before_ns, self._turn_ns = self._turn_ns, now_ns
        if before_ns is not None and now_ns - before_ns > STALL_NS:
            self._worker.do(partial(self._sink.gap, "stalled", before_ns, now_ns))
            self._due_ns = now_ns + DUE_NS

    def _send(self, now_ns: int) -> None:
        if self._pulse.is_blind:
            self._canary.restart()
        self._beat = Beat(self._canary.sing(), now_ns)
        self._due_ns, self._next_ns = now_ns + DUE_NS, now_ns + PERIOD_NS
