"""`replay --raw`: the output itself on the operator's terminal, of what draws.

Invariant: nothing comes to the terminal but what export/steps.py lets through: text, colours,
cursor movement, erasing; no modes that outlive us, no strings, no questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.cli.player_keys import Keys
from tracer.cli.player_terminal import Terminal
from tracer.clock import monotonic_ns
from tracer.export.steps import Step
from tracer.screen.filter import RESET

_SECOND_NS: Final = 1_000_000_000


class RawPlayer:
    """Space pauses, q quits; at the end any key does."""

    def __init__(self, steps: Iterator[Step], speed: float, idle_limit_ns: int | None) -> None:
        self._steps, self._speed, self._idle_limit_ns = steps, speed, idle_limit_ns
        self._keys = Keys()
        self._is_paused = self._is_done = False

    def run(self) -> None:
        """Until the end, or until somebody quits. Raises as Terminal does, and what the recording
        raises."""
        at_ns = 0
        with Terminal(lambda: None) as terminal:
            for step in self._steps:
                self._wait(terminal, step.at_ns - at_ns)
                at_ns = step.at_ns
                if self._is_done:
                    break
                if step.code == "o":
                    terminal.write(step.data)
            while not (self._is_done or terminal.read(None)):
                pass
            terminal.write(RESET)

    def _wait(self, terminal: Terminal, still_ns: int) -> None:
        if self._idle_limit_ns is not None:
            still_ns = min(still_ns, self._idle_limit_ns)
        left_ns = round(still_ns / self._speed)
        while not self._is_done and left_ns >= 0:
            then_ns, was_paused = monotonic_ns(), self._is_paused
            self._press(terminal.read(None if was_paused else left_ns / _SECOND_NS))
            left_ns -= 0 if was_paused else monotonic_ns() - then_ns

    def _press(self, data: bytes) -> None:
        for key in self._keys.feed(data):
            self._is_done |= key == "q"
            self._is_paused ^= key == " "
