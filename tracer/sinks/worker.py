"""A sink that works in a thread of its own, behind a bounded queue.

Invariant: one thread alone uses the sink, in the order in which it was given work. The queue is for
a sink that nothing may be lost before: when it is full its giver waits, and what that can't take
meanwhile stays in the rings of the kernel half, where loss is counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from threading import Condition, Thread
from typing import Final, NamedTuple, Protocol

from tracer.model.findings import ClientOutput, Finding, PaneCaptured, TextInput, TextOutput

LIMIT_BYTES: Final = 64 << 20
_FINDING_BYTES: Final = 2048  # of one, without the text that it carries

Work = Callable[[], None]


class Depth(NamedTuple):
    """What waits in the queue."""

    turns: int
    bytes: int


class WorkedSink(Protocol):
    """A sink with a sense of time, and an end."""

    def write(self, findings: list[Finding]) -> None:
        """Takes findings, in order."""

    def tick(self) -> None:
        """Does what is due."""

    def rest_s(self) -> float:
        """For how long nothing is due, if nothing is given to it."""

    def close(self) -> None:
        """Takes nothing any more."""


class Worker:
    """Runs `sink`. What the sink raises ends the work, and is raised again by every call."""

    def __init__(self, sink: WorkedSink, limit_bytes: int = LIMIT_BYTES) -> None:
        self._sink = sink
        self.limit_bytes = limit_bytes
        """Of what may wait; it can be set while it works."""
        self._queue: deque[tuple[Work, int]] = deque()
        self._bytes = 0
        self._changed = Condition()
        self._error: Exception | None = None
        self._is_closing = False
        self._thread = Thread(target=self._work, name="sink", daemon=True)
        self._thread.start()

    def write(self, findings: list[Finding]) -> None:
        """Gives findings to the sink, soon."""
        if findings:
            self._put(partial(self._sink.write, findings), _size(findings))
        else:
            self._raise_error()

    def do(self, work: Work) -> None:
        """Has something else done with the sink, at its place in the stream."""
        self._put(work, _FINDING_BYTES)

    @property
    def depth(self) -> Depth:
        """What waits now."""
        with self._changed:
            return Depth(len(self._queue), self._bytes)

    def close(self) -> None:
        """Comes back when all is done and the sink is closed."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join()
        self._raise_error()

    def _put(self, work: Work, size: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._error or self._bytes < self.limit_bytes)
            self._raise_error()
            self._queue.append((work, size))
            self._bytes += size
            self._changed.notify_all()

    def _work(self) -> None:
        try:
            try:
                while not self._is_over():
                    self._step()
            finally:
                self._sink.close()
        except Exception as error:  # noqa: BLE001 - a door: the stream has to hear of it
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _is_over(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_closing, self._sink.rest_s())
            return self._is_closing and not self._queue

    def _step(self) -> None:
        # Ticked first: the last work may say that this is the end, and nothing is to come behind.
        self._sink.tick()
        if not self._queue:
            return
        work, size = self._queue[0]
        work()
        with self._changed:
            self._queue.popleft()
            self._bytes -= size
            self._changed.notify_all()

    def _raise_error(self) -> None:
        if self._error:
            raise self._error


def _size(findings: Iterable[Finding]) -> int:
    return sum(_FINDING_BYTES + len(_text_of(finding)) for finding in findings)


def _text_of(finding: Finding) -> bytes:
    match finding:
        case TextOutput() | ClientOutput() | TextInput():
            return finding.data or b""
        case PaneCaptured():
            return finding.capture.text + (finding.capture.saved_text or b"")
    return b""
