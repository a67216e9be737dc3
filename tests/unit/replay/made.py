"""Recordings made of events, with keyframes as far apart as one wants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hypothesis import strategies as st

from tracer.replay.recording import (
    Alert,
    Command,
    Ended,
    Event,
    Gap,
    Hand,
    Keyframe,
    Mark,
    Output,
    Resized,
    Typed,
)
from tracer.replay.scene import Scene
from tracer.screen.screen import Screen
from tracer.screen.state import pack, unpack

SECOND = 1_000_000_000
ALICE = Hand(2, "alice", "keystroke", True)


class Made:
    """A recording of these events; a keyframe before each `spacing`th."""

    title = "made"
    start_ns: int | None = 1_795_132_800 * SECOND  # 2026-11-20

    def __init__(self, events: Sequence[Event], spacing: int = 1000, size: int = 20) -> None:
        self.all = list(events)
        self.columns, self.rows = size, 4
        self.duration_ns = self.all[-1].at_ns if self.all else 0
        self._frames: list[tuple[int, bytes, tuple[Event, ...], int]] = []
        scene = Scene(Keyframe(0, Screen(size, 4), (), 0))
        for number, event in enumerate(self.all):
            if number % spacing == 0:
                at_ns = self.all[number - 1].at_ns if number else 0
                self._frames.append((at_ns, pack(scene.screen), scene.before(), number))
            scene.apply(event)
        self._frames = self._frames or [(0, pack(scene.screen), (), 0)]

    def keyframe(self, at_ns: int) -> Keyframe:
        fitting = [frame for frame in self._frames if frame[0] <= at_ns]
        frame_ns, state, before, place = fitting[-1]
        return Keyframe(frame_ns, unpack(state), before, place)

    def events(self, start: Keyframe) -> Iterator[Event]:
        assert isinstance(start.place, int)
        yield from self.all[start.place :]

    def marks(self) -> list[Mark]:
        kinds = {Command: "command", Alert: "alert", Gap: "gap"}
        marked = (event for event in self.all if type(event) in kinds)
        return [Mark(event.at_ns, kinds[type(event)], "label") for event in marked]

    def find(self, text: str) -> Iterator[int]:
        last = None
        for event in self.all:
            if isinstance(event, Output) and text.encode() in event.data and event.at_ns != last:
                last = event.at_ns
                yield last


def seen(scene: Scene) -> tuple[object, ...]:
    """All that one sees."""
    screen = scene.screen
    rows = [(row.text(), row.runs()) for row in screen.lines]
    who = (scene.typed, scene.command, scene.alert, scene.label)
    return (screen.columns, screen.rows, screen.cursor, rows, *who)


_BYTES = st.sampled_from(
    [
        b"hello",
        b"\r\n",
        b"\x1b[2J\x1b[H",
        b"\x1b[31mred",
        b"\x1b[5",
        b"\xe6\xbc",
        b"\xa2",
        b"\n\n\n",
    ]
)
_PARTS = st.one_of(
    _BYTES.map(lambda data: Output(0, data)),
    st.builds(Resized, st.just(0), st.integers(2, 30), st.integers(2, 9)),
    st.builds(Typed, st.just(0), st.just(2), st.sampled_from([b"ls", None]), st.just((ALICE,))),
    st.builds(Command, st.just(0), st.integers(1, 3), st.sampled_from(["ls", "vi"]), st.none()),
    st.builds(Ended, st.just(0), st.integers(1, 3), st.just(0)),
    st.just(Alert(0, "look")),
)


@st.composite
def events(draw: st.DrawFn, of: st.SearchStrategy[Event] = _PARTS) -> list[Event]:
    """In order, some at once."""
    at_ns, made = 0, []
    for part in draw(st.lists(of, max_size=30)):
        at_ns += draw(st.sampled_from([0, 1, 500_000_000, 7 * SECOND]))
        made.append(part._replace(at_ns=at_ns))
    return made
