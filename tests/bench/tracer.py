"""A tracer in a process of its own, as a user would start it, and what it uses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

_REPO = Path(__file__).parents[2]
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PATIENCE_S = 60

LIVE = ("tracer.cli.main", "live", "--json")
_LIVE_READY = b"ttytrace: watching"


class Memory(NamedTuple):
    """MiB: resident, proportional to sharers, and the process's own."""

    rss: float
    pss: float
    uss: float


class Tracer:
    """Runs `python -m MODULE ARGUMENTS...`; it watches when the constructor returns."""

    def __init__(self, out: Path, *command: str, ready: bytes = _LIVE_READY) -> None:
        started = time.perf_counter()
        with out.open("wb") as stdout:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *(command or LIVE)],
                cwd=_REPO,
                stdout=stdout,
                stderr=subprocess.PIPE,
            )
        self._await(ready)
        self.started_s = time.perf_counter() - started

    def cpu_s(self) -> float:
        """User and system time until now."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S

    def memory(self) -> Memory:
        """What it occupies now."""
        lines = [line.split() for line in self._proc("smaps_rollup").splitlines()[1:]]
        mib = {words[0]: int(words[1]) / 1024 for words in lines}
        return Memory(mib["Rss:"], mib["Pss:"], mib["Private_Clean:"] + mib["Private_Dirty:"])

    def stop(self) -> None:
        """Ends it in order. RuntimeError where it fails."""
        self._process.send_signal(signal.SIGINT)
        try:
            _, said = self._process.communicate(timeout=_PATIENCE_S)
        finally:
            self._process.kill()
        if self._process.returncode:
            raise RuntimeError(said.decode())

    def _await(self, ready: bytes) -> None:
        assert self._process.stderr is not None
        said = b""
        for line in self._process.stderr:
            said += line
            if line.startswith(ready):
                return
        self._process.wait()
        raise RuntimeError(said.decode())

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self._process.pid}/{name}").read_text()
