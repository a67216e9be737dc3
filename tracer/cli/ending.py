"""How a command ends where it can't do what it is for: the only place that prints errors."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracer.codec.safe import safe_text
from tracer.errors import IoFailed, TtytraceError


@contextmanager
def errors_shown() -> Iterator[None]:
    """Errors that a user can meet become a sentence and the exit code."""
    _have_streams()
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


def _have_streams() -> None:
    # Who closed one wants nothing of it; and no file of ours gets its number.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - until we end


@contextmanager
def output_written() -> Iterator[None]:
    """What can't be read or written is an error that a user can meet, if only at the end."""
    try:
        try:
            yield
        finally:
            if isinstance(sys.stdout, io.TextIOWrapper):  # it may be closed
                sys.stdout.flush()
    except BrokenPipeError:
        give_up_output()
        sys.exit(1)  # as typer does
    except OSError as error:
        give_up_output()
        place = f"{error.filename}: " if error.filename else ""
        raise IoFailed(reason=f"{place}{error.strerror or error}") from None


def give_up_output() -> None:
    """What Python still holds for standard output must not fail at exit."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
