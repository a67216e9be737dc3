"""The table of what can be done to a log: its rows register here. What they share is here, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.log.tamper import (
    Copy,
    Forger,
    Seized,
    about,
    continued,
)
from tests.written import SECOND, Written
from tracer.model.sealed import End, Previous
from tracer.seal.anchor import Anchor
from tracer.seal.keys import new_secret
from tracer.seal.note import Signer
from tracer.seal.report import Verdict
from tracer.seal.stage import Keys

OK, TAMPERED, ROLLBACK = Verdict.OK, Verdict.TAMPERED, Verdict.ROLLBACK
INCOMPLETE, UNVERIFIABLE = Verdict.INCOMPLETE, Verdict.UNVERIFIABLE
TWO_HOURS_NS = 7200 * SECOND


class Row(NamedTuple):
    """`expected`: in modes P, S and A. `log`: which of the logs is changed."""

    name: str
    expected: tuple[Verdict, Verdict, Verdict]
    change: Callable[[Copy], None]
    log: str


ROWS: list[Row] = []


def row(
    name: str, *expected: Verdict, log: str = "plain"
) -> Callable[[Callable[[Copy], None]], Callable[[Copy], None]]:
    def add(change: Callable[[Copy], None]) -> Callable[[Copy], None]:
        p, s, a = expected * 3 if len(expected) == 1 else expected
        ROWS.append(Row(name, (p, s, a), change, log))
        return change

    return add


def lines_of(written: Written, first: int) -> list[bytes]:
    return (written.segments / f"{first:012d}.jsonl").read_bytes().split(b"\n")[:-1]


def erasable(lines: list[bytes], first: int) -> tuple[int, bytes]:
    """An event of a segment, and its index."""
    nth = next(n for n in range(6, len(lines)) if not about(lines[n])[0])
    return first + nth, lines[nth]


def stolen(log: Copy) -> Forger:
    """With the keys of the moment."""
    return Forger(lambda head: log.thief.sign(head.text(log.origin)), log.seized.stolen.ratchet)


def keyless(log: Copy) -> Forger:
    """Without any keys of the log."""
    nobody = Signer(log.origin, new_secret())
    forged = log.seized.stolen.ratchet._replace(key=new_secret())
    return Forger(lambda head: nobody.sign(head.text(log.origin)), forged)


def thief(log: Copy) -> tuple[Keys, int]:
    """What continued() takes: the keys of the moment, and when it begins."""
    return log.seized.stolen, log.now_ns - 5 * SECOND


def numbered(log: Copy, index: int) -> Keys:
    """The stolen keys, with the number of the seal that is due behind that checkpoint."""
    keys, interval = log.seized.stolen, about(log.lines[index])[1]["interval"] + 1
    return keys._replace(ratchet=keys.ratchet._replace(interval=interval, seal=0))


def blame(log: Copy, end: End, nth: int = -5, *, in_order: bool = False) -> None:
    """Cuts behind that checkpoint, and goes on in a new segment that says how that came.
    `in_order`: with the number that is due there, though the keys have another."""
    cut = log.checkpoints()[nth]
    keys = numbered(log, cut) if in_order else log.seized.stolen
    lines = log.lines[: cut + 1]
    log.lines = lines
    previous = Previous(f"{max(log.segments):012d}", end)
    log.segments[len(lines)] = continued(lines, keys, log.now_ns - 5 * SECOND, previous)


def anchors(seized: Seized) -> list[Anchor]:
    """Heads from before the epoch in progress."""
    heads = seized.heads
    chosen = heads[len(heads) // 3], heads[len(heads) * 2 // 3]
    return [Anchor(seized.key.name, head) for head in chosen]
