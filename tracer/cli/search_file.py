"""`ttytrace search --in FILE`: what the screen of somebody's recording showed, and when.

Invariant: --text means here what it means in the log: whole words, in any case. What the file
holds is printed as safe text alone.
"""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from tracer.cli.indexed import say
from tracer.cli.player_goto import wall_time
from tracer.codec.safe import safe_text
from tracer.errors import BadSearch
from tracer.replay.files import open_recording
from tracer.replay.recording import Recording
from tracer.replay.seen import Shown, lines_shown
from tracer.store.query import Query, phrases

_MS_NS: Final = 1_000_000
_MAX_GAPS: Final = 10
_TOKEN: Final = re.compile(r"[^\W_]+")


def search_file(path: Path | None, timing: Path | None, query: Query, *, has_more: bool) -> bool:
    """Prints the lines that fit, with their moments; whether there is any. `has_more`: something
    else was asked. Raises BadRecording, and BadSearch where a file has no answer."""
    if path is None:
        raise BadSearch(option="--timing", value=timing, reason="it goes with --in")
    asked = Query(text=query.text, regex=query.regex, limit=query.limit)
    if has_more or query != asked or not (query.text or query.regex):
        reason = "a file is searched by --text and --regex, and nothing else"
        raise BadSearch(option="--in", value=path, reason=reason)
    with closing(open_recording(path, timing)) as recording:
        is_found = _print(recording, _newest(lines_shown(recording, _fits(query)), query.limit))
        _say_gaps(recording)
    if not is_found:
        say(f"nothing found in {path}")
    return is_found


def _say_gaps(recording: Recording) -> None:
    gaps = [mark for mark in recording.marks() if mark.kind == "gap"]
    for gap in gaps[:_MAX_GAPS]:
        say(f"not recorded: {_seconds(gap.at_ns)}: {gap.label}")
    if len(gaps) > _MAX_GAPS:
        say(f"not recorded: {len(gaps) - _MAX_GAPS} more gaps after these")


def _newest(found: Iterable[Shown], limit: int) -> Iterable[Shown]:
    return deque(found, maxlen=limit) if limit else found


def _print(recording: Recording, found: Iterable[Shown]) -> bool:
    is_found = False
    for at_ns, line in found:
        is_found = True
        moment = f"{_seconds(at_ns)} {wall_time(recording.start_ns, at_ns)}".rstrip()
        sys.stdout.write(f"{moment} {safe_text(line)}\n")
    return is_found


def _seconds(at_ns: int) -> str:
    # No earlier than it was shown, and as `replay --at` takes it.
    return f"+{-(-at_ns // _MS_NS) / 1000:.3f}s"


def _fits(query: Query) -> Callable[[str], bool]:
    wanted = [_tokens(phrase) for phrase in phrases(query.text)] if query.text else []
    regex = query.regex

    def fits(line: str) -> bool:
        if regex is not None and not regex.search(line):
            return False
        if not wanted:
            return True
        tokens = _tokens(line)
        return all(phrase in tokens for phrase in wanted)

    return fits


def _tokens(text: str) -> str:
    return f" {' '.join(_TOKEN.findall(text.casefold()))} "
