"""`ttytrace run`: what happens in tmux, into the sealed log."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING

from tracer.cli.options import ConfigOption, InputOption, PlanOption
from tracer.codec.safe import safe_text
from tracer.observe.signals import Signals
from tracer.service.reload import Source
from tracer.settings import Settings
from tracer.settings import Source as EventSource
from tracer.workers.loading import Loading


if TYPE_CHECKING:
    from tracer.service.auditing import Hearing


def run(
    plan: PlanOption = "",
    input_: InputOption = None,
    config: ConfigOption = None,
) -> None:
    """Record what happens in tmux sessions on this host, until SIGTERM or Ctrl-C."""
    source = Source(config, input_)
    loaded = source.read()
    with Signals() as signals, closing(_loading(plan, loaded.settings)) as loading:
        # Imported while the loader works already: it takes a tenth of a second.
        from tracer.service.recorder import Recorder  # noqa: PLC0415

        Recorder(source, loaded).run(loading, signals, _tell)


def _loading(plan: str, settings: Settings) -> Loading | Hearing:
    if settings.source is EventSource.EBPF:
        return Loading(plan or None, settings)
    from tracer.service.auditing import Hearing  # noqa: PLC0415

    hearing = Hearing()
    if hearing.trouble:
        _tell(hearing.trouble)
    return hearing


def _tell(line: str) -> None:
    print(f"ttytrace: {safe_text(line)}", file=sys.stderr, flush=True)
