"""Findings as lines on a terminal: the only place that draws one.

Invariant: whatever was captured or claimed passes safe_text() on its way out, so a line holds
printable characters and our own colours, nothing else.
Which findings are shown, and when, is the subcommand's business.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final, TextIO, assert_never
from zlib import crc32

from tracer.cli.labels import (
    amount_lost,
    duration,
    name_of,
    process_label,
    remarks_on,
    tty_name,
    where,
    word,
)
from tracer.cli.safe import columns_of, cut, safe_text
from tracer.cli.shown import rows_of
from tracer.clock import WallClock
from tracer.codec.status import ended, signal_name
from tracer.model.context import Client, Process
from tracer.model.findings import (
    Finding,
    Lost,
    ProcessEnded,
    ProcessForked,
    ProgramStarted,
    TextOutput,
    TmuxChanged,
)

__all__ = ["Renderer", "safe_text", "wants_colour"]

Names = Callable[[int], str | None]

_USER_COLUMNS, _PLACE_COLUMNS = 8, 12
_BOLD, _DIM, _RED, _LOUD = "1", "2", "31", "1;91"
_COLOURS: Final = ("32", "33", "34", "35", "36", "92", "93", "94", "95", "96")
_TMUX_SIGNS: Final = {
    "seen": "+", "created": "+", "linked": "+", "opened": "+", "attached": "+",
    "gone": "-", "closed": "-", "unlinked": "-", "detached": "-",
    "renamed": "~", "changed": "~", "unverified": "!",
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
        self._names = names
        self._wall = wall
        self._colour = colour
        self._width = width

    def line(self, finding: Finding) -> str:
        """The finding as one row, output as one for each row shown; "" if it showed no text.

        No newline at the end.
        """
        head, columns = self._head(finding)
        return "\n".join(head + row for row in self._rows(finding, columns))

    def _rows(self, finding: Finding, columns: int) -> list[str]:
        match finding:
            case TextOutput():
                return self._output(finding, columns)
            case ProgramStarted():
                return [self._program(finding.process)]
            case ProcessForked():
                return [self._paint(f"fork {process_label(finding.process)}", _DIM)]
            case ProcessEnded():
                return [self._ended(finding)]
            case Lost():
                return [self._paint(f"— {amount_lost(finding)} lost ({finding.reason}) —", _LOUD)]
            case TmuxChanged():
                return [self._tmux_changed(finding)]
        assert_never(finding)

    # ---- time, user, place ----

    def _head(self, finding: Finding) -> tuple[str, int]:
        second, ns = divmod(self._wall.at(finding.time_ns), 1_000_000_000)
        clock = f"{time.strftime('%H:%M:%S', time.localtime(second))}.{ns // 1_000_000:03d}"
        who = self._who(finding).ljust(_USER_COLUMNS)
        target = where(finding.place).ljust(_PLACE_COLUMNS)
        painted = (self._paint(clock, _DIM), self._hue(who), self._hue(target))
        return " ".join(painted) + "  ", columns_of(f"{clock} {who} {target}  ")

    def _who(self, finding: Finding) -> str:
        match finding:
            case TmuxChanged(client=client):
                return self._user(client.uid if client else None)
            case Lost():
                return "?"
        who = finding.process.who if finding.process else None
        if who is None:
            return "?"
        # Who logged in says more than the uid, which sudo and su change along with the euid.
        origin = self._user(who.uid if who.loginuid is None else who.loginuid)
        acts_as = self._user(who.euid)
        return origin if origin == acts_as else f"{origin}→{acts_as}"

    def _user(self, uid: int | None) -> str:
        return "?" if uid is None else name_of(self._names(uid) or str(uid))

    # ---- what happened ----

    def _output(self, output: TextOutput, columns: int) -> list[str]:
        bar = self._paint("│", _DIM)
        rows = [safe_text(row) for row in rows_of(output.data)]
        if self._width is not None:
            rows = [cut(row, self._width - columns - 2) for row in rows]
        return [f"{bar} {row}" for row in rows]

    def _program(self, process: Process) -> str:
        # Reads as a line of shell: the rest is a comment, which no quoted argument can begin.
        path = process.invoked or process.exe
        words = [word(arg) for arg in process.argv or ((path,) if path else ())] or ["?"]
        remarks = ", ".join(remarks_on(process))
        return self._paint(f"$ {' '.join(words)}", _BOLD) + self._paint(f"  # {remarks}", _DIM)

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

    def _tmux_changed(self, change: TmuxChanged) -> str:
        what, _, verb = change.action.partition("-")
        sign = _TMUX_SIGNS.get(verb.rpartition("-")[2], "~")
        text = f"{sign} {what} {self._subject(what, change)}"
        if change.note is not None:
            text += f" ({safe_text(change.note)})"
        return self._paint(text, _LOUD if sign == "!" else _BOLD)

    def _subject(self, what: str, change: TmuxChanged) -> str:
        place = change.place
        if what == "server":
            socket = f" {word(place.socket)}" if place.socket else ""
            return f"{place.server.tgid}{socket}"
        if change.client is not None:
            to = "from" if change.action == "client-detached" else "→"
            return f"{self._client(change.client)} {to} {where(place)}"
        return where(place)

    def _client(self, client: Client) -> str:
        tty = tty_name(client.tty) if client.tty else f"pid {client.pid}"
        size = f" {client.columns}x{client.rows}" if client.columns and client.rows else ""
        return f"{self._user(client.uid)} {tty}{size}{'' if client.verified else ' (unverified)'}"

    # ---- colour ----

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text

    def _hue(self, text: str) -> str:
        # By what it says, so that a user or pane keeps its colour from run to run.
        return self._paint(text, _COLOURS[crc32(text.encode()) % len(_COLOURS)])
