"""`ttytrace head`: what to keep elsewhere, so that nobody can take back what the log said."""

from __future__ import annotations

import sys

from tracer.cli.logs import LogOption, open_log
from tracer.codec.safe import safe_text
from tracer.errors import NoCheckpoint
from tracer.store.proofs import newest_checkpoint


def head(log: LogOption = None) -> None:
    """Print the log's newest checkpoint (c2sp.org/tlog-checkpoint), an anchor for verify."""
    segments = open_log(log).inside("log")
    newest = newest_checkpoint(segments)
    if newest is None:
        raise NoCheckpoint(directory=segments.path)
    sys.stdout.write(safe_text(newest.note, multiline=True))
