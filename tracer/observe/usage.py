"""What processes of ours use: memory, time, and what they may do.

Invariant: it costs a few reads of /proc for each of them; no other process is looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tracer.privileges import effective_of, names_of

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_KIB: Final = 1024
_SIZE: Final = re.compile(rb"^(VmRSS|VmHWM):\s*(\d+) kB$", re.MULTILINE)
_WORKER: Final = re.compile(rb"\0tracer\.workers\.(\w+)\0$")


class Usage(NamedTuple):
    """A process now: `rss_bytes` of memory, at most `peak_bytes` until now; seconds of CPU time."""

    name: str
    pid: int
    rss_bytes: int
    peak_bytes: int
    cpu_s: float
    capabilities: list[str]


def usage_of(name: str, pid: int) -> Usage | None:
    """Of one process; None if it has gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_bytes()
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    sizes = {size: int(kib) * _KIB for size, kib in _SIZE.findall(status)}
    # Behind the name, which may hold anything; utime and stime (proc_pid_stat(5)).
    user, system = stat.rpartition(b")")[2].split()[11:13]
    cpu_s = (int(user) + int(system)) / _TICKS
    may = names_of(effective_of(pid))
    return Usage(name, pid, sizes.get(b"VmRSS", 0), sizes.get(b"VmHWM", 0), cpu_s, may)


def ours() -> list[Usage]:
    """This process, and the workers that it started."""
    found = (usage_of(name, pid) for name, pid in [("service", os.getpid()), *_workers()])
    return [usage for usage in found if usage is not None]


def _workers() -> Iterator[tuple[str, int]]:
    for path in Path("/proc/self/task").glob("*/children"):
        for pid in _read(path).split():
            if worker := _WORKER.search(_read(Path(f"/proc/{int(pid)}/cmdline"))):
                yield worker[1].decode(), int(pid)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
