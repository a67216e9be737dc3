"""`ttytrace reload`: has the ttytrace that records here read its settings again."""

from __future__ import annotations

import sys

import typer

from tracer.cli.options import ConfigOption
from tracer.codec.safe import safe_text
from tracer.config import load
from tracer.daemon import require_root
from tracer.errors import NotRunning
from tracer.service.reload import said_of
from tracer.store.asking import ask

_PATIENCE_S = 30.0


def reload(config: ConfigOption = None) -> None:
    """Have the running ttytrace read its settings again. Exit code 1: some of them need a restart.

    A file that can't be used is left to itself, and the settings stay as they were.
    """
    require_root("reload")
    settings = load(config).log
    outcome = ask(settings, {"reload": True}, _PATIENCE_S)
    if outcome is None:
        raise NotRunning(directory=settings.directory)
    print(f"ttytrace: {safe_text(said_of(outcome))}", file=sys.stderr)
    if outcome["refused"]:
        raise typer.Exit(1)
