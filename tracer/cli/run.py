"""`ttytrace run`: what happens in tmux, into the sealed log."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tracer.config import InputPolicy, load
from tracer.observe.signals import Signals
from tracer.recorder import Recorder


def run(
    plan: Annotated[
        str, typer.Option(help="Use this plan: kprobe, fentry or tracepoint; see doctor.")
    ] = "",
    input_: Annotated[
        InputPolicy | None,
        typer.Option("--input", help="What is kept of typed input, whatever the settings say."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The settings; /etc/ttytrace/config.toml if it exists.")
    ] = None,
) -> None:
    """Record what happens in tmux sessions on this host, until SIGTERM or Ctrl-C."""
    settings = load(config)
    settings = replace(settings, input=input_ or settings.input)
    with Signals() as signals:
        Recorder(settings, config).run(plan or None, signals, _say_ready)


def _say_ready(plan: str) -> None:
    print(f"ttytrace: recording tmux ({plan} plan)", file=sys.stderr, flush=True)
