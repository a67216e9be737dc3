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
from collections.abc import Mapping, Sequence

from tests.matrix import budget, page, results, running
from tests.matrix.cells import Cell, matching


def main() -> int:
    parser = _parser()
    asked = parser.parse_args()
    if asked.table:
        print(page.cells_table())
        page.write()
        return 0
    if os.geteuid():
        parser.exit(77, "only root can trace, and take all of this host's files into a guest\n")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a guest ends with us
    try:
        return _run_all(matching(asked.cells), asked)
    except LookupError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        return 130
    finally:
        page.write()


def _run_all(wanted: Sequence[Cell], asked: argparse.Namespace) -> int:
    whatever = asked.again or asked.budget or asked.only
    todo = [cell for cell in wanted if whatever or not _passed(cell)]
    print(f"{len(todo)} of {len(wanted)} cells to run", flush=True)
    return 1 if sum(not _run(cell, asked) for cell in todo) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("cells", nargs="*", metavar="CELL")
    parser.add_argument("--again", action="store_true", help="those that passed, too")
    parser.add_argument("-k", dest="only", default="", metavar="EXPRESSION",
                        help="only such tests, as of pytest; no result is kept")  # fmt: skip
    parser.add_argument("--budget", action="store_true",
                        help="only record anew what the verifier takes")  # fmt: skip
    parser.add_argument("--table", action="store_true",
                        help="run nothing: print the table, and write docs/kernels.md")  # fmt: skip
    return parser


def _passed(cell: Cell) -> bool:
    """At this commit."""
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
