"""docs/kernels.md: tables and lists are made from the results, the budget and vagrant/boxes.toml.

The rest of the page is written by hand. Each stands between `<!-- NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from tests.guest import userlands
from tests.guest.kernels import REPO
from tests.matrix import budget, results
from tests.matrix.cells import Cell, cells, exclusions, untested
from tests.matrix.results import Result

PAGE = REPO / "docs" / "kernels.md"
_MARKED = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.S)


def write() -> None:
    """Makes the tables anew."""
    PAGE.write_text(with_tables(PAGE.read_text()))


def with_tables(text: str) -> str:
    """A page with its tables as they are now."""
    return _MARKED.sub(lambda match: f"{match[1]}{TABLES[match[2]]()}\n{match[3]}", text)


def cells_table() -> str:
    """What came of every cell."""
    found = results.read()
    rows = [_cell_row(cell, found.get(cell.name)) for cell in cells()]
    dates = sorted(result.date for result in found.values())
    when = (
        f"{len(found)} of {len(rows)} cells were run, from {dates[0]} to {dates[-1]}."
        if dates
        else ""
    )
    head = ("Kernel", "Plan", "tmux", "BCC", "LLVM", "Python", "Result", "Date", "Commit")
    return f"{when}\n\n{_table(head, rows)}"


def told(result: Result) -> str:
    """What came of a cell, in a few words."""
    counts = {"passed": result.passed, "failed": len(result.failed)}
    parts = [f"{count} {what}" for what, count in counts.items() if count]
    parts += [f"{count} skipped: {why}" for why, count in sorted(result.skipped.items())]
    if result.outcome not in ("passed", "failed") or not parts:
        parts.insert(0, result.outcome)
    names = [name.rpartition("/")[2] for name in result.failed]
    return ": ".join(
        filter(None, [", ".join(parts), "; ".join([*names, result.reason]).strip("; ")])
    )


def _cell_row(cell: Cell, result: Result | None) -> list[str]:
    userland = userlands.userlands()[cell.userland]
    if result is None:
        made_of = (userland.tmux, userland.bcc, "", userland.python)
        return [cell.kernel, cell.plan, *made_of, "not run yet", "", ""]
    made_of = (
        result.tmux or userland.tmux,
        result.bcc or userland.bcc,
        result.llvm,
        result.python or userland.python,
    )
    kernel = result.release or cell.kernel
    return [kernel, cell.plan, *made_of, told(result), result.date, result.commit]


def _exclusions_table() -> str:
    return _table(("What", "Why it is in no cell"), exclusions())


def _untested_list() -> str:
    return "\n".join(f"- {sentence}" for sentence in untested())


def _budget_table() -> str:
    groups = budget.read()
    head = ("Kernel, plan, compiler", "Programs", "Instructions", "The largest")
    return _table(head, (_budget_row(name, groups[name]) for name in sorted(groups)))


def _budget_row(name: str, costs: budget.Costs) -> list[str]:
    largest = max(costs, key=lambda program: costs[program].instructions)
    total = sum(cost.instructions for cost in costs.values())
    return [name, str(len(costs)), f"{total:,}", f"`{largest}`: {costs[largest].instructions:,}"]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


TABLES: dict[str, Callable[[], str]] = {
    "cells": cells_table,
    "excluded": _exclusions_table,
    "untested": _untested_list,
    "budget": _budget_table,
}
