"""A command line: whose bytes stand in it while it is written, and what is known once it is
submitted.

Invariant: without a reason, the counts are those of the finished line, byte for byte. Any key
whose effect a terminal can't tell (history, completion, the cursor) leaves a reason, and then the
counts are of what was typed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from typing import Final, NamedTuple

from tracer.model.hands import Hand

AHEAD: Final = "typed while another program could read it"
BUILTIN: Final = "what builtins of this shell read can't be told from a line"
CHILD: Final = "a program of the shell ended while it was written"
COMPLETION: Final = "completion"
EDITED: Final = "edited with the cursor or by a key of the shell"
HISTORY: Final = "history"
LONG: Final = "too long"
PROGRAM: Final = "started by a program"
SEVERAL: Final = "several lines were submitted at once"
UNKNOWN: Final = "whose Enter it was isn't known"
UNFINISHED: Final = "the line before may go on in it"

LINE_BYTES: Final = 4096
"""Of a line, as many are looked at."""

_ESCAPE_MAX: Final = 32
_CTRL_C, _CTRL_D, _TAB, _CTRL_L, _CTRL_U, _CTRL_W, _ESC, _DEL = 3, 4, 9, 12, 21, 23, 27, 127
_HISTORY_KEYS: Final = b"\x0e\x10\x12\x13"  # ^N ^P ^R ^S
_HISTORY_SEQUENCE: Final = re.compile(rb"\x1b[\[O][AB]")
_SEQUENCE: Final = re.compile(rb"\x1b+(?:\[[0-?]*[ -/]*[@-~]|O[^\x1b]|[^\[O\x1b])")
_PASTE_BEGINS: Final = b"\x1b[200~"
_PASTE_ENDS: Final = b"\x1b[201~"
# Where shells and the kernel agree on what ^W takes; they don't on punctuation.
_LAST_WORD: Final = re.compile(rb"\S*\s*\Z")
_SIMPLE_WORD: Final = re.compile(rb"[0-9A-Za-z_]* *")
# A simple command needs no second line; whether anything else does, only the shell knows.
_SIMPLE: Final = re.compile(rb"[\w ./~=:,@%+-]*", re.ASCII)
_KEYWORDS: Final = frozenset(
    b"begin case coproc do elif else for foreach function if repeat select switch then time until"
    b" while".split()
)

Hands = Collection[Hand | None]


class Told(NamedTuple):
    """What can be said of a program that comes from a line; fields as in hands.Composed."""

    composed_by: tuple[tuple[Hand | None, int], ...]
    submitted_by: Hand | None
    is_partial: bool
    reason: str


class Line:
    """A submitted line.

    `others`: hands whose input the shell, or a program of this line, may have acted on since.
    What starts from then on may be theirs. `goes_on`: it may be the rest of the line before, or
    what a builtin of that line read.
    """

    def __init__(
        self,
        by: Counter[Hand | None],
        submitted_by: Hand | None,
        reason: str,
        goes_on: bool = False,
    ) -> None:
        self.by = by
        self.submitted_by = submitted_by
        self.reason = reason
        self.goes_on = goes_on
        self.others: set[Hand | None] = set()

    def with_others(self, hands: Hands) -> Line:
        """This line for what the shell starts from now on; what it has started keeps its own."""
        line = Line(self.by, self.submitted_by, self.reason)
        line.others = self.others | set(hands)
        return line

    def after(self, before: Line) -> Line:
        """Both lines as one, where it isn't known which of them a program will come from."""
        both = Line(before.by + self.by, self.submitted_by, self.reason or SEVERAL)
        both.others = self.others | before.others | {before.submitted_by}
        return both

    def tell(self, also: Hands, is_direct: bool) -> Told:
        """What is known of a program that starts now; names only where all hands are one."""
        others = self.others.union(also)
        by, submitted_by = self.by, self.submitted_by
        if others and len(others.union(by, {submitted_by})) > 1:
            by = Counter({None: by.total()})
            submitted_by = submitted_by if others == {submitted_by} else None
        reason = self.reason or (AHEAD if others else "") or ("" if is_direct else PROGRAM)
        composed_by = tuple((hand, size) for hand, size in by.items() if size)
        unknown = UNKNOWN if submitted_by is None else ""
        return Told(composed_by, submitted_by, bool(reason), reason or unknown)


