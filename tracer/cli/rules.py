"""`ttytrace rules`: what rules can do here, whether they do it, and what they would have told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

rules = typer.Typer(help="Check, test, list, run and explain Sigma rules.", no_args_is_help=True)

_FAILED = 1

DirectoriesArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[DIR]...", help="Files and directories of rules; those in use.", show_default=False
    ),
]


@rules.command()
def test(directories: DirectoriesArgument = None) -> None:
    """Hold rules against the records beside them: NAME.hit.jsonl raises NAME.yml, NAME.miss.jsonl
    doesn't. Exit code 1 where that isn't so.

    A line is a record as the log has it, or a list of records, of which the last counts. For a
    correlation, all lines of a file are one stream.
    """
    from tracer.cli.rules_cases import report  # noqa: PLC0415 - loads re2
    from tracer.cli.rules_found import rules_in  # noqa: PLC0415 - the same

    if not report(rules_in(directories or [])):
        raise typer.Exit(_FAILED)
