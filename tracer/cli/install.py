"""`ttytrace install`: makes a service of it, and says what it did and what is left to do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from tracer.cli.init import init
from tracer.codec.safe import safe_text
from tracer.config import load
from tracer.daemon import require_root
from tracer.install import SERVICE, Places, interpreter, systemctl
from tracer.install import install as steps
from tracer.store.state import STATE

_START: Final = f"systemctl enable --now {SERVICE}"


def install(
    now: Annotated[
        bool,
        typer.Option(
            "--now", help="Begin the log too, if there is none, show its seed, and start."
        ),
    ] = False,
) -> None:
    """Install the service: its account and group, a configuration if there is none, its unit."""
    require_root("install")
    places = Places()
    for sentence in steps(places, interpreter()):
        say(sentence)
    has_log = Path(load().log.state, STATE).exists()
    if now and not has_log:
        init()
    if now and places.systemd.exists():
        systemctl("enable", "--now", SERVICE)
        say("The service records, now and after each boot.")
    else:
        left = [_START] if now or has_log else ["ttytrace init", _START]
        say(f"Left to do: {', then '.join(left)}")


def say(sentence: str) -> None:
    """To people, on standard error."""
    print(safe_text(sentence), file=sys.stderr)
