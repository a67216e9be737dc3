"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tracer.settings import InputPolicy

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="The settings; /etc/ttytrace/config.toml if it exists."),
]
PlanOption = Annotated[
    str, typer.Option("--plan", help="Use this plan: kprobe, fentry or tracepoint; see doctor.")
]
InputOption = Annotated[
    InputPolicy | None,
    typer.Option("--input", help="What is kept of typed input, whatever the settings say."),
]
