"""What a verification found: verdict, problems, and which layer vouches for what.

Invariant: a report's size is bounded: problems of one kind are counted, the first is shown. How it
is drawn is cli/verify.py's.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from tracer.seal.note import Head


class Verdict(StrEnum):
    """From good to bad; the worst of all is the log's."""

    OK = "OK"
    INCOMPLETE = "INCOMPLETE"
    UNVERIFIABLE = "UNVERIFIABLE"
    ROLLBACK = "ROLLBACK"
    TAMPERED = "TAMPERED"

    @property
    def exit_code(self) -> int:
        """What the command line returns."""
        return _EXIT_CODES[self]

    @property
    def severity(self) -> int:
        """Its place in that order."""
        return list(Verdict).index(self)


_EXIT_CODES: Final = {
    Verdict.OK: 0,
    Verdict.TAMPERED: 1,
    Verdict.ROLLBACK: 1,
    Verdict.INCOMPLETE: 3,
    Verdict.UNVERIFIABLE: 4,
}


HASHES: Final = "hashes"
"""The layer that only shows that the log agrees with itself."""


class Problem(NamedTuple):
    """Something found. `text` is its kind, `detail` says more of the first one; `record`: the first
    that it is about, `place`: file and line; `times`: how many of its kind there are."""

    verdict: Verdict
    text: str
    detail: str = ""
    record: int | None = None
    place: str = ""
    times: int = 1


class Problems:
    """All that was found; OK stands for a warning."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[Verdict, str], Problem] = {}

    def add(self, problem: Problem) -> None:
        """One more. Of its kind only the first is kept."""
        kind = problem.verdict, problem.text
        known = self._kinds.get(kind)
        self._kinds[kind] = known._replace(times=known.times + 1) if known else problem

    def __iter__(self) -> Iterator[Problem]:
        """The worst first, else as they were found."""
        return iter(sorted(self._kinds.values(), key=lambda found: -found.verdict.severity))


class Checkpoint(NamedTuple):
    """The last one before anything was wrong: its tree head, and when it was written."""

    head: Head
    timestamp: str


class Layer(NamedTuple):
    """`name` vouches for all records below `until`."""

    name: str
    until: int

    @property
    def is_trusted(self) -> bool:
        """Whether it goes back to something from elsewhere; the tree alone does not."""
        return self.name != HASHES


class Report(NamedTuple):
    """`first`: the first record that is kept; `head`: of all that were read. `layers`: those that
    vouch for something, and the tree alone. `is_whole`: whether everything was looked at; nothing
    is, behind what was tampered with."""

    origin: str
    first: int
    head: Head
    layers: tuple[Layer, ...]
    checkpoint: Checkpoint | None
    problems: tuple[Problem, ...]
    is_whole: bool

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        return max((found.verdict for found in self.problems), key=_severity, default=Verdict.OK)

    @property
    def first_bad(self) -> int | None:
        """The first record that can't be believed."""
        bad = [p.record for p in self.problems if p.verdict is Verdict.TAMPERED]
        return bad[0] if bad else None

    @property
    def vouched(self) -> int:
        """Below this, something from outside vouches for every record."""
        trusted = (layer.until for layer in self.layers if layer.is_trusted)
        return max(trusted, default=self.first)


def _severity(verdict: Verdict) -> int:
    return verdict.severity
