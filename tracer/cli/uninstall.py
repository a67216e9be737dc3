"""`ttytrace uninstall`: takes the service away, and the record only where that is asked for."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from tracer.cli.install import say
from tracer.daemon import require_root
from tracer.install import Places
from tracer.install import purge as purge_steps
from tracer.install import uninstall as steps

_QUESTION: Final = "Remove the record, its keys and the configuration for good?"


def uninstall(
    purge: Annotated[
        bool, typer.Option("--purge", help="Remove the record, its keys and the settings as well.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Stop the service and remove its unit. The record, its keys and the settings stay."""
    require_root("uninstall")
    if purge and not yes:
        typer.confirm(_QUESTION, abort=True)
    places = Places()
    for sentence in steps(places):
        say(sentence)
    if not purge:
        say(f"{places.log}, {places.state} and {places.config} are as they were.")
        return
    for sentence in purge_steps(places):
        say(sentence)
