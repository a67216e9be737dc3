"""`ttytrace run`: what happens in tmux, into the sealed log."""

from __future__ import annotations

import os
import sys

from tracer.cli.options import ConfigOption, InputOption, PlanOption


def run(
    plan: PlanOption = "",
    input_: InputOption = None,
    config: ConfigOption = None,
) -> None:
    """Record what happens in tmux sessions on this host, until SIGTERM or Ctrl-C."""
    # An arena for each thread that ever asked for memory would keep what the others could use.
    environment = os.environ | {"MALLOC_ARENA_MAX": "2"}
    module = [sys.executable, "-I", "-m", "tracer.cli.recording"]
    asked = [plan, input_ or "", str(config or "")]
    os.execve(sys.executable, module + asked, environment)
