"""What two others saw of a pane: tmux's pipe-pane, and script(1) inside the pane.

A shown command ends with a marker, so that nobody waits for a time, and the pane stays.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.kernel.recording import Shown
from tests.kernel.tmux import ends_with
from tracer.model.findings import TextOutput

END = b"@end-7919@"
_PARTIAL_NS = 900_000_000
"""How long the rest of a character may take; the tracer waits for a second, less its hold-back."""


def closed(command: str) -> str:
    """The command, then END, then nothing for ever."""
    return f"{command}; printf {END.decode()}; exec sleep infinity"


def scripted(command: str, log: Path) -> str:
    """The command under script(1), which logs what it passes on to the pane."""
    return f"script -q -O {shlex.quote(str(log))} -c {shlex.quote(command)}"


def piped(pipe: Path) -> bytes:
    """All that went through pipe-pane, END included, once that came."""
    return ends_with(pipe, END)


def script_content(log: Path) -> bytes:
    """What script(1) logged, without its own first and last line."""
    match = re.fullmatch(
        rb"Script started on [^\n]*\n(.*)\nScript done on [^\n]*\n", log.read_bytes(), re.DOTALL
    )
    assert match, log
    return match[1]


def assert_equal(seen: bytes, expected: bytes) -> None:
    """As `==`, but says where they part instead of printing megabytes."""
    if seen == expected:
        return
    at = next((i for i, (a, b) in enumerate(zip(seen, expected, strict=False)) if a != b), None)
    at = min(len(seen), len(expected)) if at is None else at
    around = slice(max(0, at - 20), at + 20)
    raise AssertionError(
        f"{len(seen)} bytes, not {len(expected)}; they part at {at}: "
        f"{seen[around]!r}, not {expected[around]!r}"
    )


def assert_whole(shown: Shown, expected: bytes, offset: int = 0) -> None:
    """All of `expected` was recorded, from `offset` on, without loss or a cut character."""
    assert not shown.lost
    assert shown.offset == offset
    assert_equal(shown.data, expected[offset:])
    for before, after in zip(shown.pieces, shown.pieces[1:], strict=False):
        assert not _cuts_character(before, after), (before.offset, before.data[-4:])


def _cuts_character(before: TextOutput, after: TextOutput) -> bool:
    if after.time_ns - before.end_ns >= _PARTIAL_NS:
        return False
    halves = ((before.data[-i:], after.data[:j]) for i in (1, 2, 3) for j in (1, 2, 3))
    return any(_is_one_character(start + rest) for start, rest in halves)


def _is_one_character(data: bytes) -> bool:
    try:
        return len(data.decode()) == 1
    except UnicodeDecodeError:
        return False
