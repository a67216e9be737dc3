"""What may go to somebody else's terminal or player: the one list of sequences that only draw.

Invariant: whatever comes in, in whatever pieces, what comes out is printable text, the controls
that move the cursor, and whole sequences of this list. Nothing of it sets a title or the clipboard,
asks the terminal for anything, changes what keys and mouse send, resizes, prints, links or forgets
what was shown. What is dropped draws nothing in screen.py, whose vocabulary this is: that comes to
the same with it and without, but for bytes that are no text in the midst of some that are, and REP.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

_LONGEST: Final = 256
"""Characters of an unfinished sequence that are waited with: nothing that draws is as long."""

_DRAWS: Final = "|".join(
    (
        r"\[(?![0-9;:]*+[0-9]{5})[0-9;:]{0,63}+m",  # colours
        r"\[(?!0*3J)(?:[0-9]{0,4};){0,15}[0-9]{0,4}[@-HJ-MPSXZ`bdfgr]",  # cursor, erase, insert
        r"\[[0-9]{0,4}T",  # with more it has to do with the mouse
        r"\[[su]",
        r"\[4[hl]",  # insert mode
        r"\[\?(?:6|7|25|47|1047|1049)[hl]",  # origin, wrapping, cursor shown, alternate screen
        r"[78DEHM]",
        r"[()][0B]",
        r"#8",
    )
)
_WITHIN: Final = r"\x00-\x17\x19\x1c-\x1f\x7f-\U0010ffff"
"""What a sequence may have inside: controls are obeyed at once, the rest is nothing; it goes on."""
_CSI: Final = rf"\[[ -?{_WITHIN}]*+"
# Bidirectional controls and tags are no more than a way to show what isn't there.
_DRAWS_NOTHING: Final = (
    r"\x00-\x07\x10-\x1a\x1c-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f"
    r"\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
)
# It begins with one set of characters for speed: the regular expressions of Python look for the
# first character of a match much faster than they try alternatives at each. Only single characters
# are repeated possessively: groups match wrongly so before Python 3.11.5 (gh-106052).
_UNWANTED: Final = re.compile(
    rf"[\x1b{_DRAWS_NOTHING}](?:(?<!\x1b)[{_DRAWS_NOTHING}]*+|(?!{_DRAWS})(?:"
    rf"(?P<csi>{_CSI}[@-~])"
    r"|(?P<string>\][^\x07\x18\x1a\x1b]*+|[X^_k][^\x18\x1a\x1b]*+"
    rf"|P[{_WITHIN} -?]*+(?P<device>[@-~][^\x1b]*+(?:\x1b[^\\][^\x1b]*+)*(?P<half>\x1b\Z)?)?)"
    r"|(?P<reset>c)"
    rf"|{_CSI}|[ -/]*+[0-~]?))"
)
_UNFINISHED: Final = re.compile(rf"\x1b(?:{_CSI}|[ -/]*+)\Z")
_INTERRUPTED: Final = re.compile(rf"(\x1b[ -/]*+)([{_WITHIN}]++)")
_WHOLE: Final = re.compile(rf"\x1b(?:{_DRAWS})")
_NEVER_DRAWS: Final = "\x1b[>"
_INSIDE: Final = re.compile(rf"[{_WITHIN}]")
_MOVES: Final = re.compile("[\b-\x0f]")
_LONG_NUMBER: Final = re.compile("(?<![0-9])[0-9]{5,9}(?![0-9])")
_MODES: Final = re.compile(r"\x1b\[(\??)([0-9;]*)([hl])")
_CLEAR: Final = "\x1b[H\x1b[2J"
RESET: Final = "\x1b[m\x1b(B\x1b)B\x0f\x1b[4l\x1b[?6l\x1b[?7h\x1b[?25h\x1b[r" + _CLEAR
"""What a full reset comes to on the screen, in sequences that draw."""


class DrawingOnly:
    """Reads what a terminal was sent, in pieces; gives what of it draws."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self._before = ""  # how the next piece begins: an unfinished sequence, or an open string

    def feed(self, data: bytes) -> str:
        """What of this, and of what was waited with, draws. What isn't UTF-8 doesn't."""
        text = self._before + self._decoder.decode(data)
        text, self._before = _INTERRUPTED.sub(_closed_up, text), ""
        return _UNWANTED.sub(self._instead, self._held_back(text))

    def _held_back(self, text: str) -> str:
        last = text.rfind("\x1b", -_LONGEST)
        if last < 0 or not _UNFINISHED.match(text, last):
            return text
        self._before = text[last:]
        return text[:last]

    def _instead(self, found: re.Match[str]) -> str:
        sequence, is_open = found[0], found.end() == len(found.string)
        if found["csi"]:
            return _corrected(sequence)
        if found["reset"]:
            return RESET
        if found["string"]:
            if is_open:
                opening = sequence[:2] + ("q" if found["device"] else "")
                self._before = opening + (found["half"] or "") + self._before
        elif sequence.startswith("\x1b["):
            if is_open and not self._before:
                self._before = _NEVER_DRAWS
            return _moves(sequence)
        return ""


def _closed_up(interrupted: re.Match[str]) -> str:
    return _moves(interrupted[2]) + interrupted[1]


def _moves(text: str) -> str:
    return "".join(_MOVES.findall(text))


def _corrected(sequence: str) -> str:
    """What is left of a control sequence that doesn't draw as it is."""
    moves = _moves(sequence)
    bare = _LONG_NUMBER.sub("9999", _INSIDE.sub("", sequence))
    if modes := _MODES.fullmatch(bare):
        return moves + "".join(
            _mode(f"\x1b[{modes[1]}{number}{modes[3]}") for number in modes[2].split(";")
        )
    return moves + (bare if _WHOLE.fullmatch(bare) else "")


def _mode(sequence: str) -> str:
    if sequence in ("\x1b[?3h", "\x1b[?3l"):  # 80 or 132 columns: both clear the screen
        return _CLEAR
    return sequence if _WHOLE.fullmatch(sequence) else ""
