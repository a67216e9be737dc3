"""A new log: its directories, its first public key, and its keys.

Invariant: the keys are written last, once the seed was shown; so there is no log whose seed nobody
saw. The seed itself is never written.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from tracer.errors import BadLog, HasLog
from tracer.seal.keys import first_signer, new_secret
from tracer.seal.stage import Keys
from tracer.settings import LogSettings
from tracer.store.directory import SHARED_DIRECTORY, SHARED_FILE, Directory, share
from tracer.store.lock import lock
from tracer.store.segments import segments_in
from tracer.store.state import STATE, StateFile

_KEY: Final = "key"


def create(settings: LogSettings, show: Callable[[bytes], None]) -> None:
    """Makes a log, and calls `show` with its seed. Raises HasLog, BadLog, LogBusy."""
    try:
        log, state = _directory(settings.directory), _directory(settings.state)
        with closing(log), closing(state), closing(log.make("log")) as segments:
            lock(state)
            if segments_in(segments) or state.has(STATE):
                raise HasLog(directory=log.path, state=state.path)
            for directory in (log, segments):
                share(directory.fd, SHARED_DIRECTORY)
            seed = new_secret()
            _write_key(log, seed)
            show(seed)
            StateFile.create(state, Keys.first(seed))
    except OSError as error:
        reason = f"no log could be made: {error.strerror}"
        raise BadLog(place=error.filename or settings.directory, reason=reason) from None


def _directory(path: str) -> Directory:
    Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)
    return Directory(Path(path))


def _write_key(log: Directory, seed: bytes) -> None:
    with suppress(FileNotFoundError):
        log.remove(_KEY)  # of an init that came to no end
    fd = log.create(_KEY)
    try:
        share(fd, SHARED_FILE)
        os.write(fd, first_signer(seed).public.vkey.encode() + b"\n")
        os.fsync(fd)
    finally:
        os.close(fd)
    log.sync()
