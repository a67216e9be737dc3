"""What a tracer says of a pane's input, byte by byte, and how right that is.

Invariant: `heard` joins the findings by the kernel's own offsets, and fails where two overlap, a
hole has no `Lost`, or ranges don't cover their bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from tests.kernel.recording import Recording, Tracer
from tests.kernel.tmux import Pane
from tests.kernel.typists import Author
from tests.patience import eventually
from tracer.model.findings import TextInput, TypedBy
from tracer.model.hands import How


class Heard(NamedTuple):
    """The input of one pane: `by` has for each byte who is said to have typed it. `data` is None
    if any of it was not kept."""

    findings: tuple[TextInput, ...]
    data: bytes | None
    by: tuple[TypedBy, ...]

    def ways(self) -> Counter[How]:
        """How many bytes came by each way."""
        return Counter(one.how for one in self.by)

    def until(self, size: int) -> Heard:
        """The first bytes only."""
        return self._replace(data=self.data and self.data[:size], by=self.by[:size])


class Score(NamedTuple):
    """Of `size` bytes: whose author is `unknown`, and one sentence for each `wrong` name."""

    size: int
    unknown: int
    wrong: list[str]
    reasons: Counter[str]


def heard(recording: Recording, pane: Pane) -> Heard:
    """Joins what came to a pane. TIOCSTI's bytes don't pass the master, and aren't in it."""
    found = [
        finding
        for finding in recording.of(TextInput, pane.server_pid)
        if finding.tty == pane.tty
        and finding.place.pane_pid in (None, pane.pid)
        and all(part.how != How.TIOCSTI for part in finding.typed_by)
    ]
    end = 0
    for finding in found:
        assert finding.offset == end, f"bytes {end} to {finding.offset} of {pane}"
        assert finding.data is None or len(finding.data) == finding.size
        end += finding.size
        _assert_covered(finding)
    by = tuple(part for finding in found for part in finding.typed_by for _ in range(part.size))
    assert len(by) == end
    whole = [finding.data for finding in found if finding.data is not None]
    return Heard(tuple(found), b"".join(whole) if len(whole) == len(found) else None, by)


def heard_whole(tracer: Tracer, pane: Pane, size: int) -> Heard:
    """The same of a tracer that goes on, once it has told of so much."""
    eventually(lambda: len(heard(tracer.recording(), pane).by) >= size)
    return heard(tracer.recording(), pane)


def score(heard: Heard, truth: Sequence[Author | None]) -> Score:
    """Compares with the truth, whose None is nobody: a reply of a terminal."""
    assert len(heard.by) == len(truth), (len(heard.by), len(truth))
    unknown, wrong, reasons = 0, list[str](), Counter[str]()
    for at, (said, author) in enumerate(zip(heard.by, truth, strict=True)):
        if said.person is None:
            if author is not None:
                unknown += 1
                reasons[said.reason] += 1
        elif author is None or not author.is_person(said.person):
            name = author.user if author else "nobody"
            around = (heard.data or b"")[max(at - 9, 0) : at + 9]
            wrong.append(f"byte {at} is of {name}, not {said}: {around!r}")
    return Score(len(truth), unknown, wrong, reasons)


def assert_right(heard: Heard, truth: Sequence[Author | None], most_unknown: float) -> None:
    """No wrong name, and at most so many parts of all unknown."""
    result = score(heard, truth)
    assert not result.wrong, (len(result.wrong), result.wrong[:9])
    assert result.unknown <= most_unknown * result.size, (result.unknown, result.reasons)


def whose(received: bytes, tokens: dict[bytes, Author | None]) -> list[Author | None]:
    """Who typed each byte, where every key tells it: cut into the longest tokens that there are."""
    sizes = sorted({len(token) for token in tokens}, reverse=True)
    authors: list[Author | None] = []
    while len(authors) < len(received):
        at = len(authors)
        token = next(
            (received[at : at + n] for n in sizes if received[at : at + n] in tokens), None
        )
        assert token, f"nobody's: {received[at : at + 20]!r} at {at}"
        authors += [tokens[token]] * len(token)
    return authors


def changes(authors: Iterable[Author | None]) -> int:
    """How often one author follows another: how mixed a text is."""
    return sum(one is not next_one for one, next_one in pairwise(authors))


def _assert_covered(finding: TextInput) -> None:
    end = 0
    for part in finding.typed_by:
        assert part.start == end and part.size > 0, finding
        end += part.size
    assert end == finding.size, finding
