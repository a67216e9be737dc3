"""A recording of a real server, with the truth.

Invariant: when it was recorded, each client typed letters of its own (a-h, A-H, i-p) and a process
sent digits, so the author of each byte shows. Here all letters are made equal before they are fed,
so that only reads and writes can tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.unit.attribute.play import Play

FILE = Path(__file__).parent / "three_clients.txt"
LETTERS = {"A": b"abcdefgh", "B": b"ABCDEFGH", "C": b"ijklmnop", "process": b"01234567"}
KEYS = {
    "A": (b"\x1bOP", b"\x1bOQ", b"\x1b[1~", b"\x1b[4~", "é".encode(), "ü".encode()),
    "B": (b"\x1b[15~", b"\x1b[17~", b"\x1b[A", b"\x1b[B", "日".encode(), "本".encode()),
    "C": (b"\x1b[20~", b"\x1b[21~", b"\x1b[C", b"\x1b[D", "😀".encode(), "🎉".encode()),
}
_SEQUENCE = re.compile(rb"(\x1b[\[O][0-9;<]*[A-Za-z~])")
_EQUAL = bytes.maketrans(b"".join(LETTERS.values()), b"abcdefgh" * 4)
_OWNERS = {key: who for who, keys in KEYS.items() for key in keys} | {
    bytes((letter,)): who for who, letters in LETTERS.items() for letter in letters
}
_OWNED = re.compile(b"|".join(map(re.escape, sorted(_OWNERS, key=len, reverse=True))))


def play() -> tuple[Play, list[list[str | None]]]:
    """The recording as fed, and for each write whose each byte is (None: can't be told)."""
    told, truth = Play(), []
    for ms, kind, who, rest in _lines():
        if kind == "p":
            told.peer(_pid(who), int(rest), ms)
            continue
        data = rest.encode().decode("unicode_escape").encode()
        for at in range(0, len(data), 2048 if kind == "w" else 4096):
            part = _made_equal(data)[at : at + (2048 if kind == "w" else 4096)]
            if kind == "r":
                told.read(who, part, ms)
            else:
                told.write(part, int(who), ms)
                truth.append(owners(data)[at : at + 2048])
    return told, truth


def owners(data: bytes) -> list[str | None]:
    """Whose each byte was."""
    found: list[str | None] = [None] * len(data)
    for match in _OWNED.finditer(data):
        found[match.start() : match.end()] = [_OWNERS[match.group()]] * len(match.group())
    for match in _SEQUENCE.finditer(data):
        owner = _OWNERS.get(match.group())
        found[match.start() : match.end()] = [owner] * len(match.group())
    return found


def _lines() -> Iterator[tuple[float, str, str, str]]:
    for line in FILE.read_text().splitlines():
        if not line.startswith("#"):
            ms, kind, who, rest = line.split(" ")
            yield float(ms), kind, who, rest


def _pid(who: str) -> int:
    socket, generation = who.split(".")
    return 10_000 + 1000 * int(socket) + int(generation)


def _made_equal(data: bytes) -> bytes:
    parts = _SEQUENCE.split(data)
    return b"".join(p if i % 2 else p.translate(_EQUAL) for i, p in enumerate(parts))
