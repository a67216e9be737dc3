"""What control characters and sequences ask for: tmux's vocabulary, each word bound to the canvas.

Invariant: what tmux doesn't know changes nothing. How bytes become sequences is parser.py's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from tracer.screen.canvas import Canvas, fill_of
from tracer.screen.style import PLAIN, Style, rendition

FIELDS: Final = 23
LARGEST: Final = 2**31 - 1
PENS: Final = 128
TITLE_CHARS: Final = 512
# The graphics that letters stand for in the line drawing set, as tmux draws them.
DRAWING: Final = str.maketrans(
    "+,-.0`abcdefghijklmnopqrstuvwxyz{|}~", "→←↑↓█◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·"
)
Numbers = tuple[int | None, ...]
"""The fields of a sequence: None for an empty one, -1 for one with colons."""
_TITLE: Final = re.compile(rb"0*[02];", re.ASCII)


class _Pen:
    """A style, what erasing leaves then, and the pens that SGRs made of it: the same few come again
    and again."""

    __slots__ = ("after", "fill", "style")

    def __init__(self, style: Style) -> None:
        self.style = style
        self.fill = fill_of(style)
        self.after: dict[bytes, _Pen] = {}


class Saved(NamedTuple):
    """What DECSC saves; a new terminal has these."""

    style: Style = PLAIN
    is_shifted: bool = False
    g0_draws: bool = False
    g1_draws: bool = False
    has_origin: bool = False
    x: int = 0
    y: int = 0


class Controls:
    """Acts on a canvas. `title` is as the program gave it: hostile."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.title = ""
        self.last = ""  # what REP repeats
        self._pens: dict[Style, _Pen] = {}
        self._pen = _Pen(PLAIN)
        self.reset()

    def reset(self) -> None:
        """Style, character sets and what is saved, as a new terminal has them."""
        self.canvas.set_style(PLAIN)
        self.is_shifted = False
        self.draws = (False, False)  # whether G0 and G1 are the line drawing set
        self.saved = Saved()

    def text(self, text: str) -> None:
        """Printable ASCII."""
        if self.draws[self.is_shifted]:
            self.canvas.put_wide(text.translate(DRAWING))
        else:
            self.canvas.put(text)
        self.last = text[-1:]

    def lines(self, lines: list[str]) -> None:
        """Each of these after a CR and LF; the last one is empty."""
        canvas = self.canvas
        for line in lines:
            canvas.x = 0
            canvas.line_feed(canvas.fill)
            if line:
                self.text(line)
        self.last = ""

    def wide(self, text: str) -> None:
        """Anything else that is text."""
        self.canvas.put_wide(text)
        self.last = ""

    def control(self, byte: int) -> None:
        """A C0 control character."""
        self.last = ""
        canvas = self.canvas
        if byte in (0x0A, 0x0B, 0x0C):
            canvas.line_feed(canvas.fill)
        elif byte == 0x0D:
            canvas.x = 0
        elif byte == 0x08:
            canvas.back_space()
        elif byte == 0x09:
            canvas.tab()
        elif byte in (0x0E, 0x0F):
            self.is_shifted = byte == 0x0E

    def escape(self, sequence: bytes) -> None:
        """What follows an ESC, but strings and CSI."""
        self.last = ""
        if (act := _ESCAPES.get(sequence)) is not None:
            act(self)

    def sequence(self, fields: bytes, final: bytes) -> None:
        """A control sequence: its fields, and its intermediates (with a private mark) and final."""
        last, self.last = self.last, ""
        if final == b"m":
            self.render(fields)
        elif (numbers := _numbers(fields)) is None:
            return
        elif final == b"b":
            self._repeat(last, _first(numbers))
        elif (act := _SEQUENCES.get(final)) is not None:
            act(self, numbers)

    def string(self, content: bytes) -> None:
        """An operating system command."""
        if (match := _TITLE.match(content)) is not None:
            try:
                self.title = content[match.end() :].decode()[:TITLE_CHARS]
            except UnicodeDecodeError:
                return  # tmux doesn't take it either

    def render(self, fields: bytes) -> None:
        """SGR."""
        self.last = ""
        if self._pen.style is not self.canvas.style:
            self._pen = self._pen_of(self.canvas.style)
        pen = self._pen.after.get(fields)
        if pen is None:
            numbers = _numbers(fields)
            style = self._pen.style
            if numbers is not None:
                style = rendition(style, fields.split(b";"))
            if len(self._pen.after) >= PENS:
                self._pen.after.clear()
            pen = self._pen.after[fields] = self._pen_of(style)
        self._pen = pen
        self.canvas.style, self.canvas.fill = pen.style, pen.fill

    def _pen_of(self, style: Style) -> _Pen:
        pen = self._pens.get(style)
        if pen is None:
            if len(self._pens) >= PENS:
                self._pens.clear()
            pen = self._pens[style] = _Pen(style)
        return pen

    def _repeat(self, last: str, count: int) -> None:
        count = min(count, self.canvas.grid.columns - self.canvas.x)
        if last and count > 0:
            self.text(last * count)
            self.last = ""

    def save(self) -> None:
        """DECSC."""
        canvas = self.canvas
        self.saved = Saved(
            canvas.style, self.is_shifted, *self.draws, canvas.has_origin, canvas.x, canvas.y
        )

    def restore(self) -> None:
        """DECRC."""
        saved = self.saved
        self.is_shifted, self.draws = saved.is_shifted, (saved.g0_draws, saved.g1_draws)
        self.canvas.has_origin = saved.has_origin
        self.canvas.set_style(saved.style)
        self.canvas.restore(saved.x, saved.y)

    def start_over(self) -> None:
        """RIS; the origin mode that was saved stays, as in tmux."""
        had_origin = self.saved.has_origin
        self.reset()
        self.saved = Saved(has_origin=had_origin)
        self.canvas.reset_modes()
        self.canvas.grid.keeps_history = self.canvas.saved_rows is None
        self.canvas.clear()
        self.canvas.x = self.canvas.y = 0

    def set_private_modes(self, numbers: Numbers, is_set: bool) -> None:
        """DECSET and DECRST."""
        for number in numbers:
            self._set_private(number, is_set)

    def _set_private(self, number: int | None, is_set: bool) -> None:
        canvas = self.canvas
        if number == 3:
            canvas.move(0, 0)
            canvas.clear()
        elif number == 6:
            canvas.has_origin = is_set
            canvas.move(0, 0)
        elif number == 7:
            canvas.wraps = is_set
        elif number == 25:
            canvas.is_visible = is_set
        elif number in (47, 1047, 1049):
            (canvas.enter_alternate if is_set else canvas.leave_alternate)(number == 1049)

    def set_modes(self, numbers: Numbers, is_set: bool) -> None:
        """SM and RM."""
        if 4 in numbers:
            self.canvas.inserts = is_set

    def clear_tabs(self, which: int | None) -> None:
        """TBC."""
        if not which:
            self.canvas.tabs.discard(self.canvas.x)
        elif which == 3:
            self.canvas.tabs.clear()


