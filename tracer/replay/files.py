"""Files of other programs' recordings: opened, and recognised by what is in them.

Invariant: only the file that was named is opened, and its timing: that which was named, or lies
beside it. Who wrote a file doesn't choose what else is read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tracer.replay.import_asciicast import asciicast
from tracer.replay.import_tlog import tlog
from tracer.replay.import_typescript import Typescript, is_timing, is_typescript
from tracer.replay.memory import FileRecording
from tracer.replay.source import Line, Reader, Source

SUFFIXES: Final = (".cast", ".json", ".log", ".tlog", ".typescript")
"""What files of recordings are mostly named."""
_TIMINGS: Final = (".timing", ".tm")


def open_recording(path: Path, timing: Path | None = None) -> FileRecording:
    """The recording in a file. `timing`: that of a typescript; without one it is looked for as
    FILE.timing or FILE.tm. Raises BadRecording."""
    source = Source(path)
    if timing is not None or is_typescript(source):
        timing = timing or _beside(path)
        return FileRecording(Typescript(source, Source(timing) if timing else None))
    return FileRecording(_by_first_line(source))


def _by_first_line(source: Source) -> Reader:
    first = next(source.lines(), Line(b"", False, 0))
    reader = asciicast(source, first) or tlog(source, first)
    if reader is not None:
        return reader
    if is_timing(first):
        raise source.bad(1, "this is a timing: name its typescript, and this one by --timing")
    raise source.bad(0, "this is no recording" if source.size else "it is empty")


def _beside(path: Path) -> Path | None:
    names = (path.with_name(path.name + suffix) for suffix in _TIMINGS)
    return next((name for name in names if name.is_file()), None)
