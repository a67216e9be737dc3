"""`ttytrace live` at a running service, and clients that speak to its socket themselves.

Invariant: what `Watcher` has got is the lines as they came.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from tests.kernel.logged import Log
from tests.kernel.recording import REPO
from tests.patience import PATIENCE_S, eventually

LIVE = [sys.executable, "-m", "tracer.cli.main", "live"]
Record = dict[str, Any]


class Watcher:
    """The command, from when it is on record."""

    def __init__(self, log: Log, *options: str, user: str | None = None, **ids: Any) -> None:
        before = len(log.ours("read"))
        self.process = subprocess.Popen(
            [*LIVE, "--json", "--config", str(log.config), *options],
            cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, user=user, **ids,
        )  # fmt: skip
        self.lines: list[Record] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        eventually(lambda: len(log.ours("read")) > before or self.process.poll() is not None)

    def sequences(self) -> list[int]:
        assert not [line for line in self.lines if "event" not in line]
        return [line["event"]["sequence"] for line in self.lines]

    def until(self, sequence: int) -> None:
        """That record has come, or a later one."""
        eventually(lambda: self.lines and self.sequences()[-1] >= sequence)

    def stop(self) -> str:
        """Ends it, as C-c does; what it said besides."""
        if self.process.poll() is None:
            self.process.terminate()
        self._thread.join(PATIENCE_S)
        assert self.process.stderr is not None
        self.process.wait(PATIENCE_S)
        return self.process.stderr.read().decode()

    def close(self) -> None:
        """The same, and gives back what it holds."""
        self.stop()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(orjson.loads(line))


class Raw:
    """A client of the test's own; it reads when it is asked to."""

    def __init__(self, path: Path, kinds: Sequence[str], since: Any = None) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(str(path))
        chosen = {"session": "", "pane": "", "user": None, "kinds": [*kinds]}
        self.socket.sendall(orjson.dumps({"filter": chosen, "since": since}) + b"\n")
        self._file = self.socket.makefile("rb")

    def line(self) -> Record:
        line: Record = orjson.loads(self._file.readline())
        return line

    def until(self, sequence: int) -> list[Record]:
        """All lines up to that of this record."""
        found = [self.line()]
        while found[-1].get("event", {}).get("sequence") != sequence:
            found.append(self.line())
        return found

    def close(self) -> None:
        self._file.close()
        self.socket.close()


def memory_kib(pid: int) -> int:
    """What a process holds of memory now."""
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS"))


def worker_of(pid: int, name: str) -> int:
    """The worker of that name of a service."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            parent = int((path.parent / "stat").read_text().rpartition(")")[2].split()[1])
            is_it = parent == pid and f"tracer.workers.{name}".encode() in path.read_bytes()
        except OSError:
            continue
        if is_it:
            return int(path.parent.name)
    raise AssertionError(f"{pid} has no worker {name} in {os.uname().nodename}")
