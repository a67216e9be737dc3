"""Findings as lines on a terminal: the only place that draws one.

Invariant: whatever was captured or claimed passes safe_text() on its way out, so a line holds
printable characters and our own colours, nothing else.
Which findings are shown, and when, is the subcommand's business.
"""

from __future__ import annotations

import os
import time
from typing import Final, TextIO, assert_never
from zlib import crc32

from tracer.cli.hands import by_author, command_text, counted, keys_of, way_of
from tracer.cli.labels import (
    amount_lost,
    duration,
    login_text,
    name_of,
    process_label,
    remarks_on,
    remarks_on_client,
    screen_text,
    tty_name,
    where,
    word,
)
from tracer.cli.people import Names, People
from tracer.cli.shown import rows_of
from tracer.clock import WallClock
from tracer.codec.safe import columns_of, cut, safe_text
from tracer.codec.status import ended, signal_name
from tracer.model.context import Client, Person, Place
from tracer.model.findings import (
    AlertRaised,
    AuditChanged,
    ClientOutput,
    InputInjected,
    Lost,
    PaneCaptured,
    ProcessEnded,
    ProcessForked,
    ProcessTraced,
    ProgramStarted,
    TerminalResized,
    TextInput,
    TextOutput,
    TmuxChanged,
    Told,
    UserLogin,
)

__all__ = ["Renderer", "safe_text", "wants_colour"]

# As wide as alice@10.0.0.7 and deploy:0.%0.
_WHO_COLUMNS, _PLACE_COLUMNS = 14, 12
_BOLD, _DIM, _RED, _LOUD = "1", "2", "31", "1;91"
_COLOURS: Final = ("32", "33", "34", "35", "36", "92", "93", "94", "95", "96")
_LEVEL_COLOURS: Final = {"critical": "1;97;41", "high": _LOUD, "medium": "1;33"}
_TMUX_SIGNS: Final = {
    "seen": "+", "created": "+", "linked": "+", "opened": "+", "attached": "+",
    "gone": "-", "closed": "-", "unlinked": "-", "detached": "-",
    "renamed": "~", "changed": "~", "unverified": "!",
}  # fmt: skip
_CLIENT_VERBS: Final = {
    "detached": "from", "suspended": "suspended in", "resumed": "resumed in",
    "resized": "resized in",
}  # fmt: skip