@lru_cache(1024)
def _numbers(fields: bytes) -> tuple[int | None, ...] | None:
    """The fields as numbers; None if tmux passes over the whole sequence."""
    if not fields:
        return ()
    parts = fields.split(b";")
    if len(parts) > FIELDS:
        return None
    numbers = tuple(-1 if b":" in part else int(part) if part else None for part in parts)
    return None if max(number or 0 for number in numbers) > LARGEST else numbers


def _first(numbers: Numbers, place: int = 0, default: int = 1) -> int:
    """A count of at least 1; -1 for what is none."""
    number = numbers[place] if place < len(numbers) else None
    if number is None:
        return default
    return number if number < 0 else max(number, 1)


_Act = Callable[[Controls, Numbers], None]


def _counted(name: str) -> _Act:
    """A method of the canvas that takes a count."""

    def act(controls: Controls, numbers: Numbers) -> None:
        if (count := _first(numbers)) > 0:
            getattr(controls.canvas, name)(count)

    return act


def _chosen(*names: str) -> _Act:
    """One of some methods of the canvas, by number."""

    def act(controls: Controls, numbers: Numbers) -> None:
        choice = (numbers[0] or 0) if numbers else 0
        if 0 <= choice < len(names):
            getattr(controls.canvas, names[choice])()

    return act


