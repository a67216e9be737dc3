"""asciicast, versions 2 and 3: what asciinema and its player play.

Invariant: one line of JSON each, without controls and what reorders text, so it can be looked at as
it is. Lines are written as events are read: of a long recording no more than one is held.
"""

from __future__ import annotations

import re
from typing import Any, Final, Protocol

import orjson

from tracer.codec.safe import safe_json, safe_text
from tracer.export.excerpt import Excerpt
from tracer.export.steps import steps

TERM: Final = "xterm-256color"
_SECOND_NS: Final = 1_000_000_000
_NO_TEXT: Final = re.compile("[\ud800-\udfff]")


class Out(Protocol):
    """Where lines go: a file, or what passes them on to one."""

    def write(self, line: bytes, /) -> object:
        """One line."""
        ...


def write_v2(excerpt: Excerpt, out: Out, *, is_exact: bool = False) -> None:
    """Times are seconds since the beginning. The exit status has no place in it."""
    size = {"width": excerpt.screen.columns, "height": excerpt.screen.rows}
    env = {"env": {"TERM": TERM}}
    _write(out, {"version": 2, **size, **_about(excerpt, is_exact), **env})
    for at_ns, code, data in steps(excerpt, is_exact=is_exact):
        if code != "x":
            _write_step(out, at_ns // 1000 / 1_000_000, code, data, is_exact=is_exact)


def write_v3(excerpt: Excerpt, out: Out, *, is_exact: bool = False) -> None:
    """Times are seconds since the line before; they add up to the microsecond."""
    term = {"cols": excerpt.screen.columns, "rows": excerpt.screen.rows, "type": TERM}
    _write(out, {"version": 3, "term": term, **_about(excerpt, is_exact)})
    last_us = 0
    for at_ns, code, data in steps(excerpt, is_exact=is_exact):
        at_us = at_ns // 1000
        _write_step(out, (at_us - last_us) / 1_000_000, code, data, is_exact=is_exact)
        last_us = at_us


def _about(excerpt: Excerpt, is_exact: bool) -> dict[str, Any]:
    kinds = [mark.kind for mark in excerpt.marks]
    about: dict[str, Any] = {
        "title": safe_text(excerpt.title),
        "duration": round(excerpt.duration_ns / _SECOND_NS, 6),
        "ttytrace": {
            "exact": is_exact,
            **{f"{kind}s": kinds.count(kind) for kind in ("command", "alert", "gap")},
        },
    }
    if excerpt.start_ns is not None:
        about["timestamp"] = excerpt.start_ns // _SECOND_NS
    return about


def _write(out: Out, value: object) -> None:
    out.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))


def _write_step(out: Out, seconds: float, code: str, data: str, *, is_exact: bool) -> None:
    if is_exact or code == "i":
        line = orjson.dumps((seconds, code, _NO_TEXT.sub("\ufffd", data)))
        out.write(safe_json(line).encode() + b"\n")
    else:
        _write(out, (seconds, code, data))
