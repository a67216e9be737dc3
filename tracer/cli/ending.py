"""How a command ends where it can't do what it is for: the only place that prints errors."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tracer.codec.safe import safe_text
from tracer.errors import TtytraceError


@contextmanager
def errors_shown() -> Iterator[None]:
    """Errors that a user can meet become a sentence and the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # on a terminal that isn't UTF-8
    try:
        yield
    except TtytraceError as error:
        print(f"ttytrace: {safe_text(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