def _to_column(controls: Controls, numbers: Numbers) -> None:
    if (column := _first(numbers)) > 0:
        controls.canvas.move(column - 1, None)


def _to_line(controls: Controls, numbers: Numbers) -> None:
    if (line := _first(numbers)) > 0:
        controls.canvas.move(None, line - 1)


def _to_place(controls: Controls, numbers: Numbers) -> None:
    line, column = _first(numbers), _first(numbers, 1)
    if line > 0 and column > 0:
        controls.canvas.move(column - 1, line - 1)


def _to_start_of(name: str) -> _Act:
    """Like _counted(), from the first column."""

    def act(controls: Controls, numbers: Numbers) -> None:
        if (count := _first(numbers)) > 0:
            controls.canvas.x = 0
            getattr(controls.canvas, name)(count)

    return act


def _margins(controls: Controls, numbers: Numbers) -> None:
    top, bottom = _first(numbers), _first(numbers, 1, controls.canvas.grid.rows)
    if top > 0 and bottom > 0:
        controls.canvas.set_margins(top - 1, bottom - 1)


def _next_line(controls: Controls) -> None:
    controls.canvas.x = 0
    controls.canvas.line_feed(controls.canvas.fill)


def _designate(which: int, draws: bool) -> Callable[[Controls], None]:
    def act(controls: Controls) -> None:
        g0, g1 = controls.draws
        controls.draws = (g0, draws) if which else (draws, g1)

    return act


_ESCAPES: Final[dict[bytes, Callable[[Controls], None]]] = {
    b"c": Controls.start_over,
    b"D": lambda controls: controls.canvas.line_feed(controls.canvas.fill),
    b"E": _next_line,
    b"H": lambda controls: controls.canvas.set_tab(),
    b"M": lambda controls: controls.canvas.reverse_index(),
    b"7": Controls.save,
    b"8": Controls.restore,
    b"#8": lambda controls: controls.canvas.align(),
    b"(0": _designate(0, True),
    b"(B": _designate(0, False),
    b")0": _designate(1, True),
    b")B": _designate(1, False),
}

_SEQUENCES: Final[dict[bytes, _Act]] = {
    b"@": _counted("insert_characters"),
    b"A": _counted("up"),
    b"B": _counted("down"),
    b"C": _counted("right"),
    b"D": _counted("left"),
    b"E": _to_start_of("down"),
    b"F": _to_start_of("up"),
    b"G": _to_column,
    b"`": _to_column,
    b"H": _to_place,
    b"f": _to_place,
    b"d": _to_line,
    b"J": _chosen("erase_below", "erase_above", "clear", "forget"),
    b"K": _chosen("erase_right", "erase_left", "erase_row"),
    b"L": _counted("insert_lines"),
    b"M": _counted("delete_lines"),
    b"P": _counted("delete_characters"),
    b"S": _counted("scroll_up"),
    b"T": _counted("scroll_down"),
    b"X": _counted("erase_characters"),
    b"Z": _counted("back_tab"),
    b"g": lambda controls, numbers: controls.clear_tabs(numbers[0] if numbers else 0),
    b"h": lambda controls, numbers: controls.set_modes(numbers, True),
    b"l": lambda controls, numbers: controls.set_modes(numbers, False),
    b"?h": lambda controls, numbers: controls.set_private_modes(numbers, True),
    b"?l": lambda controls, numbers: controls.set_private_modes(numbers, False),
    b"r": _margins,
    b"s": lambda controls, _: controls.save(),
    b"u": lambda controls, _: controls.restore(),
}
