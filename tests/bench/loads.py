"""What runs in a pane while it is measured, and what the pane must show of it.

Invariant: `shown` is byte for byte what the terminal gets: its line discipline has put a carriage
return before each newline.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tests.bench.programs import build

_LINES = (
    "The quick brown fox jumps over the lazy dog; pack my box with five dozen jugs.\n"
    "Größe, año, naïveté, 日本語のテキスト, 한국어, русский текст — 100 € per line.\n"
)


class Load(NamedTuple):
    """`command` is for sh. `programs`: how many it starts, the first one left out."""

    name: str
    command: str
    shown: bytes
    programs: int


def loads(place: Path, scale: float) -> list[Load]:
    """The loads, at a fraction of their full size."""
    return [_bulk(place, scale), _small_writes(place, scale), _execs(place, scale)]


def _bulk(place: Path, scale: float) -> Load:
    line = _LINES.encode()
    text = line * round(scale * 100_000_000 / len(line))
    path = place / "text"
    path.write_bytes(text)
    return Load(f"cat {len(text) / 1e6:.0f} MB", f"cat {path}", _on_terminal(text), 0)


def _small_writes(place: Path, scale: float) -> Load:
    count, size = round(scale * 200_000), 40
    numbered = "".join(f"{number} €€€€€€€\n" for number in range(count * size // 24))
    # The last write may cut a character, and what then becomes of it is no matter of cost.
    whole = numbered.encode()[: count * size].decode(errors="ignore").encode()
    command = f"{build('writes', place)} {count} {size}"
    return Load(f"{count:,} writes", command, _on_terminal(whole), 0)


def _execs(place: Path, scale: float) -> Load:
    count = round(scale * 5000)
    return Load(f"{count:,} execs", f"{build('spawn', place)} {count}", b"", count)


def _on_terminal(text: bytes) -> bytes:
    return text.replace(b"\n", b"\r\n")
