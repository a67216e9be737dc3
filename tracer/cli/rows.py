"""Output joined into whole rows, so that what is typed letter by letter reads as a line.

Invariant: all output passes, in order for each pane, cut elsewhere but never changed; an unfinished
row waits until it is finished, until its pane tells something else than input,
or IDLE_NS.
How a row looks is in `render`; what the events say is untouched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from tracer.model.context import Place
from tracer.model.findings import TextInput, TextOutput, Told

IDLE_NS: Final = 1_000_000_000
ROW_BYTES: Final = 4096

_Pane = tuple[int, int | None]


class _Held(NamedTuple):
    output: TextOutput
    since_ns: int


class Rows:
    """Holds at most one unfinished row of each pane."""

    def __init__(self) -> None:
        self._held: dict[_Pane, _Held] = {}

    def feed(self, findings: Iterable[Told], now_ns: int) -> Iterator[Told]:
        """What can be shown at `now_ns` (CLOCK_BOOTTIME); call it with nothing, too."""
        for finding in findings:
            if isinstance(finding, TextOutput):
                yield from self._output(finding, now_ns)
            else:
                # What is typed is echoed in the row that it must not cut.
                if finding.place is not None and not isinstance(finding, TextInput):
                    yield from self._release(_pane(finding.place))
                yield finding
        idle = [pane for pane, held in self._held.items() if now_ns - held.since_ns >= IDLE_NS]
        for pane in idle:
            yield from self._release(pane)

    def flush(self) -> Iterator[Told]:
        """All that is held, at the end."""
        for pane in list(self._held):
            yield from self._release(pane)

    def _output(self, output: TextOutput, now_ns: int) -> Iterator[TextOutput]:
        pane = _pane(output.place)
        held = self._held.get(pane)
        if held is not None and _continues(held.output, output):
            del self._held[pane]
            before = held.output
            output = output._replace(offset=before.offset, data=before.data + output.data)
        else:
            yield from self._release(pane)
        end = output.data.rfind(b"\n") + 1
        if len(output.data) - end > ROW_BYTES:
            end = len(output.data)
        whole, rest = output.data[:end], output.data[end:]
        if whole:
            yield output._replace(data=whole)
        if rest:
            unfinished = output._replace(offset=output.offset + end, data=rest)
            self._held[pane] = _Held(unfinished, now_ns)

    def _release(self, pane: _Pane) -> Iterator[TextOutput]:
        held = self._held.pop(pane, None)
        if held is not None:
            yield held.output


def _pane(place: Place) -> _Pane:
    return place.server.tgid, place.pane_pid


def _continues(before: TextOutput, after: TextOutput) -> bool:
    # The same row under the same label: two users' output is never one line.
    return (
        before.tty == after.tty
        and before.place == after.place
        and before.process == after.process
        and before.offset + len(before.data) == after.offset
    )
