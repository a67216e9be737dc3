"""`ttytrace rules`: what rules can do here, whether they do it, and what they would have told.

Invariant: what reads rules is loaded when a command is to do so; `ttytrace --help` is quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from tracer.cli.logs import LogOption
from tracer.cli.when import moment, now_us

rules = typer.Typer(help="Check, test, list, run and explain Sigma rules.", no_args_is_help=True)

_FAILED: Final = 1
_BROKEN: Final = 65  # EX_DATAERR

DirectoriesArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[DIR]...",
        help="Files and directories of rules; else those that the settings name.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@rules.command()
def check(
    directories: DirectoriesArgument = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="A line for each rule.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Say of rules whether they work here, can never fire, or are broken; why, and where. Exit
    code 65 if one is broken."""
    from tracer.cli.rules_check import checked  # noqa: PLC0415

    if not checked(directories or [], is_verbose=verbose, is_json=is_json):
        raise typer.Exit(_BROKEN)


@rules.command()
def test(directories: DirectoriesArgument = None) -> None:
    """Hold rules against the records beside them: NAME.hit.jsonl must raise NAME.yml,
    NAME.miss.jsonl must not. Exit code 1 where that isn't so.

    A line is a record as the log has it, or a list of records that follow each other. For a
    correlation, all lines of a file are one stream.
    """
    from tracer.cli.rules_cases import passed  # noqa: PLC0415

    if not passed(directories or []):
        raise typer.Exit(_FAILED)


@rules.command("list")
def list_(directories: DirectoriesArgument = None, is_json: JsonOption = False) -> None:
    """List the rules that are in use, or all of some directories: level, name, title, what they
    look at, tags."""
    from tracer.cli.rules_list import listed  # noqa: PLC0415

    listed(directories or [], is_json=is_json)


@rules.command()
def run(
    directories: DirectoriesArgument = None,
    since: Annotated[str, typer.Option(help="From when on: 14:30, 2h (ago), an ISO date.")] = "",
    until: Annotated[str, typer.Option(help="Up to when.")] = "",
    log: LogOption = None,
    is_json: JsonOption = False,
) -> None:
    """Match rules on what was recorded, and print the alerts; nothing is written, nobody is told.

    Each has the handle of the record that raised it. What was known of the hour before --since
    counts. Exit code 1 if there is no alert.
    """
    from tracer.cli.rules_run import Stretch, alerted  # noqa: PLC0415

    now = now_us()
    moments = (moment("--since", since, now), moment("--until", until, now))
    stretch = Stretch(*(None if each is None else each * 1000 for each in moments))
    if not alerted(log, directories or [], stretch, is_json=is_json):
        raise typer.Exit(_FAILED)


@rules.command()
def explain(
    rule: Annotated[str, typer.Argument(help="Its id, name or title.")],
    event: Annotated[
        str,
        typer.Argument(help="A record: its #sequence in the log, a file with its JSON line, or -."),
    ],
    directories: DirectoriesArgument = None,
    log: LogOption = None,
) -> None:
    """Show how rules see a record, and which part of a rule it meets. Exit code 1 if it doesn't
    meet it.

    Of a file the last line is meant; what is before it was before.
    """
    from tracer.cli.rules_explain import explained  # noqa: PLC0415

    if not explained(log, directories or [], rule, event):
        raise typer.Exit(_FAILED)
