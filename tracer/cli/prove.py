"""`ttytrace prove`: what convinces others that a record is in the log."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tracer.cli.logs import LogOption, open_log
from tracer.codec.safe import safe_text
from tracer.store import proofs


def prove(
    index: Annotated[
        int, typer.Argument(min=0, help="The record's event.sequence.", show_default=False)
    ],
    log: LogOption = None,
) -> None:
    """Print a proof (c2sp.org/tlog-proof) that a record is in the log's newest checkpoint."""
    text = proofs.prove(open_log(log).inside("log"), index)
    sys.stdout.write(safe_text(text, multiline=True))
