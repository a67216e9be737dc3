"""`ttytrace status`: how the ttytrace that records here is doing."""

from __future__ import annotations

import os
from typing import Annotated

import orjson
import typer

from tracer.cli.options import ConfigOption
from tracer.cli.report import lines_of
from tracer.codec.identity import Fields
from tracer.config import load
from tracer.daemon import require_root
from tracer.errors import NotRunning
from tracer.settings import LogSettings
from tracer.store.asking import ask

_PATIENCE_S = 5.0


def status(
    json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    config: ConfigOption = None,
) -> None:
    """Show how recording goes. Exit code 0: all is well; 1: something is not; 69: nobody records.

    The fields of --json are in docs/status.md.
    """
    require_root("status")
    state = asked(load(config).log)
    columns = _columns()
    print(orjson.dumps(state).decode() if json else "\n".join(lines_of(state, columns)))
    if state["troubles"]:
        raise typer.Exit(1)


def asked(settings: LogSettings) -> Fields:
    """What the running one says. Raises NotRunning, NoAnswer."""
    answer = ask(settings, {"status": True}, _PATIENCE_S)
    if answer is None:
        raise NotRunning(directory=settings.directory)
    state: Fields = answer["status"]
    return state


def _columns() -> int:
    try:
        return os.get_terminal_size(1).columns
    except OSError:
        return 1 << 10  # no terminal cuts it
