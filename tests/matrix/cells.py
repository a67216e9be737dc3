"""The cells of the matrix: what is run on what.

vagrant/boxes.toml says which kernels and userlands there are; this file which of their combinations
are run. Running one is in running.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from tests.guest import kernels, userlands
from tracer.probe.plan import PLAN_NAMES


class Cell(NamedTuple):
    """One run of the tests: a kernel of vagrant/boxes.toml, a plan, a userland."""

    kernel: str
    plan: str
    userland: str

    @property
    def name(self) -> str:
        """As it is asked for on the command line."""
        return "/".join(self)

    @property
    def subset(self) -> str:
        """Of tests/guest/suite.py: a guest with another compiler runs only what that may change."""
        is_native = self.kernel == kernels.HOST
        return "every_plan" if is_native or self.userland == userlands.HOST else "every_compiler"


class Exclusion(NamedTuple):
    """What is in no cell, and why."""

    what: str
    reason: str


def cells() -> list[Cell]:
    """All there are.

    Every plan on this host's kernel, with its own userland, and every other userland with the plans
    that it has; every plan of every other kernel; and every other BCC, since that compiles for the
    kernel it runs on, on the oldest and the newest with the plan that is chosen there.
    """
    own, guests, host = userlands.HOST, [*kernels.boxes().values()], kernels.host()
    return [
        *(Cell(kernels.HOST, plan, own) for plan in PLAN_NAMES),
        *(Cell(kernels.HOST, plan, other) for plan in host.plans for other in _others()),
        *(Cell(box.name, plan, own) for box in guests for plan in box.plans),
        *(
            Cell(box.name, box.plan, other)
            for box in (guests[0], guests[-1])
            for other in _compilers()
        ),
    ]


def matching(patterns: Sequence[str]) -> list[Cell]:
    """Those whose name matches one of the patterns, as of files; all for none.

    Raises LookupError for a pattern that matches none.
    """
    for pattern in patterns:
        if not any(fnmatchcase(cell.name, pattern) for cell in cells()):
            raise LookupError(f"no cell is named {pattern}")
    wanted = patterns or ["*"]
    return [cell for cell in cells() if any(fnmatchcase(cell.name, each) for each in wanted)]


def exclusions() -> list[Exclusion]:
    """What vagrant/boxes.toml says of what is left out."""
    return [Exclusion(**table) for table in kernels.data()["excluded"]]


def untested() -> list[str]:
    """What it says of arm64, which has no cells."""
    return list(kernels.data()["arm64"]["untested"])


def _others() -> list[str]:
    return [name for name in userlands.userlands() if name != userlands.HOST]


def _compilers() -> list[str]:
    """One userland of each BCC that this host doesn't have."""
    known = userlands.userlands()
    of_version = {known[name].bcc: name for name in reversed(_others())}
    of_version.pop(known[userlands.HOST].bcc, None)
    return [name for name in _others() if name in of_version.values()]
