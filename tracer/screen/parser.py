"""Bytes to text, control characters and sequences: tmux's states, a run at once where that is all
that comes, else byte by byte.

Invariant: any bytes can come, in any pieces, and the pieces make no difference. What is half read
is bounded: a sequence longer than tmux takes is passed over, of a string only the start is kept.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tracer.screen.controls import Controls

FIELD_BYTES: Final = 63
MARKS: Final = 3
STRING_BYTES: Final = 4096

# What comes nearly always, whole: plain text, maybe with whole lines after its own, colours, a
# control sequence, a control character, other text.
_COMMON: Final = re.compile(
    rb"([\x20-\x7e]++)(\r\n(?:[\x20-\x7e]*+\r\n)*)?|\x1b\[([0-9;:]{0,63})m"
    rb"|\x1b\[(\??[0-9;:]{0,62})([@-~])|([\x00-\x17\x19\x1c-\x1f])"
    rb"|((?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})+)"
)
_TEXT, _LINES, _COLOURS, _FIELDS, _FINAL, _CONTROL, _WIDE = range(1, 8)

# States that end with ESC, CAN or SUB -> what they read until then.
_RUNS: Final = {
    "osc": re.compile(rb"[^\x07\x18\x1a\x1b]*"),
    "string": re.compile(rb"[^\x18\x1a\x1b]*"),
}
_DCS_RUN: Final = re.compile(rb"[^\x1b]*")
_ENTERED: Final = {
    0x50: "dcs",
    0x58: "string",
    0x5B: "csi",
    0x5D: "osc",
    0x5E: "string",
    0x5F: "string",
    0x6B: "string",
}


class Half(NamedTuple):
    """What is half read: a state of the parser, fields and marks of a sequence or the start of a
    string, and the first bytes of a character."""

    state: str = "ground"
    content: bytes = b""
    marks: bytes = b""
    utf8: bytes = b""


_CSI: Final = ("csi", "csi fields", "csi marks", "csi passed over")
_DCS: Final = ("dcs", "dcs fields", "dcs marks", "dcs content", "dcs escape")
STATES: Final = frozenset(("ground", "escape", "osc", "string", *_CSI, *_DCS))


class Parser:
    """Reads bytes for a Controls."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._state = "ground"
        self._content = bytearray()
        self._marks = b""
        self._utf8 = b""

    @property
    def half(self) -> Half:
        """What is half read."""
        if self._state == "ground":
            return Half(utf8=self._utf8)
        return Half(self._state, bytes(self._content), self._marks, self._utf8)

    @half.setter
    def half(self, half: Half) -> None:
        self._state, content, self._marks, self._utf8 = half
        self._content = bytearray(content)

    def feed(self, data: bytes) -> None:
        """Reads on."""
        place, size = 0, len(data)
        while place < size:
            if self._state == "ground":
                place = self._ground(data, place)
            elif self._state in _RUNS or self._state == "dcs content":
                place = self._string(data, place)
            else:
                self._step(data[place])
                place += 1

    def _ground(self, data: bytes, place: int) -> int:
        """Reads as long as all is whole; then one byte."""
        controls, match_common, size = self._controls, _COMMON.match, len(data)
        while place < size and not self._utf8 and (match := match_common(data, place)) is not None:
            kind = match.lastindex
            if kind == _TEXT:
                controls.text(match[_TEXT].decode("ascii"))
            elif kind == _COLOURS:
                controls.render(match[_COLOURS])
            elif kind == _FINAL:
                controls.sequence(*_private(match[_FIELDS], match[_FINAL]))
            elif kind == _CONTROL:
                controls.control(data[place])
            elif kind == _LINES:
                controls.text(match[_TEXT].decode("ascii"))
                controls.lines(match[_LINES].decode("ascii").split("\r\n")[1:])
            else:
                controls.wide(match[_WIDE].decode("utf-8", "ignore"))
            place = match.end()
        if place < size:
            self._step(data[place])
            place += 1
        return place

    def _string(self, data: bytes, place: int) -> int:
        """Reads a string's content up to what may end it."""
        match = _RUNS.get(self._state, _DCS_RUN).match(data, place)
        assert match is not None
        if self._state == "osc":
            self._content += match[0][: STRING_BYTES - len(self._content)]
        place = match.end()
        if place < len(data):
            self._step(data[place])
            place += 1
        return place

    def _step(self, byte: int) -> None:
        """Reads one byte in any state."""
        if self._state == "dcs content":
            self._state = "dcs escape"  # all else was read as a run
        elif self._state == "dcs escape":
            self._state = "ground" if byte == 0x5C else "dcs content"
        elif byte == 0x1B:
            self._leave()
            self._state, self._marks, self._content = "escape", b"", bytearray()
        elif byte in (0x18, 0x1A):
            self._leave()
            self._control(byte)
            self._state = "ground"
        elif self._state == "osc":
            self._leave()  # a bell
            self._state = "ground"
        elif byte < 0x20:
            if not self._state.startswith("dcs"):
                self._control(byte)
        elif self._state == "ground":
            self._character(byte)
        elif byte < 0x7F:
            self._sequence(byte)

    def _leave(self) -> None:
        if self._state == "osc" and len(self._content) < STRING_BYTES:
            self._controls.string(bytes(self._content))

    def _control(self, byte: int) -> None:
        self._utf8 = b""
        self._controls.control(byte)

    def _character(self, byte: int) -> None:
        """A byte of a character, or of none."""
        if byte < 0x80:
            if byte != 0x7F:
                self._utf8 = b""
                self._controls.text(chr(byte))
        elif not self._utf8:
            self._controls.last = ""
            if 0xC2 <= byte <= 0xF4:
                self._utf8 = bytes((byte,))
        else:
            self._utf8 += bytes((byte,))
            if len(self._utf8) >= _length(self._utf8[0]):
                character, self._utf8 = self._utf8, b""
                self._whole(character)

    def _whole(self, character: bytes) -> None:
        try:
            self._controls.wide(character.decode())
        except UnicodeDecodeError:
            return  # as many bytes as its first one announced, but no character: tmux drops them

    def _sequence(self, byte: int) -> None:
        """A byte of an escape or control sequence, or of the head of a device control string."""
        if self._state == "escape":
            self._escape(byte)
        elif self._state == "csi passed over":
            if byte >= 0x40:
                self._state = "ground"
        elif byte < 0x30:
            self._marks += bytes((byte,)) if len(self._marks) <= MARKS else b""
            self._state = f"{self._state[:3]} marks"
        elif byte < 0x40:
            self._field(byte)
        elif self._state.startswith("dcs"):
            self._state = "dcs content"
        else:
            self._state = "ground"
            if len(self._content) <= FIELD_BYTES and len(self._marks) <= MARKS:
                self._controls.sequence(bytes(self._content), self._marks + bytes((byte,)))

    def _field(self, byte: int) -> None:
        """A digit, a separator or a private mark."""
        kind = self._state[:3]
        is_mark = byte >= 0x3C
        if self._state.endswith(" marks") or (is_mark and self._state != kind):
            self._state = "string" if kind == "dcs" else "csi passed over"
        elif byte == 0x3A and kind == "dcs":
            self._state = "string"
        elif is_mark:
            self._marks = bytes((byte,))
            self._state = f"{kind} fields"
        else:
            if len(self._content) <= FIELD_BYTES:
                self._content.append(byte)
            self._state = f"{kind} fields"

    def _escape(self, byte: int) -> None:
        if byte < 0x30:
            self._marks += bytes((byte,)) if len(self._marks) <= MARKS else b""
        elif not self._marks and byte in _ENTERED:
            self._state = _ENTERED[byte]
        else:
            self._state = "ground"
            if len(self._marks) <= MARKS:
                self._controls.escape(self._marks + bytes((byte,)))


def _private(fields: bytes, final: bytes) -> tuple[bytes, bytes]:
    return (fields[1:], b"?" + final) if fields.startswith(b"?") else (fields, final)


def _length(first: int) -> int:
    """How many bytes a character has that begins with this one."""
    return 2 if first < 0xE0 else 3 if first < 0xF0 else 4
