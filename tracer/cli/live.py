"""`ttytrace live`: what happens in tmux, as it happens."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Protocol

import typer

from tracer.cli.attached import Screen, Service, connect
from tracer.cli.ending import give_up_output
from tracer.cli.options import ConfigOption, InputOption, PlanOption
from tracer.cli.render import Renderer, wants_colour
from tracer.cli.rows import Rows
from tracer.cli.screen import JsonScreen, LineScreen
from tracer.cli.select import KINDS, selected
from tracer.cli.when import moment, now_us
from tracer.clock import WallClock, boot_ns
from tracer.codec.ecs import Encoder
from tracer.codec.safe import safe_json
from tracer.config import PATH, load
from tracer.daemon import Capture, require_root
from tracer.errors import BadSearch
from tracer.model.findings import Finding, Told
from tracer.model.selection import Selection
from tracer.observe import procfs
from tracer.observe.host import this_host
from tracer.observe.names import user_name
from tracer.service.auditing import attach, is_heard
from tracer.settings import CaptureSettings, Settings


class _Writer(Protocol):
    def write(self, findings: list[Finding]) -> None:
        """Prints findings, and what was held for long enough."""

    def close(self) -> None:
        """Prints what is still held."""


def live(  # noqa: PLR0917 - each is an option of the command
    session: Annotated[str, typer.Option(help="Only this session: its name, or its id ($1).")] = "",
    pane: Annotated[str, typer.Option(help="Only this pane, by its id (%3).")] = "",
    user: Annotated[str, typer.Option(help="Only this user: name or uid.")] = "",
    kind: Annotated[
        str,
        typer.Option(help=f"Only these kinds, with commas: {KINDS}."),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON event a line.")] = False,
    output: Annotated[bool, typer.Option(help="Show what the panes showed.")] = True,
    since: Annotated[str, typer.Option(help="From then on: 14:30, 2h, 2026-11-20T14:30.")] = "",
    alone: Annotated[
        bool, typer.Option("--alone", help="Capture here, even where a service runs.")
    ] = False,
    plan: PlanOption = "",
    input_: InputOption = None,
    config: ConfigOption = None,
) -> None:
    """Show what happens in tmux sessions on this host, until Ctrl-C.

    Where `ttytrace run` records, this shows what it records, to root and the group ttytrace; who
    watches is on record. Else, and with --alone, --plan or --input, it captures by itself, as root.
    """
    selection = selected(session, pane, user, kind, output)
    start = moment("--since", since, now_us())
    settings = _settings(config)
    is_alone = alone or plan or input_
    connection = None if is_alone else connect(Path(settings.live.socket))
    if connection is not None:
        screen = JsonScreen() if as_json else LineScreen()
        since_ns = None if start is None else start * 1000
        reader = _pipe(sys.stdout.fileno())
        _watch(Service(Path(settings.live.socket), connection, selection, since_ns, reader), screen)
    elif start is not None:
        raise BadSearch(option="--since", value=since, reason="only a running service has a record")
    else:
        settings = replace(settings, input=input_ or settings.input)
        _capture(selection, settings, plan, as_json)


def _settings(config: Path | None) -> Settings:
    """Those of the file; what holds without one, for who may watch and not read it."""
    is_there = config is not None or os.access(PATH, os.R_OK)
    return load(config) if is_there else Settings()


def _watch(service: Service, screen: Screen) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt):
            service.watch(screen)
        screen.close()
    except BrokenPipeError:
        give_up_output()


def _capture(selection: Selection, settings: Settings, plan: str, as_json: bool) -> None:
    writer = _JsonWriter(is_heard(settings)) if as_json else _LineWriter()
    require_root("live")
    if _has_terminal():  # which may be a pane that a client shows: it would never end
        selection = selection._replace(kinds=selection.kinds - {"client_output"})
    are_asked_for = not selection.kinds.isdisjoint(("client_output", "terminal-resized"))
    settings = replace(settings, capture=CaptureSettings(are_asked_for))
    capture = Capture([_Sink(selection, writer)], attach(plan or None, settings), settings)
    try:
        capture.run(lambda: _say_ready(capture.plan), _pipe(sys.stdout.fileno()))
        writer.close()
    except BrokenPipeError:
        give_up_output()
    finally:
        capture.close()


def _has_terminal() -> bool:
    me = procfs.process(os.getpid())
    return me is not None and me.tty is not None


class _Sink:
    def __init__(self, selection: Selection, writer: _Writer) -> None:
        self._selection = selection
        self._writer = writer

    def write(self, findings: list[Finding]) -> None:
        self._writer.write([finding for finding in findings if self._selection.takes(finding)])


class _JsonWriter:
    def __init__(self, is_heard: bool) -> None:
        self._encoder = Encoder(this_host(), user_name, WallClock(), is_heard=is_heard)
        self._is_terminal = sys.stdout.isatty()

    def write(self, findings: list[Finding]) -> None:
        if findings:
            lines = b"".join(map(self._encoder.to_json, findings))
            sys.stdout.buffer.write(safe_json(lines).encode() if self._is_terminal else lines)
            sys.stdout.buffer.flush()

    def close(self) -> None:
        """Holds nothing."""


class _LineWriter:
    def __init__(self) -> None:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        colour = wants_colour(sys.stdout)
        self._renderer = Renderer(user_name, WallClock(), colour=colour, width=width)
        self._rows = Rows()

    def write(self, findings: list[Finding]) -> None:
        self._print(self._rows.feed(findings, boot_ns()))

    def close(self) -> None:
        self._print(self._rows.flush())

    def _print(self, findings: Iterable[Told]) -> None:
        lines = [line for line in map(self._renderer.line, findings) if line]
        if lines:
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()


def _say_ready(plan: str) -> None:
    print(f"ttytrace: watching tmux ({plan} plan); Ctrl-C ends", file=sys.stderr, flush=True)


def _pipe(fd: int) -> int | None:
    return fd if stat.S_ISFIFO(os.fstat(fd).st_mode) else None
