"""A real tmux with one pane, to compare screens with: bytes go to the pane as they are, and what it
shows comes from capture-pane."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Final, NamedTuple

from tracer.screen.screen import Screen
from tracer.screen.style import Style

Step = bytes | tuple[int, int]
"""Bytes to show, or columns and rows to take."""

Look = frozenset[tuple[str, str]]
Cells = list[tuple[str, Look]]

COLUMNS: Final = 40
ROWS: Final = 10
_ENDS_HALF: Final = b"\x18\x1b\\"  # whatever is half read
_NEW: Final = b"\x1b[?1049l\x1b[r\x1b[?6l\x1b[H\x1b[m\x1b[?1049h\x1b[?1049l\x1bc\x1b7\x1b[3J"
# A character at the end of each row: capture-pane gives no cell right of the last one written.
_MARKS: Final = b"\x1b[?6l\x1b[?7l\x1b[4l\x1b[m\x0f\x1b(B" + b"".join(
    b"\x1b[%d;999H|" % row for row in range(1, 60)
)
_STATE: Final = (
    "cursor_y cursor_x cursor_flag alternate_on scroll_region_upper scroll_region_lower "
    "insert_flag origin_flag wrap_flag pane_tabs"
).split()

# What the pane runs: what comes from the socket goes to the terminal, until it answers.
_PROGRAM: Final = """
import os, socket, sys, tty
tty.setraw(0)
there = socket.socket(socket.AF_UNIX)
there.connect(sys.argv[1])
with there.makefile("rb") as lines:
    for line in lines:
        rest = bytes.fromhex(line.decode()) + b"\\x1b[5n"
        while rest:
            rest = rest[os.write(1, rest):]
        said = bytearray()
        while not said.endswith(b"\\x1b[0n"):
            said += os.read(0, 4096)
        there.sendall(len(said).to_bytes(4, "big") + said)
"""


class Shown(NamedTuple):
    """What a screen shows: each row's characters with their looks, the state by name, and the rows
    once each has a mark at its end."""

    rows: list[Cells]
    state: dict[str, str]
    marked: list[Cells]


class Tmux:
    """A server of its own, in a directory of its own."""

    def __init__(self, folder: Path) -> None:
        program = folder / "show.py"
        program.write_text(_PROGRAM)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(folder / "show"))
            listener.listen()
            size = ("-x", str(COLUMNS), "-y", str(ROWS))
            command = (sys.executable, str(program), str(folder / "show"))
            tmux = ("tmux", "-u", "-f", "/dev/null", "-S", str(folder / "tmux"))
            started = ("new-session", "-d", *size, "--", *command)
            subprocess.run([*tmux, *started, ";", "set", "-g", "window-size", "manual"], check=True)
            self._pane = listener.accept()[0]
            self._replies = self._pane.makefile("rb")
        # One client for all questions: a process for each takes longer than the answers.
        self._client = subprocess.Popen(
            [*tmux, "-C", "attach-session", "-f", "no-output,ignore-size"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._answer()  # to attach-session
        self._size = (COLUMNS, ROWS)

    def end(self) -> None:
        """Ends the server."""
        self._client.communicate(b"kill-server\n")
        self._replies.close()
        self._pane.close()

    def show(self, steps: Iterable[Step]) -> Shown:
        """What a new terminal shows after these steps."""
        self.write(_ENDS_HALF + _NEW)
        self._resize(COLUMNS, ROWS)
        self.write(_NEW)
        for step in steps:
            if isinstance(step, bytes):
                self.write(step)
            else:
                self._resize(*step)
        self.write(_ENDS_HALF)
        shown = self.shown()
        self.write(_MARKS)
        return shown._replace(marked=self.shown().rows)

    def shown(self) -> Shown:
        """What the pane shows."""
        names = " ".join(f"#{{{name}}}" for name in _STATE)
        lines = self._ask("capture-pane -epN")
        (state,) = self._ask(f"display-message -p '{names}'")
        return Shown(rows_of(lines), dict(zip(_STATE, state.split(" "), strict=True)), [])

    def write(self, data: bytes) -> bytes:
        """Shows bytes; what tmux replied to them."""
        self._pane.sendall(data.hex().encode() + b"\n")
        size = int.from_bytes(self._replies.read(4), "big")
        return self._replies.read(size)

    def _resize(self, columns: int, rows: int) -> None:
        if (columns, rows) != self._size:
            self._ask(f"resize-window -x {columns} -y {rows}")
            self._size = (columns, rows)

    def _ask(self, command: str) -> list[str]:
        """The lines of its answer."""
        assert self._client.stdin
        self._client.stdin.write(command.encode() + b"\n")
        self._client.stdin.flush()
        return self._answer()

    def _answer(self) -> list[str]:
        assert self._client.stdout
        lines: list[str] | None = None
        for line in self._client.stdout:
            match line.split(b" ", 1)[0]:
                case b"%begin":
                    lines = []
                case b"%end":
                    return lines or []
                case b"%error" | b"%exit":
                    raise AssertionError(lines)
                case _ if lines is not None:
                    lines.append(line.removesuffix(b"\n").decode())
        raise AssertionError("tmux is gone")


def ours(steps: Iterable[Step]) -> Shown:
    """What our screen shows after the same."""
    screen = Screen(COLUMNS, ROWS)
    screen.feed(_NEW)
    for step in steps:
        if isinstance(step, bytes):
            screen.feed(step)
        else:
            screen.resize(*step)
    screen.feed(_ENDS_HALF)
    shown = shown_by(screen)
    screen.feed(_MARKS)
    return shown._replace(marked=shown_by(screen).rows)


def difference(steps: Sequence[Step], tmux: Tmux) -> str:
    """What differs, for people; empty if nothing does."""
    theirs, mine = tmux.show(steps), ours(steps)
    found = [
        f"{name}: tmux {theirs.state[name]}, ours {mine.state[name]}"
        for name in _STATE
        if theirs.state[name] != mine.state[name]
    ]
    for kind in ("rows", "marked"):
        pairs = zip_longest(getattr(theirs, kind), getattr(mine, kind))
        found += [
            f"{kind} {number}:\n    tmux {_readable(one)}\n    ours {_readable(other)}"
            for number, (one, other) in enumerate(pairs)
            if one != other
        ]
    return "\n".join(found)


def _readable(cells: Cells | None) -> str:
    return " ".join(
        character + "+".join(sorted(map("=".join, look))) for character, look in cells or ()
    )


def shown_by(screen: Screen) -> Shown:
    """What a screen of ours shows, in tmux's terms."""
    canvas, cursor = screen.canvas, screen.cursor
    state = (
        *(cursor.row, cursor.column, cursor.is_visible, screen.is_alternate),
        *(canvas.top, canvas.bottom, canvas.inserts, canvas.has_origin, canvas.wraps),
        ",".join(map(str, sorted(canvas.tabs))),
    )
    values = (value if isinstance(value, str) else str(int(value)) for value in state)
    rows = []
    for row in screen.lines:
        cells = zip(row.cells[: row.used], row.styles, strict=False)  # capture-pane gives no more
        looks = [(character, _look(style)) for cell, style in cells for character in cell]
        rows.append(_stripped(looks))
    return Shown(rows, dict(zip(_STATE, values, strict=True)), [])


