"""`ttytrace replay`: what a terminal or a session showed, played again."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.chosen import Chosen, Wish, chosen, described, wish_of
from tracer.cli.indexed import say_gaps, searcher
from tracer.cli.logs import LogOption
from tracer.cli.player import Player
from tracer.cli.player_raw import RawPlayer
from tracer.errors import BadSearch, NoScreen
from tracer.export.excerpt import excerpt
from tracer.export.steps import steps
from tracer.replay.playback import MAX_SPEED, MIN_SPEED, Playback
from tracer.replay.stored_events import GAPS
from tracer.replay.target import choices


def replay(  # noqa: PLR0917 - each is an option of the command
    target: Annotated[
        str,
        typer.Argument(
            help="A session's name or $1, a pane %3, a client's pts/5 or user, a record #1234, or "
            "the path of a file of asciinema, script or tlog. Without it: what there is.",
            show_default=False,
        ),
    ] = "",
    log: LogOption = None,
    at: Annotated[
        str, typer.Option(help="Begin there: 14:30, 2h (ago), an ISO date, +90s of it.")
    ] = "",
    since: Annotated[str, typer.Option(help="What was before is left out.")] = "",
    until: Annotated[str, typer.Option(help="What was after is left out.")] = "",
    speed: Annotated[
        float, typer.Option(min=MIN_SPEED, max=MAX_SPEED, help="So many times as fast.")
    ] = 1.0,
    idle_limit: Annotated[
        float | None,
        typer.Option(
            min=0.05, max=1e9, help="Show nothing that stands still for longer (seconds)."
        ),
    ] = None,
    timing: Annotated[
        Path | None, typer.Option(help="Of a typescript, where it isn't beside it.")
    ] = None,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Send the output itself to the terminal, what draws of it."),
    ] = False,
) -> None:
    """Watch again what a pane, a client or a session showed; h tells the keys.

    Who watches what, and which stretch of time, is recorded before anything is shown.
    """
    wish = wish_of(target, at, since, until)._replace(timing=timing)
    if not target:
        _list(log, wish)
        return
    _check(speed, idle_limit)
    limit_ns = None if idle_limit is None else round(idle_limit * 1e9)
    with chosen(log, wish) as found:
        if raw:
            part = excerpt(found.views[0], found.at_ns, found.last_ns)
            RawPlayer(steps(part), speed, limit_ns).run()
        else:
            _play(found, speed, limit_ns)


def _check(speed: float, idle_limit: float | None) -> None:
    for option, number in (("--speed", speed), ("--idle-limit", idle_limit or 1.0)):
        if not math.isfinite(number):
            raise BadSearch(option=option, value=number, reason="this is no number to play by")
    for stream, what in ((sys.stdin, "its input"), (sys.stdout, "its output")):
        if not stream.isatty():
            raise NoScreen(what=what)


def _play(found: Chosen, speed: float, idle_limit_ns: int | None) -> None:
    playback = Playback(
        found.views[0],
        first_ns=found.first_ns,
        last_ns=found.last_ns,
        speed=speed,
        idle_limit_ns=idle_limit_ns,
    )
    playback.seek(found.at_ns)
    playback.is_paused = False
    Player(found.views, playback).run()


def _list(log: Path | None, wish: Wish) -> None:
    with searcher(log) as asking:
        for choice in choices(asking, wish.query):
            moments = (asking.track_moments(track, GAPS) for track in choice.tracks)
            print(described(choice, sum(map(len, moments))))
        say_gaps(asking, wish.query)
