"""python -m tests.matrix [CELL...]: run cells of the matrix, and keep what came of them.

A cell is KERNEL/PLAN/USERLAND, and may be a pattern: '6.1/*', 'host/*/sid'. Without any, all are
run. What passed and is of this commit is not run again. Results are kept cell by cell, so it can be
ended at any time. The exit status is 1 when a cell that was run did not pass.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping

from tests.matrix import budget, page, results, running
from tests.matrix.cells import Cell, matching


def main() -> int:
    asked = _asked()
    if asked.table:
        print(page.cells_table())
        page.write()
        return 0
    if os.geteuid():
        print("only root can trace, and take all of this host's files into a guest")
        return 77
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a guest ends with us
    wanted = matching(asked.cells)
    todo = [cell for cell in wanted if asked.again or asked.budget or asked.only or not _done(cell)]
    print(f"{len(todo)} of {len(wanted)} cells to run", flush=True)
    try:
        failures = sum(not _run(cell, asked) for cell in todo)
    finally:
        page.write()
    return 1 if failures else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("cells", nargs="*", metavar="CELL")
    parser.add_argument("--again", action="store_true", help="those that passed, too")
    parser.add_argument("-k", dest="only", default="", metavar="EXPRESSION",
                        help="only such tests, as of pytest; no result is kept")  # fmt: skip
    parser.add_argument("--budget", action="store_true",
                        help="only record anew what the verifier takes")  # fmt: skip
    parser.add_argument("--table", action="store_true",
                        help="run nothing: print the table, and write docs/kernels.md")  # fmt: skip
    return parser.parse_args()


def _done(cell: Cell) -> bool:
    result = results.read().get(cell.name)
    return result is not None and result.outcome == "passed" and result.commit == results.commit()


def _run(cell: Cell, asked: argparse.Namespace) -> bool:
    """Whether it passed, or this machine refused it."""
    print(f"{cell.name} ...", flush=True)
    result, properties = running.run(cell, "budget" if asked.budget else asked.only)
    _keep_budget(budget.parse(properties.get("budget", {})), anew=asked.budget)
    if not (asked.only or asked.budget):
        results.keep(results.read() | {cell.name: result})
    print(f"{cell.name}: {page.told(result)} ({result.seconds} s)", flush=True)
    is_well = result.outcome in ("passed", "refused")
    if not is_well:
        print(f"  what it printed: {running.log_of(cell)}\n  again: make matrix CELLS={cell.name}")
    return is_well


def _keep_budget(measured: Mapping[str, budget.Costs], *, anew: bool) -> None:
    known = budget.read()
    new = {name: costs for name, costs in measured.items() if anew or name not in known}
    if new:
        budget.keep({**known, **new})


if __name__ == "__main__":
    sys.exit(main())
