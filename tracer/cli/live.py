"""`ttytrace live`: what happens in tmux, as it happens."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Protocol

import typer

from tracer.cli.options import ConfigOption, InputOption, PlanOption
from tracer.cli.render import Renderer, wants_colour
from tracer.cli.rows import Rows
from tracer.cli.select import KINDS, selected
from tracer.clock import WallClock, boot_ns
from tracer.codec.ecs import Encoder
from tracer.codec.safe import safe_json
from tracer.config import load
from tracer.daemon import Capture, require_root
from tracer.model.findings import Finding
from tracer.model.selection import Selection
from tracer.observe.host import this_host
from tracer.observe.names import user_name
from tracer.workers.loading import load as load_program


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
    plan: PlanOption = "",
    input_: InputOption = None,
    config: ConfigOption = None,
) -> None:
    """Show what happens in tmux sessions on this host, until Ctrl-C."""
    selection = selected(session, pane, user, kind, output)
    writer = _JsonWriter() if as_json else _LineWriter()
    settings = load(config)
    settings = replace(settings, input=input_ or settings.input)
    require_root("live")
    capture = Capture([_Sink(selection, writer)], load_program(plan or None, settings), settings)
    try:
        capture.run(lambda: _say_ready(capture.plan), _pipe(sys.stdout.fileno()))
        writer.close()
    except BrokenPipeError:
        # The reader has what it wanted. What Python still holds for it must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        capture.close()


class _Sink:
    def __init__(self, selection: Selection, writer: _Writer) -> None:
        self._selection = selection
        self._writer = writer

    def write(self, findings: list[Finding]) -> None:
        self._writer.write([finding for finding in findings if self._selection.takes(finding)])


class _JsonWriter:
    def __init__(self) -> None:
        self._encoder = Encoder(this_host(), user_name, WallClock())
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

    def _print(self, findings: Iterable[Finding]) -> None:
        lines = [line for line in map(self._renderer.line, findings) if line]
        if lines:
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()


def _say_ready(plan: str) -> None:
    print(f"ttytrace: watching tmux ({plan} plan); Ctrl-C ends", file=sys.stderr, flush=True)


def _pipe(fd: int) -> int | None:
    return fd if stat.S_ISFIFO(os.fstat(fd).st_mode) else None
