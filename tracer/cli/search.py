"""`ttytrace search`: what was recorded, by who, where, when and what."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.indexed import say, say_gaps, searcher
from tracer.cli.logs import LogOption
from tracer.cli.render import wants_colour
from tracer.cli.search_file import search_file
from tracer.cli.stored import StoredLines
from tracer.cli.when import moment, now_us
from tracer.codec.safe import safe_json
from tracer.errors import BadFilter, BadSearch
from tracer.settings import RULE_LEVELS
from tracer.store.query import KINDS, TMUX_KINDS, Query, phrases
from tracer.store.search import Found, Searcher

_NOTHING_FOUND = 1


def search(  # noqa: PLR0917 - each is an option of the command
    log: LogOption = None,
    user: Annotated[str, typer.Option(help="Who runs it: a name or a uid.")] = "",
    typed_by: Annotated[
        str, typer.Option(help='Whose hands were in it: a name, a uid, or "unknown".')
    ] = "",
    session: Annotated[str, typer.Option(help="A tmux session: its name or id.")] = "",
    pane: Annotated[str, typer.Option(help="A pane, like %3.")] = "",
    host: Annotated[str, typer.Option(help="A host's name.")] = "",
    command: Annotated[str, typer.Option(help='Words and "phrases" of a command line.')] = "",
    text: Annotated[str, typer.Option(help='Words and "phrases" that a pane showed.')] = "",
    regex: Annotated[
        str, typer.Option(help="A regular expression, in a command line or a row of output.")
    ] = "",
    exit_: Annotated[
        int | None, typer.Option("--exit", help="The exit code that a program ended with.")
    ] = None,
    rule: Annotated[str, typer.Option(help="Of alerts: a rule's id or title; * is any.")] = "",
    level: Annotated[str, typer.Option(help="Of alerts: at least of this level.")] = "",
    since: Annotated[str, typer.Option(help="From when on: 14:30, 2h (ago), an ISO date.")] = "",
    until: Annotated[str, typer.Option(help="Up to when.")] = "",
    kind: Annotated[str, typer.Option(help="Kinds of events, with commas; tmux: all of it.")] = "",
    in_: Annotated[
        Path | None,
        typer.Option("--in", metavar="FILE", help="Search this recording, not the log."),
    ] = None,
    timing: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The timing of a typescript.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="The newest so many; 0: all.")] = 100,
    is_json: Annotated[bool, typer.Option("--json", help="The stored lines as they are.")] = False,
) -> None:
    """Search the log. All that is asked must be true of a record.

    Prints the newest 100, each with a handle (#, its index in the log). Exits with 0 if something
    was found and 1 if nothing was; where something may not have been recorded, stderr says so.
    """
    now = now_us()
    query = Query(
        user, typed_by, session, _pane(pane), host, _kinds(kind), _words("--command", command),
        _words("--text", text), _regex(regex), exit_, rule, _level(level),
        moment("--since", since, now), moment("--until", until, now), limit,
    )  # fmt: skip
    if in_ is None and timing is None:
        is_found = _search_log(log, query, is_json)
    else:
        is_found = search_file(in_, timing, query, has_more=is_json or log is not None)
    if not is_found:
        raise typer.Exit(_NOTHING_FOUND)


def _search_log(log: Path | None, query: Query, is_json: bool) -> bool:
    with searcher(log) as asking:
        is_found = _print(asking, query, is_json)
        say_gaps(asking, query)
        if not is_found:
            say(f"nothing found in {asking.extent()}")
    return is_found


def _print(asking: Searcher, query: Query, is_json: bool) -> bool:
    is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else None
    lines = StoredLines(query, colour=wants_colour(sys.stdout), width=width)
    is_found = False
    for sequence in asking.find(query):
        found = asking.found(sequence)
        if found is not None:
            is_found = True
            text = _json(found, is_terminal) if is_json else lines.draw(found)
            sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    return is_found


def _json(found: Found, is_terminal: bool) -> str:
    return safe_json(found.line) if is_terminal else found.line.decode()


def _words(option: str, words: str) -> str:
    if words:
        try:
            phrases(words)
        except ValueError as error:
            raise BadSearch(option=option, value=words, reason=f"{error}; try --regex") from None
    return words


def _regex(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern) if pattern else None
    except re.error as error:
        reason = f"this is no regular expression: {error}"
        raise BadSearch(option="--regex", value=pattern, reason=reason) from None


def _kinds(names: str) -> tuple[str, ...]:
    kinds = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    for name in kinds:
        if name not in (*KINDS, "tmux"):
            raise BadFilter(option="--kind", value=name, choices=", ".join(("tmux", *KINDS)))
    return tuple(kind for name in kinds for kind in (TMUX_KINDS if name == "tmux" else (name,)))


def _level(level: str) -> str:
    if level and level not in RULE_LEVELS:
        raise BadFilter(option="--level", value=level, choices=", ".join(RULE_LEVELS))
    return level


def _pane(pane: str) -> str:
    return f"%{pane}" if pane.isdigit() else pane
