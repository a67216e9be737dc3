"""Stored records of one terminal as what happened in its recording.

Invariant: whatever a line holds, the answer is events, and what can't be read is a Gap. Times are
CLOCK_BOOTTIME since the recording's beginning. Those of what was shown never go back; what happened
besides may stand before what was shown earlier, and is put in its place by in_order().
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from typing import Final

from tracer.codec.findings import finding_of
from tracer.codec.identity import Fields
from tracer.codec.log import log_part, parse
from tracer.codec.moment import wall_ns
from tracer.model.context import Person
from tracer.model.findings import (
    InputInjected,
    PaneCaptured,
    ProcessEnded,
    ProcessTraced,
    ProgramStarted,
    TextInput,
    TypedBy,
)
from tracer.model.hands import Confidence, How
from tracer.replay.recording import (
    Alert,
    Claimed,
    Command,
    Ended,
    Event,
    Gap,
    Hand,
    Output,
    Resized,
    Typed,
)
from tracer.store.acts import SHOWN, Act, act_of
from tracer.store.captured import screen_of
from tracer.store.index_entry import accounts_of

ALERTS: Final = {
    "input-injected": "input past the keyboard",
    "process-traced": "somebody took hold of a process",
    "server-unverified": "the tmux server is not believed",
}
"""Actions that somebody should look at, besides those of the kind `alert`; in words."""
COMMANDS: Final = ("exec",)
GAPS: Final = {
    "lost": "something was not recorded",
    "gap": "nothing was recorded for a while",
    "stop": "nobody recorded from here on",
}
"""Actions that tell of what is missing, in words."""

_SHOWN: Final = (Output, Resized, Claimed, Gap)
_BROKEN: Final = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)


def in_order(events: Iterable[Event]) -> Iterator[Event]:
    """Events of StoredEvents, in order of time: what was shown is recorded when it is joined."""
    ahead: list[Event] = []
    for event in events:
        if isinstance(event, _SHOWN):
            while ahead and ahead[0].at_ns <= event.at_ns:
                yield ahead.pop(0)
            yield event
        else:
            insort(ahead, event, key=lambda each: each.at_ns)
    yield from ahead


class StoredEvents:
    """Reads records in their order. `began_ns`: CLOCK_BOOTTIME of the recording's beginning; the
    first record is not before `at_ns`. `size`: the terminal's columns and rows then; where it is
    not `is_sized`, each output tells its own."""

    def __init__(self, began_ns: int, at_ns: int, size: tuple[int, int], *, is_sized: bool) -> None:
        self._began_ns = began_ns
        self._at_ns = self._shown_ns = at_ns
        self._size, self._is_sized = size, is_sized

    def read(self, line: bytes) -> list[Event]:
        """What this record tells."""
        try:
            event = parse(line)
            if "erased" in event:
                return [Gap(self._at_ns, None, None, "a record that was erased")]
            at_ns = event["ttytrace"]["boottime_ns"] - self._began_ns
            before_ns, self._at_ns = self._shown_ns, max(self._shown_ns, at_ns + 0)
            return list(self._events(event, event["event"]["action"], before_ns))
        except _BROKEN:
            return [Gap(self._at_ns, None, None, "a record that can't be read")]

    def _events(self, event: Fields, action: str, before_ns: int) -> Iterator[Event]:
        at_ns = self._at_ns
        act = act_of(action, event) if action in _OF_THE_SCREEN else None
        if act is not None:
            self._shown_ns = at_ns
            yield from self._act(act, event)
        elif (about_log := log_part(event)) is not None:
            self._shown_ns = at_ns
            yield from self._log(*about_log, wall_ns(event["@timestamp"]), before_ns)
        elif event["event"]["kind"] == "alert":
            level, title = event["ttytrace"]["alert"]["level"], event["rule"]["name"]
            yield Alert(at_ns, f"{level}: {title}")
        elif action == "lost":  # not of what was shown
            lost = event["ttytrace"]["lost"]
            yield Alert(at_ns, f"some {lost['kind']} was not recorded: {lost['reason']}")
        elif action == "server-unverified":
            note = event["ttytrace"].get("note", "")
            yield Alert(at_ns, f"{ALERTS[action]}: {note}")
        elif action in _FOUND:
            yield from self._finding(event)

    def _act(self, act: Act, event: Fields) -> Iterator[Event]:
        size = act.columns, act.rows
        if act.action == "lost":
            reason = str(event["ttytrace"]["lost"]["reason"])
            yield Gap(self._at_ns, self._at_ns, act.size, f"lost: {reason}")
        elif act.action in SHOWN:
            if not self._is_sized:
                yield from self._resized(size)
            yield Output(self._at_ns, act.data)
        else:
            self._is_sized = True
            yield from self._resized(size)

    def _resized(self, size: tuple[int, int]) -> Iterator[Event]:
        if all(size) and size != self._size:
            self._size = size
            yield Resized(self._at_ns, *size)

    def _log(self, action: str, fields: Fields, now_ns: int, before_ns: int) -> Iterator[Event]:
        if action == "stop":
            yield Gap(self._at_ns, None, None, GAPS[action])
        elif action == "gap":
            # The record stands behind the stretch that it tells of.
            from_ns, to_ns = (
                self._at_ns - max(0, now_ns - wall_ns(fields[end])) for end in ("from", "to")
            )
            reason = f"{fields['reason']}, {(to_ns - from_ns) / 1e9:.1f} s"
            yield Gap(max(before_ns, from_ns), to_ns, None, reason)

    def _finding(self, event: Fields) -> Iterator[Event]:
        finding, names = finding_of(event), {int(uid): name for uid, name in accounts_of(event)}
        match finding:
            case TextInput(size=size, data=data, typed_by=typed_by):
                hands = tuple(_hand(each, names) for each in typed_by)
                yield Typed(self._at_ns, size, data, hands)
            case ProgramStarted(process=process, command=command):
                by = command.submitted_by if command else None
                line = str(event["process"]["command_line"])
                yield Command(self._at_ns, process.key.tgid, line, by and _called(by, names))
            case PaneCaptured(capture=capture):
                screen = screen_of(capture)
                self._size, self._shown_ns = (screen.columns, screen.rows), self._at_ns
                yield Claimed(self._at_ns, screen)
            case ProcessEnded(process=process, status=status):
                signal = status & 0x7F  # wait(2)
                code = 128 + signal if signal else status >> 8
                yield Ended(self._at_ns, process.key.tgid, code)
            case InputInjected(person=person, way=way, times=times):
                who = _called(person, names) or "?"
                yield Alert(self._at_ns, f"{who} put input in past the keyboard: {way}, {times}x")
            case ProcessTraced(person=person, process=process, request=request):
                who = _called(person, names) or "?"
                yield Alert(
                    self._at_ns, f"{who} took hold of process {process.key.tgid}: {request}"
                )


_OF_THE_SCREEN: Final = SHOWN | {"lost", "terminal-resized"}
_FOUND: Final = frozenset(
    ("text_input", "exec", "end", "pane-captured", "input-injected", "process-traced")
)


def _hand(typed: TypedBy, names: dict[int, str]) -> Hand:
    name = typed.person and _called(typed.person, names)
    is_sure = typed.confidence is Confidence.EXACT or typed.how is How.TERMINAL_REPLY
    return Hand(typed.size, name, typed.how.value, is_sure)


def _called(person: Person, names: dict[int, str]) -> str | None:
    """alice→root: who logged in, and as whom they act."""
    came = person.uid if person.loginuid is None else person.loginuid
    if came is None:
        return None
    name = names.get(came, str(came))
    if person.uid in (None, came):
        return name
    return f"{name}→{names.get(person.uid or 0, str(person.uid))}"
