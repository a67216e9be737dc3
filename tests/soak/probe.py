"""What a running service holds: memory, descriptors, threads, and what it has in the kernel.

Invariant: everything is read from outside, from /proc and bpftool.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

_MAP_ID = re.compile(r"^map_id:\s*(\d+)$", re.M)
_WORKER = "tracer.workers."
SERVICE = "service"


class Held(NamedTuple):
    """What one process holds."""

    rss_mib: float
    own_mib: float  # of it, what is no page of a file or a ring
    fds: int
    threads: int
    cpu_s: float


class Kernel(NamedTuple):
    """Ids of what is in the kernel for a service."""

    maps: frozenset[int]
    programs: frozenset[int]


def held(pid: int) -> dict[str, Held]:
    """By name: the service, and each worker that it has now."""
    found = {}
    service = psutil.Process(pid)
    for process in [service, *service.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            name = SERVICE if process.pid == pid else _worker_name(process.cmdline())
            if name:
                found[name] = _held(process)
    return found


def in_kernel(pid: int) -> Kernel:
    """The maps that a process has open, and every program that uses one of them."""
    fdinfo = [_text(path) for path in Path(f"/proc/{pid}/fdinfo").iterdir()]
    maps = frozenset(int(number) for text in fdinfo for number in _MAP_ID.findall(text))
    programs = (each["id"] for each in _bpftool("prog") if maps & {*each.get("map_ids", ())})
    return Kernel(maps, frozenset(programs))


def left_of(kernel: Kernel) -> Kernel:
    """What is still there of it."""
    maps = {each["id"] for each in _bpftool("map")}
    programs = {each["id"] for each in _bpftool("prog")}
    return Kernel(kernel.maps & maps, kernel.programs & programs)


def size_mib(directory: Path) -> float:
    """Of all files below it, which may go meanwhile."""
    return sum(_sizes(directory.rglob("*"))) / (1 << 20)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:  # closed meanwhile
        return ""


def _sizes(paths: Iterable[Path]) -> Iterable[int]:
    for path in paths:
        with suppress(FileNotFoundError):
            yield path.stat().st_size


def _held(process: psutil.Process) -> Held:
    with process.oneshot():
        times = process.cpu_times()
        return Held(
            process.memory_info().rss / (1 << 20),
            (process.memory_info().rss - process.memory_info().shared) / (1 << 20),
            process.num_fds(),
            process.num_threads(),
            times.user + times.system,
        )


def _worker_name(argv: list[str]) -> str:
    return next((word[len(_WORKER) :] for word in argv if word.startswith(_WORKER)), "")


def _bpftool(what: str) -> list[dict[str, object]]:
    done = subprocess.run(["bpftool", "-j", what, "show"], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)
