"""What we ask a tmux server about one pane's screen, and how its answer is read.

Invariant: an answer counts only if it is exactly what tmux prints for a screen of a size that is
bounded: numbers, then rows of characters and of the few sequences that `capture-pane -e` writes.
That the pane is what the server says it is, and where in the stream the picture stands, is decided
in correlate/.
"""

from __future__ import annotations

import re
from typing import Final

from tracer.clock import boot_ns
from tracer.model.capture import Capture, Cursor, Modes
from tracer.model.facts import PaneAsked, PaneToAsk, Verdict
from tracer.observe import procfs, servers, tmux

MAX_REPLY_BYTES: Final = 256 << 10
MAX_CELLS: Final = 1 << 17
_NOT_SAVED: Final = (1 << 32) - 1  # what tmux has for no saved cursor: UINT_MAX

# One command sequence, which a server runs without reading from a pane in between, unless the user
# has after-display-message or after-capture-pane hooks that wait: those run whenever we ask.
# A pane in copy mode shows its own screen to capture-pane. -N: coloured blanks at the end of a row.
_STATE: Final = (
    "V #{pane_pid} #{pane_width} #{pane_height} #{cursor_x} #{cursor_y} #{alternate_on} "
    "#{alternate_saved_x} #{alternate_saved_y} #{scroll_region_upper} #{scroll_region_lower} "
    "#{cursor_flag} #{insert_flag} #{origin_flag} #{wrap_flag} #{pane_tabs}"
)
_CAPTURE: Final = ("capture-pane", "-p", "-e", "-N")

_SIZE = rb"([1-9]\d{0,3})"
_NUMBER = rb"(\d{1,10})"
_FLAG = rb"([01]?)"
_HEAD: Final = re.compile(
    rb" ".join(
        [b"V", _NUMBER, _SIZE, _SIZE, _NUMBER, _NUMBER, _FLAG, *4 * [rb"(\d{0,10})"], *4 * [_FLAG]]
    )
    + rb" ((?:\d{1,4}(?:,\d{1,4})*)?)"
)
_ROW: Final = re.compile(
    rb"(?>(?:[^\x00-\x08\x0a-\x1f\x7f]|[\x0e\x0f]|\x1b\[[0-9;:]*m|\x1b\]8;[^\x00-\x1f\x7f]*\x1b\\)*)"
)


def command(pane_id: str) -> tuple[str, ...]:
    """The state of a pane, the rows that it shows, and the rows behind its alternate screen."""
    target = ("-t", pane_id)
    return (
        "display-message", "-p", *target, _STATE, ";",
        *_CAPTURE, *target, ";",
        *_CAPTURE, "-a", "-q", *target,
    )  # fmt: skip


def ask(wanted: PaneToAsk) -> PaneAsked:
    """Asks for the screen of a pane; waits for its server as tmux.ask does."""
    tgid, pane_pid = wanted.server_tgid, wanted.pane_pid
    asked_ns = boot_ns()
    paths = servers.socket_paths(tgid)
    if not paths:
        return PaneAsked(tgid, pane_pid, asked_ns, asked_ns, Verdict.UNREACHABLE)
    asked_ns = boot_ns()
    reply = tmux.ask(paths[0], tgid, command(wanted.pane_id), MAX_REPLY_BYTES)
    heard_ns = boot_ns()
    is_ok, pane = reply.verdict is Verdict.OK, procfs.process(pane_pid)
    return PaneAsked(
        tgid,
        pane_pid,
        asked_ns,
        heard_ns,
        reply.verdict,
        pane.tty if pane else None,
        parse(reply.output, pane_pid) if is_ok else None,
        not is_ok or _head(reply.output, pane_pid) is not None,
    )


def parse(output: bytes, pane_pid: int) -> Capture | None:
    """What the server printed; None where that is no screen of the pane with this first process,
    which another may have become or which may have gone."""
    match = _head(output, pane_pid)
    return _capture(match, output.split(b"\n")[1:-1]) if match else None


def _head(output: bytes, pane_pid: int) -> re.Match[bytes] | None:
    match = _HEAD.fullmatch(output.partition(b"\n")[0])
    return match if match and int(match[1]) == pane_pid else None


def _capture(match: re.Match[bytes], lines: list[bytes]) -> Capture | None:
    columns, rows, x, y = (int(match[group]) for group in range(2, 6))
    shown, behind = lines[:rows], lines[rows:]
    if columns * rows > MAX_CELLS or len(shown) < rows or not all(map(_ROW.fullmatch, lines)):
        return None
    top, bottom = _row(match[9], 0, rows), _row(match[10], rows - 1, rows)
    capture = Capture(
        columns,
        rows,
        Cursor(min(y, rows - 1), min(x, columns)),
        Modes(match[11] != b"0", match[12] == b"1", match[13] == b"1", match[14] != b"0"),
        *((top, bottom) if top < bottom else (0, rows - 1)),
        tuple(stop for stop in map(int, filter(None, match[15].split(b","))) if stop < columns),
        _text(shown),
    )
    return capture if match[6] != b"1" else _with_saved(capture, match, behind)


def _with_saved(capture: Capture, match: re.Match[bytes], behind: list[bytes]) -> Capture:
    x, y = (int(match[group] or _NOT_SAVED) for group in (7, 8))
    cursor = None
    if _NOT_SAVED not in (x, y):
        cursor = Cursor(min(y, capture.rows - 1), min(x, capture.columns))
    return capture._replace(saved_text=_text(behind[: capture.rows]), saved_cursor=cursor)


def _row(digits: bytes, otherwise: int, rows: int) -> int:
    return min(int(digits), rows - 1) if digits else otherwise


def _text(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)
