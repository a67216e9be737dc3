"""Where a command finds the log that it reads: --log, or what the settings say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tracer.config import load
from tracer.store.directory import Directory

LogOption = Annotated[
    Path | None,
    typer.Option("--log", help="The log's directory; else the one that the settings name."),
]
"""A reading command's parameter `log: LogOption = None`, for open_log()."""


def open_log(log: Path | None) -> Directory:
    """The log's directory; segments are in its `log`. Raises NoLog, BadLog, BadConfig."""
    return Directory(log or Path(load().log.directory))