class Edit:
    """What stands at the prompt of a terminal, key by key.

    `touched`: hands that pressed keys of which a shell may run something at once, or whose keys
    it may read later.
    """

    def __init__(self) -> None:
        self.reason = ""
        self.touched: set[Hand | None] = set()
        self.touched_ns = 0
        self._text = bytearray()
        self._hands: list[Hand | None] = []
        self._pressed: set[Hand | None] = set()
        self._sequence = bytearray()
        self._is_pasting = False
        self._may_go_on = False

    def __bool__(self) -> bool:
        return bool(self._text or self._sequence or self.reason)

    @property
    def text(self) -> bytes:
        """What stands there, as far as that is known; at most LINE_BYTES of it."""
        return bytes(self._text)

    def hands(self) -> set[Hand | None]:
        """Who pressed any key since the line before was ended."""
        return self.touched | self._pressed

    def press(self, key: int, hand: Hand | None, now_ns: int) -> bool:
        """Takes one byte that came to the shell; True where it ends the line:
        Enter or ^C."""
        self._pressed.add(hand)
        if self._sequence or key == _ESC:
            self._continue(key, hand, now_ns)
        elif self._is_pasting or key >= 0x80 or 0x20 <= key < _DEL:
            self._insert(key, hand, now_ns)
        elif key == _CTRL_C:
            self._empty()
            self._may_go_on = False
            return True
        elif key in b"\r\n":
            return True
        else:
            self._control(key, hand, now_ns)
        return False

    def submit(self, hand: Hand | None) -> Line | None:
        """The line that `hand` pressed Enter on, None where nothing stood in it. What comes
        now is the next one."""
        text, reason = bytes(self._text), self.reason
        if not reason and not text.strip():
            self._empty()
            return None
        if b"!" in text:
            reason = reason or HISTORY
        goes_on, self._may_go_on = self._may_go_on, self._may_go_on or _may_go_on(text, reason)
        hands = Counter(self._hands)
        self._empty()
        return Line(hands, hand, reason or (UNFINISHED if goes_on else ""), goes_on)

    def ran(self) -> None:
        """The shell started something, so no line before is unfinished."""
        self._may_go_on = False

    def doubt(self, reason: str, hands: Hands = (), now_ns: int = 0) -> None:
        """What stands in the line isn't only what was typed; the first reason stays."""
        self.reason = self.reason or reason
        if hands:
            self.touched.update(hands)
            self.touched_ns = now_ns

    def ahead(self, hands: Hands, now_ns: int, is_ended: bool) -> None:
        """Something was typed that no prompt took: it may stand in the next line or not, unless
        Enter ended it."""
        self._empty()
        if not is_ended:
            self.doubt(AHEAD, hands, now_ns)

    def _insert(self, key: int, hand: Hand | None, now_ns: int) -> None:
        if key in b"\r\n":  # whether the shell takes it as pasted, only the shell knows
            self.doubt(SEVERAL, [hand], now_ns)
        if len(self._text) == LINE_BYTES:
            self.doubt(LONG)
            return
        self._text.append(key)
        self._hands.append(hand)

    def _control(self, key: int, hand: Hand | None, now_ns: int) -> None:
        if key == _CTRL_U:
            self._cut(0)
        elif key == _DEL:
            self._erase(hand, now_ns)
        elif key == _CTRL_W:
            self._erase_word(hand, now_ns)
        elif key in _HISTORY_KEYS:
            self.doubt(HISTORY, [hand], now_ns)
        elif key != _CTRL_L and (key != _CTRL_D or self):
            self.doubt(COMPLETION if key == _TAB else EDITED, [hand], now_ns)

    def _continue(self, key: int, hand: Hand | None, now_ns: int) -> None:
        self._sequence.append(key)
        if not _SEQUENCE.fullmatch(self._sequence) and len(self._sequence) < _ESCAPE_MAX:
            return
        sequence = bytes(self._sequence)
        self._sequence.clear()
        if sequence in (_PASTE_BEGINS, _PASTE_ENDS):
            self._is_pasting = sequence == _PASTE_BEGINS
        elif not self._is_pasting:
            is_history = _HISTORY_SEQUENCE.fullmatch(sequence)
            self.doubt(HISTORY if is_history else EDITED, [hand], now_ns)

    def _erase(self, hand: Hand | None, now_ns: int) -> None:
        end = len(self._text) - 1
        while end > 0 and 0x80 <= self._text[end] < 0xC0:
            end -= 1
        if end >= 0 and self._text[end] >= 0x80:  # shells differ on characters without width
            self.doubt(EDITED, [hand], now_ns)
        self._cut(max(end, 0))

    def _erase_word(self, hand: Hand | None, now_ns: int) -> None:
        word = _LAST_WORD.search(self._text)
        assert word is not None  # it matches nothing as well
        if not _SIMPLE_WORD.fullmatch(word[0]):
            self.doubt(EDITED, [hand], now_ns)
        self._cut(word.start())

    def _cut(self, size: int) -> None:
        del self._text[size:], self._hands[size:]

    def _empty(self) -> None:
        self._cut(0)
        self._sequence.clear()
        self._is_pasting = False
        self.reason = ""
        self.touched.clear()
        self._pressed.clear()


def _may_go_on(text: bytes, reason: str) -> bool:
    words = text.split(maxsplit=1)
    return bool(reason or not _SIMPLE.fullmatch(text) or (words and words[0] in _KEYWORDS))
