"""`ttytrace init`: begins a log, and shows once what has to be kept elsewhere.

Invariant: the seed goes to standard output and nothing else does, so that it can go from there to
another host without resting here; what is said to people goes to standard error.
"""

from __future__ import annotations

import sys

from tracer.cli.options import ConfigOption
from tracer.codec.safe import safe_text
from tracer.config import load
from tracer.seal.keys import first_signer, seed_text
from tracer.store.create import create


def init(
    config: ConfigOption = None,
) -> None:
    """Begin a log, and show its seed and its key: once, to be kept off this host."""
    settings = load(config).log
    create(settings, _show)
    _say(f"The log is {settings.directory}. `ttytrace run` records into it.")


def _show(seed: bytes) -> None:
    _say("The seed, which is shown this once and kept nowhere here:")
    print(seed_text(seed), flush=True)
    _say(
        "Keep it off this host. `ttytrace verify --seed` proves with it that nothing was changed; "
        "whoever has it can forge the log.\n"
        "The public key, which is no secret; `ttytrace verify --key` trusts it, so keep a copy of "
        "it off this host as well:\n" + first_signer(seed).public.vkey
    )


def _say(text: str) -> None:
    print(safe_text(text, multiline=True), file=sys.stderr)
