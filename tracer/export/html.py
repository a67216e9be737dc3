"""One HTML file that plays a recording, with asciinema-player inside: it needs no network, and may
use none.

Invariant: of what was captured all is text: nothing of it is markup, script, style or an address,
and by the page's policy (Content-Security-Policy) nothing runs or is loaded but what is named there
by its hash. player/ has asciinema-player as its author made it, and the page's own script.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from tracer.codec.moment import to_the_second
from tracer.codec.safe import safe_text
from tracer.export import asciicast
from tracer.export.excerpt import Excerpt
from tracer.export.markup import escape
from tracer.replay.recording import Mark

_PLAYER: Final = Path(__file__).with_name("player")
_SECOND_NS: Final = 1_000_000_000
_ACTIVE: Final = re.compile("[<>&\u2028\u2029]")  # what can end a script element, or a line of it


def write(excerpt: Excerpt, out: BinaryIO) -> None:
    """In UTF-8. What it plays is what draws, see steps.py."""
    styles = [_part("asciinema-player.css"), _part("page.css")]
    scripts = [_part("asciinema-player.min.js"), _part("page.js")]
    for line in _head(excerpt, styles, scripts):
        out.write(line.encode() + b"\n")
    asciicast.write_v2(excerpt, _Quoted(out))
    out.write(b"</script>\n")
    for script in scripts:
        out.write(f"<script>{script}</script>\n".encode())


class _Quoted:
    """JSON on its way into a script element: the same values, without what HTML reads."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, line: bytes) -> None:
        self._out.write(_ACTIVE.sub(_escaped, line.decode()).encode())


def _escaped(char: re.Match[str]) -> str:
    return f"\\u{ord(char[0]):04x}"


def _head(excerpt: Excerpt, styles: list[str], scripts: list[str]) -> Iterator[str]:
    title = escape(safe_text(excerpt.title))
    yield '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">'
    yield '<meta name="referrer" content="no-referrer">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title>"
    yield from (f"<style>{style}</style>" for style in styles)
    yield f"<header><h1>{title}</h1><p>{_when(excerpt)}</p></header>"
    yield '<main><div id="player"></div></main>'
    yield "<ol>"
    yield from map(_item, excerpt.marks)
    yield "</ol>"
    yield '<script type="application/x-ndjson" id="recording">'


def _policy(scripts: list[str]) -> str:
    # The player is a WebAssembly program, and sets sizes and colours of its parts by style.
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes} 'wasm-unsafe-eval'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _when(excerpt: Excerpt) -> str:
    length = _clock(excerpt.duration_ns)
    if excerpt.start_ns is None:
        return length
    return f"{to_the_second(excerpt.start_ns)} UTC, {length}"


def _item(mark: Mark) -> str:
    at = mark.at_ns / _SECOND_NS
    kind, label = escape(safe_text(mark.kind)), escape(safe_text(mark.label))
    return (
        f'<li class="{kind}"><button data-at="{at:.6f}"><time>{_clock(mark.at_ns)}</time>'
        f"{label}</button></li>"
    )


def _clock(ns: int) -> str:
    minutes, seconds = divmod(ns // _SECOND_NS, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


def _part(name: str) -> str:
    return (_PLAYER / name).read_text("utf-8")
