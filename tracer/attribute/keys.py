"""What tmux makes of the bytes of a key: the forms in which a read may reach a pane.

tmux parses what it reads into keys and writes each key as the program in the pane wants it, so
bytes may differ from those that were read (input-keys.c and tty-keys.c of tmux 3.3a).
Invariant: nothing is said here of who typed; a form that isn't known costs a name, never gives one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from tracer.model.hands import How

PASTE_BEGIN: Final = b"\x1b[200~"
PASTE_END: Final = b"\x1b[201~"

# Beyond this a read is a paste, whose bytes tmux passes on as they are or not at all.
MAX_PICKED: Final = 64
MAX_ASKED: Final = 4096

# A key that starts with ESC, a byte that can be rewritten, or a run that passes as it is.
_UNIT: Final = re.compile(
    rb"\x1b\[M[^\x1b]{3}|\x1b{1,2}\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|\x1b{1,2}O[\x40-\x7e]"
    rb"|\x1b[\x00-\x1a\x1c-\xff]|\x1b|[\x08\x7f]|[^\x1b\x08\x7f]+",
    re.DOTALL,
)
_SGR_MOUSE: Final = re.compile(rb"\x1b\[<(\d+);\d+;\d+([Mm])")
_CODED: Final = re.compile(rb"\x1b\[(?:(\d+)(?:;(\d+))?u|27;(\d+);(\d+)~)")
_MODIFIED: Final = re.compile(rb"\x1b\[1;([3579])([A-DFH])")
_UNFINISHED: Final = re.compile(
    rb"(?:\x1b{1,2}(?:\[(?:M[^\x1b]{0,2}|[\x20-\x3f]*)|O)?"
    rb"|[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z",
    re.DOTALL,
)
# DA, DECRPM, CPR, DSR, window size, theme, focus, XTVERSION and other DCS, OSC colours, clipboard.
REPLY: Final = re.compile(
    rb"\x1b\[[?>=][\d;]*c|\x1b\[\??[\d;]+\$y|\x1b\[\??\d+;\d+R|\x1b\[0n|\x1b\[[34689](?:;\d+)+t"
    rb"|\x1b\[\?997;[12]n|\x1b\[\?\d*u|\x1b\[[IO]|\x1bP[>01!][^\x1b]*\x1b\\"
    rb"|\x1b\](?:4;\d+|1[0-2]|52);[^\x07\x1b]*(?:\x07|\x1b\\)"
)
# A cursor report reads like a modified F3, and only tmux itself is ever asked for one.
_ANSWER: Final = re.compile(rb"(?:(?!\x1b\[1;\dR)(?:" + REPLY.pattern + rb"))+")

_FINALS: Final = b"ABCD"
_SAME: Final = (
    (b"\x1b[H", b"\x1bOH", b"\x1b[1~", b"\x1b[7~"),
    (b"\x1b[F", b"\x1bOF", b"\x1b[4~", b"\x1b[8~"),
    *((b"\x1b[%c" % c, b"\x1bO%c" % c) for c in _FINALS),
    *((b"\x1bO%c" % c, b"\x1b[1;5%c" % (c - 32)) for c in _FINALS.lower()),
    *((b"\x1b[%c" % c, b"\x1b[1;2%c" % (c - 32)) for c in _FINALS.lower()),
    *((b"\x1bO%c" % p, b"\x1b[%d~" % n, b"\x1b[[%c" % (p - 15))
      for p, n in zip(b"PQRS", range(11, 15), strict=True)),
    *((b"\x1bO%c" % (0x40 + c), b"%c" % c) for c in b"*+-./0123456789"),
    (b"\x1bOM", b"\r", b"\n"),
    (b"\x08", b"\x7f"),
    (PASTE_BEGIN, b""),
    (PASTE_END, b""),
)  # fmt: skip
_FORMS: Final = {key: forms for forms in _SAME for key in forms if key}


def ends(data: bytes, target: bytes, start: int) -> set[int]:
    """Where in `target` a read of `data` may end that begins at `start` and is passed on whole."""
    if target.startswith(data, start):
        return {start + len(data)}
    offsets = {start}
    for unit in _units(data):
        offsets = {end for offset in offsets for end in _unit_ends(unit, target, offset)}
        if not offsets:
            break
    return offsets - {start}


def picked_ends(data: bytes, target: bytes, start: int) -> set[int]:
    """As `ends`, where tmux may have kept some of the keys for itself.

    It does so after a prefix or in a mode, which begins before the read or with a control key.
    """
    if len(data) > MAX_PICKED:
        return ends(data, target, start)
    passing, kept = {start}, {start}
    for unit in _single_keys(data):
        before, is_control = passing, unit[0] < 0x20
        passing = {end for at in passing | kept for end in _unit_ends(unit, target, at)}
        kept = kept | before if is_control else kept
    return (passing | kept) - {start}


def places(data: bytes, target: bytes) -> set[int]:
    """Offsets in `target` of all bytes that any key of `data` may have become."""
    if len(data) > MAX_PICKED or len(target) > MAX_ASKED:
        return set(range(len(target)))
    return {
        offset
        for unit in set(_single_keys(data))
        for start in range(len(target))
        for end in _unit_ends(unit, target, start)
        for offset in range(start, end)
    }


def taken(data: bytes, target: bytes, start: int) -> int:
    """How many bytes of `data` were written when `target` ends within it; 0 where it doesn't."""
    rest = target[start:]
    if data.startswith(rest):
        return len(rest) if len(rest) < len(data) else 0
    at, offset = 0, start
    for unit in _units(data):
        left = target[offset:]
        if unit.startswith(left):
            return at + len(left)
        found = list(_unit_ends(unit, target, offset))
        if not found:
            return 0
        at, offset = at + len(unit), max(found)
    return 0


