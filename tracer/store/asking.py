"""Has something done with this host's log: by the process that records, else in its place.

Invariant: it is done when this comes back, or an error says that it isn't.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import closing
from pathlib import Path
from typing import Final

import orjson

from tracer.clock import WallClock, boot_ns
from tracer.codec.identity import Fields
from tracer.codec.log import control, parse
from tracer.codec.moment import timestamp
from tracer.errors import NoAnswer
from tracer.model.sealed import Stamp
from tracer.settings import LogSettings
from tracer.store.callers import ourselves
from tracer.store.directory import Directory
from tracer.store.errands import Watched, errand, read_request
from tracer.store.log import Log
from tracer.store.requests import MAX_BYTES, address
from tracer.store.state import STATE
from tracer.store.tasks import Workplace

_PATIENCE_S: Final = 60.0  # a segment of 512 MiB is written anew in a tenth of that
_STEP_S: Final = 0.005


def has_done(settings: LogSettings, asked: Fields) -> None:
    """Has an errand done. Raises NoAnswer if whoever records doesn't, and what the errand and
    Log.open() raise."""
    if ask(settings, asked, _PATIENCE_S) is None:
        _do(settings, asked)


def note_reading(
    settings: LogSettings, log: Path | None, command: str, watched: Watched | None = None
) -> None:
    """Records who reads a log, before it is read, and what of it is watched; raises as has_done().

    `log`: its directory, None for the host's own. A copy of a log has no keys, and not everybody
    may use them: such reading is not recorded. But nothing of the host's own log is watched without
    a record: NoAnswer.
    """
    if log is not None and not is_own(settings, log):
        return
    state = Path(settings.state, STATE)
    if watched is not None and not os.access(state, os.W_OK) and _is_there(state):
        reason = "only root can have it recorded who watches"
        raise NoAnswer(directory=settings.directory, reason=reason)
    if os.access(state, os.W_OK):
        has_done(settings, read_request(command, watched))


def _is_there(state: Path) -> bool:
    try:
        state.stat()
    except FileNotFoundError:
        return False
    except OSError:
        pass  # others may not even look
    return True


def is_own(settings: LogSettings, log: Path) -> bool:
    """Whether this directory is the host's own log."""
    own = Path(settings.directory)
    return own.exists() and log.exists() and log.samefile(own)


def ask(settings: LogSettings, asked: Fields, patience_s: float) -> Fields | None:
    """What the process that records answers; None if nobody records. Raises NoAnswer for an error,
    or where it doesn't answer in time."""
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    peer.settimeout(patience_s)
    with closing(Directory(Path(settings.state))) as directory, peer:
        try:
            peer.connect(address(directory))
            peer.sendall(orjson.dumps(asked) + b"\n")
            answer = parse(peer.makefile("rb").readline(MAX_BYTES))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except (OSError, ValueError) as error:
            raise NoAnswer(directory=settings.directory, reason=error) from None
    if answer.get("error") is not None:
        raise NoAnswer(directory=settings.directory, reason=answer["error"])
    return answer


def _do(settings: LogSettings, asked: Fields) -> None:
    wall = WallClock()
    log = Log.open(settings, _now(wall))
    try:
        _declare_crash(log, _now(wall))
        _finish(settings, log, asked, wall)
    finally:
        log.append([control("stop", _now(wall), reason="command")], _now(wall))
        log.close(_now(wall))


def _finish(settings: LogSettings, log: Log, asked: Fields, wall: WallClock) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    with closing(Workplace(settings)) as place:
        task = errand(place, asked, ourselves())
        while place.step(task, log, _now(wall)):
            if time.monotonic() > deadline:
                raise NoAnswer(directory=settings.directory, reason="the disk does not take it")
            time.sleep(_STEP_S)


def _declare_crash(log: Log, stamp: Stamp) -> None:
    """What the next recorder would say, had it come first."""
    last = log.recovery.last
    if log.recovery.after == "crash" and last is not None:
        span = {"from": timestamp(last.wall_ns), "to": timestamp(stamp.wall_ns)}
        log.append([control("gap", stamp, reason="crash", **span)], stamp)


def _now(wall: WallClock) -> Stamp:
    now_ns = boot_ns()
    return Stamp(now_ns, wall.at(now_ns))