def wants_colour(stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`: a terminal that can, and NO_COLOR isn't set."""
    capable = os.environ.get("TERM", "dumb") != "dumb"
    return stream.isatty() and capable and not os.environ.get("NO_COLOR")


class Renderer:
    """Draws findings; `names` gives a user's name for a uid.

    `width`: columns at which rows of output are cut, None for never. Programs are never cut.
    """

    def __init__(
        self, names: Names, wall: WallClock, *, colour: bool, width: int | None = None
    ) -> None:
        self._people = People(names)
        self._wall = wall
        self._colour = colour
        self._width = width

    def line(self, finding: Told) -> str:
        """The finding as one row, output as one for each row shown, input as one for each author;
        "" if it showed no text.

        No newline at the end.
        """
        if isinstance(finding, TextInput):
            return "\n".join(map(self._line, by_author(finding)))
        return self._line(finding)

    def _line(self, finding: Told) -> str:
        head, columns = self._head(finding)
        return "\n".join(head + row for row in self._rows(finding, columns))

    def _rows(self, finding: Told, columns: int) -> list[str]:
        if isinstance(finding, TextOutput):
            return self._output(finding, columns)
        match finding:
            case ClientOutput() | TerminalResized() | PaneCaptured():
                row = self._paint(screen_text(finding), _DIM)
            case TextInput():
                row = self._input(finding)
            case ProgramStarted():
                row = self._program(finding)
            case ProcessForked():
                row = self._paint(f"fork {process_label(finding.process)}", _DIM)
            case ProcessEnded():
                row = self._ended(finding)
            case InputInjected():
                row = self._injected(finding)
            case ProcessTraced():
                row = self._traced(finding)
            case Lost():
                why = safe_text(finding.reason)
                row = self._paint(f"— {amount_lost(finding)} lost ({why}) —", _LOUD)
            case TmuxChanged():
                row = self._tmux_changed(finding)
            case UserLogin() | AuditChanged() | AlertRaised():
                row = self._told(finding)
            case _:
                assert_never(finding)
        return [row]

    # ---- time, user, place ----

    def _head(self, finding: Told) -> tuple[str, int]:
        second, ns = divmod(self._wall.at(finding.time_ns), 1_000_000_000)
        clock = f"{time.strftime('%H:%M:%S', time.localtime(second))}.{ns // 1_000_000:03d}"
        who = self._people.behind(finding).ljust(_WHO_COLUMNS)
        target = where(finding.place).ljust(_PLACE_COLUMNS)
        painted = (self._paint(clock, _DIM), self._hue(who), self._hue(target))
        return " ".join(painted) + "  ", columns_of(f"{clock} {who} {target}  ")

    # ---- what happened ----

    def _output(self, output: TextOutput, columns: int) -> list[str]:
        bar = self._paint("│", _DIM)
        rows = [safe_text(row) for row in rows_of(output.data)]
        if self._width is not None:
            rows = [cut(row, self._width - columns - 2) for row in rows]
        return [f"{bar} {row}" for row in rows]

    def _input(self, part: TextInput) -> str:
        row = f"⌨ {way_of(part)}".rstrip()
        return row if part.data is None else f"{row} {self._paint('│', _DIM)} {keys_of(part.data)}"

    def _program(self, finding: ProgramStarted) -> str:
        # Reads as a line of shell: the rest is a comment, which no quoted argument can begin.
        process = finding.process
        path = process.invoked or process.exe
        words = [word(arg) for arg in process.argv or ((path,) if path else ())] or ["?"]
        remarks = ", ".join(remarks_on(process))
        row = self._paint(f"$ {' '.join(words)}", _BOLD) + self._paint(f"  # {remarks}", _DIM)
        hands = command_text(finding.command, self._painted) if finding.command else ""
        return f"{row}  {hands}" if hands else row

    def _ended(self, finding: ProcessEnded) -> str:
        how = ended(finding.status)
        text = f"exit {how.exit_code}"
        if how.signal is not None:
            text = f"killed by {signal_name(how.signal)}"
        if how.core_dumped:
            text += " (core dumped)"
        if finding.process.key.start_time_ns:
            text += f" after {duration(finding.time_ns - finding.process.key.start_time_ns)}"
        program = self._paint(f"{process_label(finding.process)}: ", _DIM)
        return program + self._paint(text, _RED if how.exit_code else _DIM)

    def _injected(self, finding: InputInjected) -> str:
        by = f"{safe_text(finding.way)} by {self._person_and_pid(finding.person)}"
        into = f"{counted(finding.times, 'time')} into {tty_name(finding.tty)}"
        return self._paint(f"! {by}: {into}", _LOUD)

    def _traced(self, finding: ProcessTraced) -> str:
        what = f"{safe_text(finding.request)} of {process_label(finding.process)}"
        return self._paint(f"! {what} by {self._person_and_pid(finding.person)}", _LOUD)

    def _person_and_pid(self, person: Person) -> str:
        return f"{self._people.person(person)}[{person.key.tgid}]"

    def _tmux_changed(self, change: TmuxChanged) -> str:
        what, _, verb = safe_text(change.action).partition("-")
        sign = _TMUX_SIGNS.get(verb.rpartition("-")[2], "~")
        if change.client is None:
            text = f"{sign} {what} {_subject(what, change.place)}"
        else:
            text = f"{sign} client {self._client(verb, change.client, change.place)}"
        if change.note is not None:
            text += f" ({safe_text(change.note)})"
        return self._paint(text, _LOUD if sign == "!" else _BOLD)

    def _client(self, verb: str, client: Client, place: Place) -> str:
        size = f" {client.columns}x{client.rows}" if client.columns and client.rows else ""
        did = f"{self._people.client(client)}{size} {_CLIENT_VERBS.get(verb, '→')} {where(place)}"
        remarks = ", ".join(remarks_on_client(client))
        return f"{did} ({remarks})" if remarks else did

    def _told(self, finding: UserLogin | AuditChanged | AlertRaised) -> str:
        if isinstance(finding, AlertRaised):
            return self._alert(finding)
        if isinstance(finding, UserLogin):
            return self._paint(login_text(finding), _BOLD)
        return self._paint(f"! audit changed: {safe_text(finding.note)}", _LOUD)

    def _alert(self, alert: AlertRaised) -> str:
        more = f" ({counted(alert.repeated, 'more time')})" if alert.repeated else ""
        text = f"! {safe_text(alert.level)}: {safe_text(alert.title)}{more}"
        rule = self._paint(f"  # {safe_text(alert.rule)}", _DIM)
        return self._paint(text, _LEVEL_COLOURS.get(alert.level, _BOLD)) + rule

    # ---- colour ----

    def _painted(self, person: Person | None) -> str:
        return self._hue(self._people.person(person))

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text

    def _hue(self, text: str) -> str:
        # By what it says, so that a user or pane keeps its colour from run to run, likely or sure.
        colour = _COLOURS[crc32(text.rstrip(" ?").encode()) % len(_COLOURS)]
        return self._paint(text, colour)


def _subject(what: str, place: Place) -> str:
    if what == "server":
        return f"{place.server.tgid}" + (f" {word(place.socket)}" if place.socket else "")
    if what == "window" and place.window_name is not None:
        return f"{where(place)} {name_of(place.window_name)}"
    return where(place)
