"""The rules that come with ttytrace.

Invariant: they are part of the program, so they are read once, and by whoever may read the program:
a worker does so before it gives up root, as a checkout may lie where nobody else can come.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tracer.paths import rules_dir


@cache
def pack() -> dict[Path, str]:
    """The texts of the files."""
    files = sorted(rules_dir().rglob("*.yml"))
    return {path: path.read_text(encoding="utf-8") for path in files}


def is_of_pack(path: Path) -> bool:
    """Whether the rules of that file came with ttytrace."""
    return path in pack()
