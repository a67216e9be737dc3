"""Bytes after which any terminal goes on as a screen does: not its picture alone (paint.py), its
other screen, margins, modes, tabs, character sets and saved cursor, too.

Invariant: only sequences of filter.py's list. Of what was scrolled off nothing comes back.
"""

from __future__ import annotations

from collections.abc import Iterator

from tracer.screen.canvas import TAB
from tracer.screen.controls import Saved
from tracer.screen.filter import RESET
from tracer.screen.paint import cursor_to, repaint, sgr
from tracer.screen.screen import Screen
from tracer.screen.state import pack, unpack


def resume(screen: Screen) -> bytes:
    """What to write to an xterm-like terminal of that size, whatever it shows."""
    return "".join(_parts(screen)).encode()


def half_read(screen: Screen) -> bytes:
    """How what comes next begins: a character or sequence that was cut, as it came, or one that
    comes to the same."""
    state, content, marks, utf8 = screen.parser.half
    private = marks[:1] if marks[:1] in (b"<", b"=", b">", b"?") else b""
    begun = {
        "ground": utf8,
        "escape": b"\x1b" + marks,
        "csi passed over": b"\x1b[>",
        "osc": b"\x1b]" + content,
        "string": b"\x1b_",
        "dcs content": b"\x1bPq",
        "dcs escape": b"\x1bPq\x1b",
    }
    head = b"\x1bP" if state.startswith("dcs") else b"\x1b["
    return begun.get(state, head + private + content + marks[len(private) :])


def _parts(screen: Screen) -> Iterator[str]:
    yield "\x1b[?1049l" + RESET
    if screen.is_alternate:
        main = unpack(pack(screen))
        main.feed(b"\x18\x1b[?1049l")
        yield repaint(main).decode() + sgr(main.canvas.style) + "\x1b[?1049h"
    if screen.canvas.tabs != set(range(TAB, screen.columns, TAB)):
        yield "\x1b[3g" + "".join(f"\x1b[{x + 1}G\x1bH" for x in sorted(screen.canvas.tabs))
    yield _saved(screen.controls.saved)
    yield repaint(screen).decode()
    yield _going_on(screen)


def _saved(saved: Saved) -> str:
    origin = "\x1b[?6h" if saved.has_origin else ""
    place = f"{origin}\x1b[{saved.y + 1};{saved.x + 1}H{sgr(saved.style)}"
    charsets = _charsets(saved.is_shifted, (saved.g0_draws, saved.g1_draws))
    return f"{place}{charsets}\x1b7\x1b[?6l{_charsets(False, (False, False))}"


def _going_on(screen: Screen) -> str:
    canvas, controls = screen.canvas, screen.controls
    parts = []
    if (canvas.top, canvas.bottom) != (0, screen.rows - 1):
        parts.append(f"\x1b[{canvas.top + 1};{canvas.bottom + 1}r{cursor_to(screen)}")
    if canvas.has_origin:
        parts.append(f"\x1b[?6h\x1b[{max(0, canvas.y - canvas.top) + 1};{canvas.x + 1}H")
    parts += [
        sgr(canvas.style),
        _charsets(controls.is_shifted, controls.draws),
        "\x1b[4h" if canvas.inserts else "",
        "" if canvas.wraps else "\x1b[?7l",
    ]
    return "".join(parts)


def _charsets(is_shifted: bool, draws: tuple[bool, ...]) -> str:
    first, second = ("0" if is_drawing else "B" for is_drawing in draws)
    return f"\x1b({first}\x1b){second}" + ("\x0e" if is_shifted else "\x0f")
