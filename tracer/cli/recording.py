"""The process that records: what `ttytrace run` becomes, without the libraries of the command line,
which would stay in its memory for months.
"""

from __future__ import annotations

import gc
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tracer.cli.ending import errors_shown
from tracer.codec.safe import safe_text
from tracer.observe.signals import Signals
from tracer.privileges import take_precedence
from tracer.service.reload import Source
from tracer.settings import InputPolicy, Settings
from tracer.settings import Source as EventSource
from tracer.workers.loading import Loading

if TYPE_CHECKING:
    from tracer.service.auditing import Hearing


def main() -> None:
    """The process: its arguments are a plan, an input policy and a path, each empty for none."""
    plan, policy, config = sys.argv[1:]
    take_precedence()
    source = Source(Path(config) if config else None, InputPolicy(policy) if policy else None)
    with errors_shown():
        _record(plan, source)


def _record(plan: str, source: Source) -> None:
    loaded = source.read()
    with Signals() as signals, closing(_loading(plan, loaded.settings)) as loading:
        # Imported while the loader works already: it takes a tenth of a second.
        from tracer.service.recorder import Recorder  # noqa: PLC0415

        gc.freeze()  # modules stay: nobody need look through them again
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


if __name__ == "__main__":
    main()
