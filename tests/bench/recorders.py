"""The recorders that are compared: how each wraps a command or a pane, and what it recorded.

Peers run with their defaults, but for what makes them quiet and for tlog's file writer. Not here:
ttytrace, which wraps nothing (panes.py).
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import orjson

_TRIAL_S = 30


class Recorder(NamedTuple):
    """`wrap` puts a command for sh under the recorder; None: it sits on the pane as a pipe.
    `read` gets what the terminal showed back from the file."""

    name: str
    program: str
    wrap: Callable[[str, Path], str] | None
    read: Callable[[Path], bytes]


def obstacle(recorder: Recorder, place: Path) -> str | None:
    """Why it can't run here, None if it can: it records `true` once, on a terminal of its own."""
    if not shutil.which(recorder.program):
        return "not installed"
    if recorder.wrap is None:
        return None
    trial = recorder.wrap("true", place / "trial")
    done = subprocess.run(
        ["script", "-q", "-e", "-c", trial, "/dev/null"],
        env=os.environ | {"LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
        timeout=_TRIAL_S,
    )
    said = done.stdout.decode(errors="replace").split("\n")[0].strip()
    return f"fails here: {said}" if done.returncode else None


def _script(command: str, out: Path) -> str:
    return f"script -q -c {shlex.quote(command)} {out}"


def _asciinema(command: str, out: Path) -> str:
    return f"asciinema rec -q --overwrite -c {shlex.quote(command)} {out}"


def _tlog(command: str, out: Path) -> str:
    return f"tlog-rec --writer=file --file-path={out} /bin/sh -c {shlex.quote(command)}"


def _read_asciinema(path: Path) -> bytes:
    lines = path.read_bytes().splitlines()[1:]
    events = map(orjson.loads, lines)
    return "".join(text for _, kind, text in events if kind == "o").encode()


def _read_tlog(path: Path) -> bytes:
    messages = map(orjson.loads, path.read_bytes().splitlines())
    return "".join(message["out_txt"] for message in messages).encode()


RECORDERS = (
    Recorder("pipe-pane", "tmux", None, Path.read_bytes),
    Recorder("script", "script", _script, Path.read_bytes),
    Recorder("asciinema", "asciinema", _asciinema, _read_asciinema),
    Recorder("tlog-rec", "tlog-rec", _tlog, _read_tlog),
)
