"""A worker of tracer/workers/ as the service sees it: started, heard, and started again.

Invariant: the service never waits for a worker, and no worker outlives it, whatever way it ends: a
worker ends when its door does.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from tracer.codec.identity import Fields
from tracer.workers.door import Door, Message, pair

_AGAIN_NS: Final = 10_000_000_000
_MAX_MESSAGES: Final = 64  # in one turn


def _nothing(_what: object) -> None:
    """Nobody wants to know."""


class Child:
    """Runs tracer.workers.`name`, and again if that ends, at most each 10 s.

    `hello`: its first message, with descriptors that go with it; asked for at each start.
    `hear`: gets its messages, the descriptors with them. `watch`: gets, at each start, the
    descriptor that is readable when turn() has something to hear; it is closed by us.
    """

    def __init__(
        self,
        name: str,
        hello: Callable[[], Message],
        hear: Callable[[Message], None] = _nothing,
        watch: Callable[[int], None] = _nothing,
    ) -> None:
        self.name: Final = name
        self._hello, self._hear, self._watch = hello, hear, watch
        self._next_ns = 0
        self._door: Door | None = None
        self.trouble: str | None = None
        """How it ended last, as a sentence; None while it runs."""
        self._start()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def send(self, fields: Fields, descriptors: Sequence[int] = ()) -> bool:
        """Tells it something; whether that went."""
        return self._door is not None and self._door.send(fields, descriptors)

    def turn(self, now_ns: int) -> None:
        """Hears what it says, and sees to it that it runs. `now_ns`: CLOCK_BOOTTIME."""
        self._listen()
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + _AGAIN_NS
        code = self._process.poll()
        self.trouble = None if code is None else f"worker {self.name} ended with {code}"
        if code is not None:
            self.close()
            self._start()

    def close(self) -> None:
        """Ends it."""
        self._shut()
        self._process.kill()
        self._process.wait()

    def _listen(self) -> None:
        with suppress(BlockingIOError):
            for _ in range(_MAX_MESSAGES):
                if self._door is None:
                    return
                message = self._door.receive()
                if message is None:
                    self._shut()
                else:
                    self._hear(message)

    def _shut(self) -> None:
        if self._door is not None:
            self._door.close()
            self._door = None

    def _start(self) -> None:
        door, theirs = pair()
        with theirs:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                # Isolated: a directory that we were started in must not bring its own modules.
                [sys.executable, "-I", "-m", f"tracer.workers.{self.name}"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                process_group=0,  # C-c is for us alone
            )
        self._door = door
        hello = self._hello()
        door.send(hello.fields, hello.descriptors)
        self._watch(door.fileno())
