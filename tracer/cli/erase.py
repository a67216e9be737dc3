"""`ttytrace erase`: takes a record's text out of this host's log, and leaves a record of that."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tracer.cli.logs import LogOption
from tracer.cli.options import ConfigOption
from tracer.config import load
from tracer.daemon import require_root
from tracer.errors import ForeignLog
from tracer.store.asking import has_done, is_own
from tracer.store.errands import erase_request


def erase(
    index: Annotated[
        int, typer.Argument(min=0, help="The record's event.sequence.", show_default=False)
    ],
    reason: Annotated[str, typer.Option(help="Why; it stays in the log.", show_default=False)],
    log: LogOption = None,
    config: ConfigOption = None,
) -> None:
    """Erase the text of a record for good. That it was erased, by whom and why, stays.

    Copies of the log that are elsewhere, and blocks that the disk gave up, still hold it.
    """
    require_root("erase")
    settings = load(config).log
    if log is not None and not is_own(settings, log):
        raise ForeignLog(directory=log, own=settings.directory)
    has_done(settings, erase_request(index, reason))
    print(f"ttytrace: record {index} is erased", file=sys.stderr)
