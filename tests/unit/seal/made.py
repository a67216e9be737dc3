"""A log as Sealer makes it, and the tree of RFC 6962 by its own recursive definition."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from tracer.codec.identity import Fields
from tracer.model.sealed import End, Previous, Stamp
from tracer.seal.stage import Keys, Sealer, lines_of
from tracer.seal.tree import Frontier

SECOND = 1_000_000_000
SEED = bytes(range(32))
NEXT_SECRETS = [bytes([n]) * 32 for n in range(1, 4)]


def stamp(second: float = 0) -> Stamp:
    return Stamp(
        5000 * SECOND + int(second * SECOND), 1_790_000_000 * SECOND + int(second * SECOND)
    )


def event(text: str) -> Fields:
    """As the encoder makes them, less what doesn't matter."""
    return {"event": {"action": "text_output"}, "message": text, "ttytrace": {"boottime_ns": 7}}


def sealer() -> Sealer:
    """Of a new log; its salts are random."""
    return Sealer(Keys.first(SEED), Frontier())


def made_log(epochs: int = 3) -> list[bytes]:
    """Lines of a log of so many epochs, each with two seals and a checkpoint."""
    log = sealer()
    lines = [log.segment(stamp(), None)]
    for epoch in range(epochs):
        if epoch:
            lines.append(log.rekey(stamp(60 * epoch), NEXT_SECRETS[epoch - 1]))
        lines += log.add([event(f"{epoch} {n} caf\xe9 \u2028") for n in range(5)])
        lines.append(log.seal(stamp(60 * epoch + 1)))
        lines += log.add([event('","mac":"AAAA"}')])
        lines.append(log.seal(stamp(60 * epoch + 2)))
        lines.append(log.checkpoint(stamp(60 * epoch + 3)))
    return lines


def merkle_tree_hash(lines: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    n = len(lines)
    if n == 0:
        return sha256(b"").digest()
    if n == 1:
        return sha256(b"\x00" + lines[0]).digest()
    k = 1
    while 2 * k < n:
        k *= 2
    return sha256(b"\x01" + merkle_tree_hash(lines[:k]) + merkle_tree_hash(lines[k:])).digest()


def made_segments() -> list[list[bytes]]:
    """The lines of three segments of one log, the last of which has three epochs."""
    log = sealer()
    segments = []
    for nth in range(2):
        previous = Previous("before", End.SEALED) if nth else None
        lines = [log.segment(stamp(nth), previous), *log.add([event(str(n)) for n in range(9)])]
        segments.append([*lines, log.seal(stamp(nth)), log.checkpoint(stamp(nth + 0.5))])
    lines = [log.segment(stamp(3), Previous("before", End.SEALED))]
    for epoch in range(2):
        lines += [*log.add([event(str(n)) for n in range(4)]), log.checkpoint(stamp(60 + epoch))]
        lines.append(log.rekey(stamp(60 + epoch), NEXT_SECRETS[epoch]))
    lines += [*log.add([event("the last that is covered")]), log.checkpoint(stamp(70))]
    return [*segments, [*lines, *log.add([event("later")]), log.seal(stamp(71))]]


def write_segments(directory: Path, segments: list[list[bytes]]) -> None:
    """A log's directory with them."""
    (directory / "log").mkdir()
    first = 0
    for lines in segments:
        (directory / "log" / f"{first:012d}.jsonl").write_bytes(lines_of(lines))
        first += len(lines)
