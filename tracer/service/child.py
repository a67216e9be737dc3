"""A worker of tracer/workers/ as the service sees it: started, heard, and started again.

Invariant: the service never waits for a worker, and nothing that one says or does ends it. No
worker outlives it, whatever way it ends: a worker ends when its door does.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from tracer.codec.identity import Fields
from tracer.workers.door import Door, Message, pair

_AGAIN_NS: Final = 10_000_000_000
_MAX_MESSAGES: Final = 64  # in one turn
_GRACE_S: Final = 1.0  # as long as the end of what was killed may take at close()
# What it takes to make sense of a message that makes none.
_NONSENSE: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


def _nothing(_what: object) -> None:
    """Nobody wants to know."""


class Child:
    """Runs tracer.workers.`name`, and again if that ends, at most each 10 s.

    `hello`: its first message, with descriptors that go with it; asked for at each start; OSError
    and ValueError where there can be none. `hear`: gets its messages, and may raise what comes of a
    message that makes no sense: then it is ended. `watch`: gets, at each start, the descriptor that
    is readable when turn() has something to hear; it is closed by us.
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
        self._process: subprocess.Popen[bytes] | None = None
        self._killed: list[subprocess.Popen[bytes]] = []
        self._fault: str | None = None
        self.trouble: str | None = None
        """How it failed last, as a sentence; None while it runs."""
        self._start()

    @property
    def pid(self) -> int | None:
        """Of the process; None where there is none."""
        return None if self._process is None else self._process.pid

    def send(self, fields: Fields, descriptors: Sequence[int] = ()) -> bool:
        """Tells it something; whether that went."""
        return self._door is not None and self._door.send(fields, descriptors)

    def turn(self, now_ns: int) -> None:
        """Hears what it says, and sees to it that it runs. `now_ns`: CLOCK_BOOTTIME."""
        self._listen()
        self._killed = [each for each in self._killed if each.poll() is None]
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + _AGAIN_NS
        self.trouble = self._failed()
        if self.trouble is not None:
            self._end()
            self._start()

    def close(self) -> None:
        """Ends it."""
        self._end()
        until_s = time.monotonic() + _GRACE_S
        for each in self._killed:
            with suppress(subprocess.TimeoutExpired):
                each.wait(max(0.0, until_s - time.monotonic()))

    def _listen(self) -> None:
        for _ in range(_MAX_MESSAGES):
            if self._door is None:
                return
            try:
                message = self._door.receive()
                if message is None:
                    self._shut()
                else:
                    self._hear(message)
            except BlockingIOError:
                return
            except _NONSENSE:
                self._fail("said something that can't be")

    def _failed(self) -> str | None:
        fault, self._fault = self._fault, None
        code = self._process and self._process.poll()
        return fault if code is None else f"worker {self.name} ended with {code}"

    def _fail(self, what: str) -> None:
        self._end()
        self.trouble = self._fault = f"worker {self.name} {what}"

    def _end(self) -> None:
        self._shut()
        if self._process is not None:
            self._process.kill()
            self._killed.append(self._process)  # it may take its time
            self._process = None

    def _shut(self) -> None:
        if self._door is not None:
            self._door.close()
            self._door = None

    def _start(self) -> None:
        try:
            self._door, theirs = pair(descriptors=0)
            with theirs:
                self._process = _process(self.name, theirs.fileno())
            hello = self._hello()
            self._door.send(hello.fields, hello.descriptors)
            self._watch(self._door.fileno())
        except (OSError, ValueError) as error:
            self._fail(f"can't be started: {error}")


def _process(name: str, stdin: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        # Isolated: a directory that we were started in must not bring its own modules.
        [sys.executable, "-I", "-m", f"tracer.workers.{name}"],
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        process_group=0,  # C-c is for us alone
    )
