"""`ttytrace config`: what can be set, and whether a file does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.manual import Table, tables, text_of, text_of_key
from tracer.codec.safe import safe_text
from tracer.config import PATH, nearest, read
from tracer.errors import UnknownKey
from tracer.observe.scope import Scope
from tracer.redact.secrets import Secrets

config = typer.Typer(help="Explain the settings, or check a file of them.", no_args_is_help=True)


@config.command()
def explain(
    key: Annotated[
        str, typer.Argument(help="A key or table, as in log.keep_days.", show_default=False)
    ] = "",
) -> None:
    """Print every key with what it means, its default and its type, as a file that can be loaded.

    Nothing is set in it: take away the # before what is to be set.
    """
    print(explained(key))


@config.command()
def check(
    file: Annotated[
        Path | None, typer.Argument(help=f"The file; {PATH} if none.", show_default=False)
    ] = None,
) -> None:
    """Say whether a file of settings can be used; if not, where it fails. Exit code 2 then."""
    for line in checked(file):
        print(safe_text(line))


def explained(key: str) -> str:
    """The manual of a key, of a table with those in it, or of all. Raises UnknownKey."""
    found = list(tables())
    if not key:
        return "\n\n".join(map(text_of, found))
    below = [each for each in found if f"{each.name}.".startswith(f"{key}.")]
    if below:
        return "\n\n".join(map(text_of, below))
    singles = {_path(table, one.name): text_of_key(one) for table in found for one in table.keys}
    if key not in singles:
        known = [*singles, *(table.name for table in found if table.name)]
        raise UnknownKey(key=key, nearest=nearest(key, known))
    return singles[key]


def checked(file: Path | None) -> list[str]:
    """What can be said of a file that can be used: warnings, and OK. Raises BadConfig."""
    settings, digest = read(file)
    Secrets(settings.redact, os.urandom(32))
    unknown = Scope(settings.scope).unknown
    verdict = "OK" if digest else "there is none, so the defaults hold"
    return [*(f"warning: {each}" for each in unknown), f"{file or PATH}: {verdict}"]


def _path(table: Table, name: str) -> str:
    return f"{table.name}.{name}".lstrip(".")
