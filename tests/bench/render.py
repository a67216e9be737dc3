"""How fast a screen takes what programs showed: ours, pyte's and libghostty's, in turn, in pieces
of 4 KiB, as they are recorded.

The streams are words, what a compiler says in colours, and what vim and htop draw on a real pane
while somebody works in them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyghostty
import pyte

from tests.bench.report import Row, compared
from tests.kernel.programs import PROGRAMS, prepare
from tests.kernel.tmux import Tmux
from tests.patience import eventually
from tracer.screen.screen import Screen

_BYTES = 8_000_000
_PIECE_BYTES = 4096
_DRAWN_BYTES = 400_000
_SLOWER = 10  # pyte gets so much less
_COLUMNS, _ROWS = 80, 24
_Feed = Callable[[bytes], object]


def measure(reps: int, scale: float, place: Path) -> Iterator[Row]:
    """Megabytes a second of processor time; the ratio is to ours."""
    for case, stream in _streams(place).items():
        data = _repeated(stream, round(_BYTES * scale))
        few = data[: len(data) // _SLOWER]
        rounds = [
            (_rate(_ours, data), _rate(_pyte, few), _rate(_ghostty, data)) for _ in range(reps)
        ]
        ours, pytes, ghosttys = zip(*rounds, strict=True)
        baseline = [[rate] for rate in ours]
        yield Row("render", case, None, None, ours, "MB/s")
        yield compared("render", f"{case}, pyte", pytes, baseline, unit="MB/s")
        yield compared("render", f"{case}, libghostty", ghosttys, baseline, unit="MB/s")


def _ours() -> _Feed:
    return Screen(_COLUMNS, _ROWS).feed


def _pyte() -> _Feed:
    return pyte.ByteStream(pyte.Screen(_COLUMNS, _ROWS)).feed


def _ghostty() -> _Feed:
    return pyghostty.Terminal(_COLUMNS, _ROWS).feed


def _rate(screen: Callable[[], _Feed], data: bytes) -> float:
    feed = screen()
    start = time.process_time()
    for place in range(0, len(data), _PIECE_BYTES):
        feed(data[place : place + _PIECE_BYTES])
    return len(data) / (time.process_time() - start) / 1e6


def _streams(place: Path) -> dict[str, bytes]:
    chance = random.Random(1)
    lines = [worded(chance) for _ in range(5000)]
    drawn = {name: _drawn(name, place / name) for name in ("vim", "htop")}
    words, coloured = "".join(lines).encode(), "".join(map(built, lines)).encode()
    return {"words": words, "coloured build": coloured} | drawn


def worded(chance: random.Random) -> str:
    """A line of words."""
    words = ("".join(chance.choices("etaoinshr", k=chance.randint(1, 9))) for _ in range(12))
    return " ".join(words) + "\r\n"


def built(line: str) -> str:
    """What a compiler says of a line, in colours."""
    name, word, rest = line.split(" ", 2)
    bold, plain, pink = "\x1b[01m\x1b[K", "\x1b[m\x1b[K", "\x1b[01;35m\x1b[K"
    return (
        f"\x1b[0m\x1b[32m[ 42%] \x1b[1mBuilding {name}.o\x1b[0m\r\n"
        f"{bold}{name}.c:7:3:{plain} {pink}warning: {plain}{word} ‘{bold}{rest[:20]}{plain}’\r\n"
        f"    7 |   {pink}{rest[:30]}{plain};\r\n"
    )


def _drawn(name: str, place: Path) -> bytes:
    chance, pipe = random.Random(1), place / "pipe"
    place.mkdir()
    prepare(place)
    tmux = Tmux(place)
    try:
        pane = tmux.new_session(PROGRAMS[name].forever(place), pipe=pipe)

        def pressed() -> bool:
            tmux.send_keys(pane, *PROGRAMS[name].press(chance))
            return pipe.stat().st_size >= _DRAWN_BYTES

        eventually(pressed)
    finally:
        tmux.close()
    return pipe.read_bytes()


def _repeated(data: bytes, size: int) -> bytes:
    return data * (size // len(data) + 1)