def unfinished(data: bytes) -> int:
    """Size of a last key that tmux may wait for more of: a lone ESC, half a character; or 0."""
    found = _UNFINISHED.search(data, max(len(data) - 32, 0))
    return len(found.group()) if found else 0


def is_answer(data: bytes) -> bool:
    """Whether a terminal said this by itself, when a program asked it or its window got focus."""
    return data.startswith(b"\x1b") and _ANSWER.fullmatch(data) is not None


class Paste:
    """Where the bracketed pastes of one terminal begin and end, over its reads."""

    def __init__(self) -> None:
        self._is_open = False

    def split(self, data: bytes) -> tuple[tuple[int, How], ...]:
        """Sizes of what was typed and what was pasted, in order; the markers are of the paste."""
        parts, at = [], 0
        while at < len(data):
            marker = PASTE_END if self._is_open else PASTE_BEGIN
            found = data.find(marker, at)
            end = len(data) if found < 0 else found + (len(marker) if self._is_open else 0)
            if end > at:
                parts.append((end - at, How.PASTE if self._is_open else How.KEYSTROKE))
            self._is_open ^= found >= 0
            at = end
        return tuple(parts)


def _units(data: bytes) -> Iterator[bytes]:
    return (match.group() for match in _UNIT.finditer(data))


def _single_keys(data: bytes) -> Iterator[bytes]:
    for unit in _units(data):
        if unit.startswith(b"\x1b"):
            yield unit
        else:
            yield from (bytes((byte,)) for byte in unit)


def _unit_ends(unit: bytes, target: bytes, offset: int) -> Iterator[int]:
    for form in _forms(unit) if len(unit) < MAX_PICKED else (unit,):
        if target.startswith(form, offset):
            yield offset + len(form)
    if (mouse := _mouse_form(unit)) and (found := mouse.match(target, offset)):
        yield found.end()


@lru_cache(maxsize=1024)
def _forms(unit: bytes) -> tuple[bytes, ...]:
    """The unit as it is first; each form once."""
    more = *_FORMS.get(unit, ()), *_coded(unit), *_modified(unit)
    return tuple(dict.fromkeys((unit, *more)))


def _coded(unit: bytes) -> Iterator[bytes]:
    """A key that the terminal sent by number (CSI u, or xterm's 27): as a plain byte, and so."""
    match = _CODED.fullmatch(unit)
    if match is None or (code := int(match[1] or match[4])) > 0x10FFFF:
        return
    modifiers = int(match[2] or match[3] or 1)
    yield b"\x1b[%d;%du" % (code, modifiers)
    yield b"\x1b[27;%d;%d~" % (modifiers, code)
    bits = modifiers - 1
    char = chr(code & 0x1F if bits & 4 else code).encode("utf-8", "surrogatepass")
    yield (b"\x1b" if bits & 2 else b"") + char


def _modified(unit: bytes) -> Iterator[bytes]:
    """Alt with a cursor key, which some terminals send as ESC and the key."""
    if unit.startswith(b"\x1b\x1b") and len(unit) == 4:
        yield b"\x1b[1;3%c" % unit[3]
        yield from (b"\x1b" + form for form in _FORMS.get(unit[1:], ()))
    if (match := _MODIFIED.fullmatch(unit)) and match[1] == b"3":
        yield from (b"\x1b\x1b[" + match[2], b"\x1b\x1bO" + match[2])


def _mouse_form(unit: bytes) -> re.Pattern[bytes] | None:
    """The same button somewhere else: a pane counts from its own corner."""
    if match := _SGR_MOUSE.fullmatch(unit):
        button = int(match[1])
        old = button if match[2] == b"M" else 3
        place = rb"[\x20-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\x80-\xff]"
        return _mouse_pattern(b"%d" % button, match[2], bytes((32 + (old & 0x7F),)), place)
    if unit.startswith(b"\x1b[M") and len(unit) == 6:
        return re.compile(re.escape(unit[:4]) + b"..", re.DOTALL)
    return None


@lru_cache(maxsize=256)
def _mouse_pattern(button: bytes, final: bytes, old: bytes, place: bytes) -> re.Pattern[bytes]:
    sgr = rb"\x1b\[<" + button + rb";\d+;\d+" + final
    return re.compile(sgr + rb"|\x1b\[M" + re.escape(old) + rb"(?:" + place + rb"){2}", re.DOTALL)
