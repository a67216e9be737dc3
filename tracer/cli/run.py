"""`ttytrace run`: what happens in tmux, into the sealed log."""

from __future__ import annotations

import sys
from contextlib import closing

from tracer.cli.options import ConfigOption, InputOption, PlanOption
from tracer.codec.safe import safe_text
from tracer.observe.signals import Signals
from tracer.service.reload import Source
from tracer.workers.loading import Loading


def run(
    plan: PlanOption = "",
    input_: InputOption = None,
    config: ConfigOption = None,
) -> None:
    """Record what happens in tmux sessions on this host, until SIGTERM or Ctrl-C."""
    source = Source(config, input_)
    loaded = source.read()
    with Signals() as signals, closing(Loading(plan or None, loaded.settings)) as loading:
        # Imported while the loader works already: it takes a tenth of a second.
        from tracer.service.recorder import Recorder  # noqa: PLC0415

        Recorder(source, loaded).run(loading, signals, _tell)


def _tell(line: str) -> None:
    print(f"ttytrace: {safe_text(line)}", file=sys.stderr, flush=True)
