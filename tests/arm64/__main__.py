"""python -m tests.arm64 [TESTS...]: compiles the kernel half for arm64, and runs the tests that
need no kernel in user emulation. The exit status is 1 if either fails. Needs root."""

from __future__ import annotations

import argparse
import os
import sys

from tests.arm64 import emulation
from tests.arm64.compile import compiled, missing
from tests.arm64.kernels import kernels


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.arm64", description=__doc__)
    parser.add_argument("tests", nargs="*", help="by default those of emulation.TESTS")
    asked = parser.parse_args()
    if os.geteuid():
        print("tests.arm64: BCC needs root", file=sys.stderr)
        return 77
    for kernel in kernels():
        print(kernel.release, "compiles:", *compiled(kernel), sep="\n  ", flush=True)
        print("  missing:", ", ".join(missing(kernel)) or "nothing")
    return emulation.run_tests(asked.tests or emulation.TESTS)


if __name__ == "__main__":
    sys.exit(main())
