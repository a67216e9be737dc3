"""The C programs that a bench runs, compiled into its own directory."""

from __future__ import annotations

import subprocess
from pathlib import Path

_TESTS = Path(__file__).parents[1]
_SOURCES = {
    "writes": _TESTS / "workload" / "writes.c",
    "spawn": _TESTS / "bench" / "spawn.c",
    "calls": _TESTS / "bench" / "calls.c",
}


def build(name: str, place: Path) -> Path:
    """The program of that name, compiled under `place` once."""
    program = place / name
    if not program.exists():
        flags = ["-O2", "-Wall", "-Wextra", "-Werror"]
        subprocess.run(["cc", *flags, "-o", program, _SOURCES[name]], check=True)
    return program
