"""What people typed, and the commands that it became, in words.

Invariant: text that was typed stands behind a bar, as output does, so it can't be taken for ours;
a key that draws nothing has a sign, and that sign itself, typed, is an escape.
Who typed is in `people`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Final

from tracer.codec.safe import safe_text
from tracer.model.context import Command, Person
from tracer.model.findings import TextInput, TypedBy
from tracer.model.hands import How

_SIGNS: Final = {b"\r": "⏎", b"\t": "⇥", b"\x7f": "⌫"}
_MARKS: Final = "".join(_SIGNS.values())
_KEYS: Final = re.compile(rb"([\r\t\x7f])")
_WITHHELD: Final = {
    "no-echo": ", not echoed",
    "prompt": ", answering a prompt",
    "nested": ", to the tmux in it",
}


def by_author(typed: TextInput) -> Iterator[TextInput]:
    """The input in parts, each of one author and one way."""
    for _, group in groupby(typed.typed_by, lambda part: part._replace(start=0, size=0)):
        parts = list(group)
        start, size = parts[0].start, sum(part.size for part in parts)
        yield typed._replace(
            offset=typed.offset + start,
            size=size,
            data=None if typed.data is None else typed.data[start : start + size],
            typed_by=(parts[0]._replace(start=0, size=size),),
        )


def way_of(part: TextInput) -> str:
    """How the input of one author came, how much of it, and why nobody is named.

    How much goes without saying where the text follows, and a keystroke is what one expects.
    """
    typed = part.typed_by[0]
    words = [_how(typed)]
    if part.data is None:
        words.append(counted(part.size, "byte") + _WITHHELD.get(part.withheld or "", ""))
    if typed.how is How.UNKNOWN and typed.reason:
        words.append(f"({safe_text(typed.reason)})")
    return " ".join(filter(None, words))


def keys_of(data: bytes) -> str:
    """Typed bytes as one row: ls -l⏎."""
    pieces = _KEYS.split(data)
    return "".join(_SIGNS.get(piece) or safe_text(piece, marks=_MARKS) for piece in pieces)


def command_text(command: Command, label: Callable[[Person | None], str]) -> str:
    """Who pressed Enter and who typed the line; "" where nobody is known."""
    composers = [person for person, _ in command.composed_by]
    if command.submitted_by is None and not any(composers):
        return ""
    parts = [f"⏎ {label(command.submitted_by)}"]
    if composers != [command.submitted_by]:
        shares = [f"{label(person)} {size}" for person, size in command.composed_by]
        parts.append(" ".join(["typed", *shares] if shares else ["typed ?"]))
    return ", ".join(parts) + (" in part" if command.is_partial else "")


def counted(count: int, noun: str) -> str:
    """1 byte, 2 bytes."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _how(typed: TypedBy) -> str:
    if typed.how is How.KEYSTROKE:
        return ""
    if typed.how is How.UNKNOWN:
        return "?"
    if typed.person is None or typed.person.is_client:
        return typed.how.value
    return f"{typed.how.value}[{typed.person.key.tgid}]"
