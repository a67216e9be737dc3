"""How a cell looks, and what a select graphic rendition (SGR) sequence makes of it.

Invariant: a style is a value; two that look the same are equal. What is drawn in it is row.py's.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

Colour = int | tuple[int, int, int] | None
"""A place in the palette of 256 (0 to 7 plain, 8 to 15 bright), red, green and blue, or the
terminal's own (None)."""

UNDERLINES: Final = 5  # single, double, curly, dotted, dashed
COLON_FIELDS: Final = 8


class Style(NamedTuple):
    """How a cell looks."""

    foreground: Colour = None
    background: Colour = None
    underline_colour: Colour = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: int = 0
    blink: bool = False
    reverse: bool = False
    hidden: bool = False
    strike: bool = False
    overline: bool = False


PLAIN: Final = Style()

_Changes = dict[str, Any]
_CHANGES: Final[dict[int, _Changes]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": 1},
    5: {"blink": True},
    6: {"blink": True},
    7: {"reverse": True},
    8: {"hidden": True},
    9: {"strike": True},
    21: {"underline": 2},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": 0},
    25: {"blink": False},
    27: {"reverse": False},
    28: {"hidden": False},
    29: {"strike": False},
    39: {"foreground": None},
    49: {"background": None},
    53: {"overline": True},
    55: {"overline": False},
    59: {"underline_colour": None},
    **{30 + n: {"foreground": n} for n in range(8)},
    **{40 + n: {"background": n} for n in range(8)},
    **{90 + n: {"foreground": 8 + n} for n in range(8)},
    **{100 + n: {"background": 8 + n} for n in range(8)},
}
_COLOURED: Final = {38: "foreground", 48: "background", 58: "underline_colour"}


def rendition(style: Style, fields: list[bytes]) -> Style:
    """What SGR with these fields (between semicolons, digits and colons only) makes of a style.

    tmux's reading: an index that is out of range is the terminal's own colour, an RGB colour that
    is out of range is passed over, and what cannot be read changes nothing.
    """
    changes: _Changes = {}
    place = 0
    while place < len(fields):
        field = fields[place]
        place += 1
        if b":" in field:
            changes |= _by_colons(field)
        elif (code := int(field or b"0")) == 0:
            style, changes = PLAIN, {}
        elif code in _COLOURED:
            place += _by_semicolons(_COLOURED[code], fields[place : place + 4], changes)
        else:
            changes |= _CHANGES.get(code, {})
    return style._replace(**changes) if changes else style


def _by_semicolons(name: str, fields: list[bytes], changes: _Changes) -> int:
    """Reads the colour after a 38, 48 or 58; how many fields it took."""
    numbers = [int(field) if field.isdigit() else None for field in fields]
    if numbers[:1] == [5]:
        changes[name] = _indexed(numbers[1] if len(numbers) > 1 else None)
        return 2
    if numbers[:1] == [2] and (rgb := _rgb(numbers[1:4])) is not None:
        changes[name] = rgb
        return 4
    return 1


def _by_colons(field: bytes) -> _Changes:
    numbers = [int(part) if part else None for part in field.split(b":")]
    code, kind = numbers[0], numbers[1]
    if len(numbers) >= COLON_FIELDS:
        return {}
    if code == 4:
        return {"underline": kind} if len(numbers) == 2 and kind in range(UNDERLINES + 1) else {}
    if code not in _COLOURED or len(numbers) < 3:
        return {}
    if kind == 5:
        return {_COLOURED[code]: _indexed(numbers[2])}
    first = 2 if len(numbers) == 5 else 3  # a colour space may come before
    rgb = _rgb(numbers[first : first + 3]) if kind == 2 else None
    return {} if rgb is None else {_COLOURED[code]: rgb}


def _indexed(number: int | None) -> Colour:
    return number if number is not None and number < 256 else None


def _rgb(numbers: list[int | None]) -> tuple[int, int, int] | None:
    red, green, blue = (*numbers, None, None, None)[:3]
    if red is None or green is None or blue is None or max(red, green, blue) > 255:
        return None
    return red, green, blue
