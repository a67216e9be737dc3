"""A typescript and its timing, in the classic format of script(1): what scriptreplay plays.

Invariant: the timing tells of each byte between the typescript's first and last line once. Sizes,
markers and input have no place in it.
"""

from __future__ import annotations

from typing import BinaryIO

from tracer.codec.moment import to_the_second
from tracer.export.asciicast import TERM
from tracer.export.excerpt import Excerpt
from tracer.export.steps import steps


def write(excerpt: Excerpt, out: BinaryIO, timing: BinaryIO, *, is_exact: bool = False) -> None:
    """Both at once. A recording that doesn't say when it began says so here, too."""
    size = f'COLUMNS="{excerpt.screen.columns}" LINES="{excerpt.screen.rows}"'
    out.write(f'Script started on {_moment(excerpt, 0)} [TERM="{TERM}" {size}]\n'.encode())
    last_us = 0
    for at_ns, code, text in steps(excerpt, is_exact=is_exact):
        if code == "o":
            data = text.encode(errors="surrogateescape")
            delay_us = at_ns // 1000 - last_us
            last_us += delay_us
            timing.write(b"%d.%06d %d\n" % (*divmod(delay_us, 1_000_000), len(data)))
            out.write(data)
    out.write(f"\nScript done on {_moment(excerpt, excerpt.duration_ns)}\n".encode())


def _moment(excerpt: Excerpt, at_ns: int) -> str:
    if excerpt.start_ns is None:
        return "an unknown day"
    return f"{to_the_second(excerpt.start_ns + at_ns)}+00:00"
