"""What the verifier may take to accept our programs: vagrant/budget.json has what it took when that
was last recorded, for each kernel, plan and compiler.

The invariant: a number that isn't recorded, or no longer made, is told like one that grew.
Measuring is in tests/kernel/test_budget.py.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.guest import kernels

FILE = kernels.REPO / "vagrant" / "budget.json"
MAY_GROW = 1.2
# Shorter loads than this are mostly not the verifier's, and differ from one to the next.
_LEAST_LOAD = 1.0


class Cost(NamedTuple):
    """Instructions that the verifier walked, and the CPU time of the load in that of a reference
    program's, which was measured beside it."""

    instructions: int
    load: float


Costs = Mapping[str, Cost]
"""By the name of the program."""


def group(plan: str) -> str:
    """What the numbers of this machine are recorded under: its kernel by its name in
    vagrant/boxes.toml, or else its whole release; the plan; the compiler."""
    return f"{box_name() or platform.release()}/{plan}/LLVM {llvm_version()}"


def box_name() -> str | None:
    """The running kernel's name in vagrant/boxes.toml."""
    boxes = kernels.boxes().values()
    return next((b.name for b in boxes if re.fullmatch(b.release, platform.release())), None)


def llvm_version() -> str:
    """That of the one in this process; empty before BCC was loaded."""
    maps = Path("/proc/self/maps").read_text()
    found = re.search(r"/libLLVM(?:-|\.so\.)(\d+)", maps)
    return found[1] if found else ""


def read(file: Path = FILE) -> dict[str, Costs]:
    """All that is recorded, by group."""
    return parse(json.loads(file.read_text())) if file.exists() else {}


def parse(groups: Mapping[str, Mapping[str, Sequence[Any]]]) -> dict[str, Costs]:
    """The same from what JSON has."""
    return {name: {p: Cost(*cost) for p, cost in groups[name].items()} for name in groups}


def keep(groups: Mapping[str, Costs], file: Path = FILE) -> None:
    """Puts them into the place of those that the file had: one program a line, sorted."""
    blocks = (f"{json.dumps(name)}: {_block(groups[name])}" for name in sorted(groups))
    file.write_text("{\n" + ",\n".join(blocks) + "\n}\n")


def over(measured: Costs, recorded: Costs, *, loads: bool) -> Iterator[str]:
    """What is not as recorded, a sentence each; with `loads`, their times too."""
    for name in sorted(measured.keys() ^ recorded.keys()):
        yield f"{name} is not {'recorded' if name in measured else 'there any more'}"
    for name in sorted(measured.keys() & recorded.keys()):
        now, then = measured[name], recorded[name]
        if now.instructions > MAY_GROW * then.instructions:
            yield f"{name}: {now.instructions} instructions, recorded {then.instructions}"
        if loads and now.load > MAY_GROW * max(then.load, _LEAST_LOAD):
            yield f"{name}: loads in {now.load} references, recorded {then.load}"


def _block(costs: Costs) -> str:
    lines = (f"  {json.dumps(name)}: {json.dumps(costs[name])}" for name in sorted(costs))
    return "{\n" + ",\n".join(lines) + "\n}"
