"""Operators of a service: they watch it, read what they see or not, and have it read its settings.

Invariant: after close() nobody watches.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from tests.kernel.recording import REPO
from tests.soak.work import Deeds

_LIVE = [sys.executable, "-m", "tracer.cli.main", "live", "--json", "--config"]
_WATCHERS = 3
_RELOAD_S = 20.0


class Operators:
    """Of the service `pid` with the settings in `config`."""

    def __init__(self, pid: int, config: Path, seed: int = 7919) -> None:
        self._pid, self._config = pid, config
        self._random = Random(seed)
        self._watchers: list[subprocess.Popen[bytes]] = []
        self._reload_s = time.monotonic() + _RELOAD_S
        self.reloads = self.watched = 0

    def deeds(self) -> Deeds:
        """What they do, and how often."""
        return {self._watch: 1, self._leave: 1, self._reload: 1}

    def close(self) -> None:
        while self._watchers:
            self._leave()

    def _watch(self) -> None:
        if len(self._watchers) < _WATCHERS:
            # Nobody reads the pipe: it is full soon.
            out = self._random.choice([subprocess.DEVNULL, subprocess.PIPE])
            watcher = subprocess.Popen([*_LIVE, self._config], cwd=REPO, stdout=out, stderr=out)
            self._watchers.append(watcher)
            self.watched += 1

    def _leave(self) -> None:
        if self._watchers:
            watcher = self._watchers.pop(self._random.randrange(len(self._watchers)))
            watcher.kill()
            watcher.communicate()

    def _reload(self) -> None:
        if time.monotonic() >= self._reload_s:
            self._reload_s = time.monotonic() + _RELOAD_S
            os.kill(self._pid, signal.SIGHUP)
            self.reloads += 1
