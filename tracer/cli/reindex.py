"""`ttytrace reindex`: throws the index away and makes it again from the log."""

from __future__ import annotations

from tracer.cli.indexed import Teller, opened, say
from tracer.cli.logs import LogOption


def reindex(log: LogOption = None) -> None:
    """Make the index of the log again. It holds nothing but what the log holds."""
    with opened(log) as index:
        index.clear()
        end = index.catch_up(Teller(at_once=True), flush=True)
    say(f"indexed, up to record #{end - 1}" if end else "the log is empty")
