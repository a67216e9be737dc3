"""python -m tests.harm [SUITE...] [--plan PLAN]: what each suite says with a tracer off and on, and
where that differs. The exit status is 1 if it does. Needs root, and on a host suites.PACKAGES."""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import subprocess
import sys

from tests.harm import runs
from tests.harm.suites import PACKAGES, Suite, suites


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.harm", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="by default all")
    parser.add_argument("--plan", help="by default what the tracer chooses")
    asked = parser.parse_args()
    if os.geteuid():
        print("tests.harm: only root can trace", file=sys.stderr)
        return 77
    if not all(map(shutil.which, ("stress-ng", "make", "rsync"))):
        subprocess.run(["apt-get", "install", "-y", "-qq", *PACKAGES], check=True)
    chosen = [each for each in suites() if not asked.suites or each.name in asked.suites]
    print("suite | lines | differ | programs traced | off | on | plan")
    differing = [suite for suite in chosen if _differs(suite, asked.plan)]
    return int(bool(differing))


def _differs(suite: Suite, plan: str | None) -> bool:
    off, on = runs.without_tracer(suite), runs.with_tracer(suite, plan)
    found = list(difflib.unified_diff(off.lines, on.lines, "off", "on", "", "", 0, ""))
    changed = sum(line[0] in "+-" for line in found[2:])
    print(
        f"{suite.name} | {len(off.lines)} | {changed} | {on.programs}"
        f" | {off.seconds:.0f} s | {on.seconds:.0f} s | {on.plan}"
    )
    print(*found, sep="\n", end="\n" if found else "", flush=True)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
