"""`ttytrace run`: what happens in tmux, into the sealed log."""

from __future__ import annotations

import sys
from dataclasses import replace

from tracer.cli.options import ConfigOption, InputOption, PlanOption
from tracer.config import load
from tracer.observe.signals import Signals
from tracer.service.recorder import Recorder


def run(
    plan: PlanOption = "",
    input_: InputOption = None,
    config: ConfigOption = None,
) -> None:
    """Record what happens in tmux sessions on this host, until SIGTERM or Ctrl-C."""
    settings = load(config)
    settings = replace(settings, input=input_ or settings.input)
    with Signals() as signals:
        Recorder(settings, config).run(plan or None, signals, _say_ready)


def _say_ready(plan: str) -> None:
    print(f"ttytrace: recording tmux ({plan} plan)", file=sys.stderr, flush=True)