def _look(style: Style) -> Look:
    pairs = zip(style._fields, style, Style(), strict=True)
    return frozenset((name, str(value)) for name, value, plain in pairs if value is not plain)


def _stripped(cells: Cells) -> Cells:
    """Without what is blank and plain at the end."""
    while cells and cells[-1] == (" ", frozenset()):
        cells.pop()
    return cells


# What capture-pane -e writes, read independently of the screen's own SGR.

_FLAGS: Final = dict(
    zip(
        "1 2 3 5 7 8 9".split(),
        "bold dim italic blink reverse hidden strike".split(),
        strict=True,
    )
)
_LAYERS: Final = {"3": "foreground", "4": "background", "5": "underline_colour"}
_PIECE: Final = re.compile(r"\x1b\[([0-9;:]*)m|([\x0e\x0f])|(.)", re.DOTALL)
_DRAWN: Final = dict(
    zip(
        "+,-.0`abcdefghijklmnopqrstuvwxyz{|}~",
        "→←↑↓█◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·",
        strict=True,
    )
)


def rows_of(lines: list[str]) -> list[Cells]:
    look: dict[str, str] = {}
    draws = False
    rows = []
    for line in lines:
        cells: Cells = []
        for codes, shift, character in _PIECE.findall(line):
            if character:
                drawn = _DRAWN.get(character, character) if draws else character
                cells.append((drawn, frozenset(look.items())))
            elif shift:
                draws = shift == "\x0e"
            else:
                look = _changed(look, codes)
        rows.append(_stripped(cells))
    return rows


def _changed(look: dict[str, str], codes: str) -> dict[str, str]:
    """The look after an SGR of tmux's."""
    fields = codes.split(";")
    changed = dict(look)
    while fields:
        code = fields.pop(0)
        if code in ("", "0"):
            changed = {}
        elif code in _FLAGS:
            changed[_FLAGS[code]] = "True"
        elif code.startswith("4:") or code == "4":
            changed["underline"] = code[2:] or "1"
        elif code == "5:3":  # so it writes 53
            changed["overline"] = "True"
        elif code[1:] == "8":
            size = 1 if fields.pop(0) == "5" else 3
            colour = tuple(map(int, fields[:size]))
            del fields[:size]
            changed[_LAYERS[code[0]]] = str(colour if size == 3 else colour[0])
        elif code[1:] == "9":
            changed.pop(_LAYERS[code[0]], None)
        else:
            bright = 60 if int(code) >= 90 else 0
            number = int(code) - bright
            layer = _LAYERS[str(number // 10)]
            changed[layer] = str(number % 10 + (8 if bright else 0))
    return changed
