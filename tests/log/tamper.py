"""A log to tamper with, as lines in memory, and what an attacker does to it.

The log is made by the real writer: four segments, three epochs of 16 s, the last of which is in
progress; two events each half second, sealed each half second, a checkpoint each second; it ends
with a seal that no checkpoint covers yet.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import orjson

from tests.written import MS, SECOND, START_NS, Written, note
from tracer.codec.identity import Fields
from tracer.codec.log import control, log_part
from tracer.model.sealed import Previous, Stamp
from tracer.seal.anchor import Anchor
from tracer.seal.keys import Ratchet, first_signer
from tracer.seal.note import Head, PublicKey, Signer
from tracer.seal.report import Report
from tracer.seal.stage import Keys, Sealer, sealed_line
from tracer.seal.tree import Frontier, leaf_hash
from tracer.seal.verify import Trust
from tracer.store.check import verify_log
from tracer.store.directory import Directory
from tracer.store.log import Pace

BATCH_MS = 25
PACE = Pace(BATCH_MS * MS, SECOND, 16 * SECOND)
STEP_MS = 500
ROTATE_AT = (20, 44, 76)  # steps
STEPS = 90
LATER_STEP = 80  # where later() adds records

Later = Callable[[Written], list[Fields]]


class Seized(NamedTuple):
    """A log as it was taken: `segments`: first index -> lines. `stolen`: the keys in the state file
    at that moment; `heads`: of all checkpoints; `now_ns`: since 1970."""

    segments: dict[int, list[bytes]]
    seed: bytes
    stolen: Keys
    heads: list[Head]
    now_ns: int

    @property
    def key(self) -> PublicKey:
        """The first one."""
        return first_signer(self.seed).public


def make(place: Path, later: Later | None = None, set_back_ns: int = 0) -> Seized:
    """Records. `later` gives records to add at LATER_STEP, when the wall clock is set back, too."""
    written = Written(place)
    try:
        log = written.open(PACE)
        log.append([control("start", written.stamp())], written.stamp())
        for step in range(1, STEPS):
            back_ns = set_back_ns if step >= LATER_STEP else 0
            stamp = _back(written.stamp(STEP_MS - BATCH_MS), back_ns)
            log.append([note(2 * step + n, f"shown {step} {n}") for n in range(2)], stamp)
            if step == LATER_STEP and later:
                log.append(later(written), stamp)
            stamp = _back(written.stamp(BATCH_MS), back_ns)
            log.tick(stamp)
            if step in ROTATE_AT:
                log.rotate(stamp)
        return _seize(written, stamp.wall_ns)
    finally:
        written.remove()


def _back(stamp: Stamp, set_back_ns: int) -> Stamp:
    return stamp._replace(wall_ns=stamp.wall_ns - set_back_ns)


def _seize(written: Written, now_ns: int) -> Seized:
    paths = sorted(written.segments.glob("*.jsonl"))
    segments = {int(path.stem): path.read_bytes().split(b"\n")[:-1] for path in paths}
    lines = [line for first in segments for line in segments[first]]
    heads = [_head(fields, nth) for nth, line in enumerate(lines) if (fields := checkpoint(line))]
    return Seized(segments, written.seed, written.keys(), heads, now_ns + 2 * SECOND)


def _head(fields: Fields, size: int) -> Head:
    return Head.parse(fields["note"].partition("\n\n")[0] + "\n", fields["note"].split("\n")[0])


def stamp_of(log: Copy) -> Stamp:
    """The moment when it is verified."""
    return Stamp(log.now_ns - START_NS, log.now_ns)


def about(line: bytes) -> tuple[str, Fields]:
    """Action and fields of a record about the log; nothing for others."""
    return log_part(orjson.loads(line)) or ("", {})


def checkpoint(line: bytes) -> Fields | None:
    """The fields of a checkpoint."""
    action, fields = about(line)
    return fields if action == "seal" and "note" in fields else None


class Copy:
    """A log that is changed. `tails`: bytes behind the last line of a segment; `epochs`: the lines
    of log/epochs.jsonl; `now_ns`: when it is verified; `anchors`: more of them, in mode A."""

    def __init__(self, seized: Seized) -> None:
        self.seized = seized
        self.segments = {first: list(lines) for first, lines in seized.segments.items()}
        self.tails: dict[int, bytes] = {}
        self.epochs: list[bytes] = []
        self.anchors: list[Anchor] = []
        self.now_ns = seized.now_ns

    @property
    def lines(self) -> list[bytes]:
        """All of them."""
        return [line for first in sorted(self.segments) for line in self.segments[first]]

    @lines.setter
    def lines(self, lines: list[bytes]) -> None:
        """Puts other lines there; each segment begins where it did."""
        firsts = [first for first in sorted(self.segments) if first < len(lines)]
        ends = [*firsts[1:], len(lines)]
        self.segments = {first: lines[first:end] for first, end in zip(firsts, ends, strict=True)}

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.seized.key.name

    @property
    def thief(self) -> Signer:
        """The key of the moment."""
        return Signer(self.origin, self.seized.stolen.secret)

    def indices(self, action: str) -> list[int]:
        """Where such records stand."""
        return [nth for nth, line in enumerate(self.lines) if about(line)[0] == action]

    def checkpoints(self) -> list[int]:
        """Where they stand."""
        return [nth for nth, line in enumerate(self.lines) if checkpoint(line)]

    def event_behind(self, index: int) -> int:
        """The next event that is not about the log."""
        lines = self.lines
        return next(n for n in range(index, len(lines)) if not about(lines[n])[0])

    def replace(self, index: int, line: bytes) -> None:
        """Another line at that place."""
        lines = self.lines
        lines[index] = line
        self.lines = lines

    def edit(self, index: int) -> None:
        """Another text in an event."""
        self.replace(index, self.lines[index].replace(b"shown", b"false"))

    def cut(self, size: int) -> None:
        """Leaves that many records, and verifies at once."""
        self.lines = self.lines[:size]
        self.at_once()

    def at_once(self) -> None:
        """It is verified two seconds after the last record."""
        self.now_ns = max(wall_ns_of(line) for line in self.lines[-2:]) + 2 * SECOND

    def write(self, place: Path) -> None:
        """As files."""
        for first, lines in self.segments.items():
            data = b"".join(line + b"\n" for line in lines) + self.tails.get(first, b"")
            (place / f"{first:012d}.jsonl").write_bytes(data)
        if self.epochs:
            (place / "epochs.jsonl").write_bytes(b"".join(n + b"\n" for n in self.epochs))


def wall_ns_of(line: bytes) -> int:
    """By CLOCK_BOOTTIME, which all records of these logs have."""
    return START_NS + int(orjson.loads(line)["ttytrace"].get("boottime_ns", 0))


def check(place: Path, trust: Trust, now_ns: int) -> Report:
    """What the verifier says of these files."""
    directory = Directory(place)
    try:
        return verify_log(directory, trust, lambda *_: None).report(now_ns)
    finally:
        directory.close()


def renumbered(lines: Iterable[bytes]) -> list[bytes]:
    """Each with the number of its place; seals keep their MAC."""
    found = []
    for index, line in enumerate(lines):
        record = orjson.loads(line)
        record["event"]["sequence"] = index
        found.append(orjson.dumps(record))
    return found


class Forger:
    """Makes a log agree with itself again. `sign`: gives the note of a head, None to strip it;
    `ratchet`: what MACs are made with."""

    def __init__(self, sign: Callable[[Head], str | None], ratchet: Ratchet) -> None:
        self._sign = sign
        self._ratchet = ratchet

    def resealed(self, lines: list[bytes], start: int) -> list[bytes]:
        """The lines, with the roots of seals, headers and rekeys from `start` on made right."""
        tree, found = Frontier(), []
        for index, line in enumerate(lines):
            forged = self._line(line, tree) if index >= start else line
            tree.extend([leaf_hash(forged)])
            found.append(forged)
        return found

    def _line(self, line: bytes, tree: Frontier) -> bytes:
        record = orjson.loads(line)
        action, fields = log_part(record) or ("", {})
        if "root" not in fields:
            return line
        fields["root"] = b64encode(tree.root()).decode()
        if action == "segment":
            fields["frontier"] = [b64encode(node).decode() for node in tree.nodes]
        if action != "seal":
            return orjson.dumps(record)
        if "note" in fields:
            found = self._sign(Head(tree.size, tree.root()))
            fields |= {"note": found}
            if found is None:
                del fields["note"]
        del record["mac"]
        body = orjson.dumps(record)[:-1]
        return sealed_line(body, self._ratchet.mac(tree.root(), body))


def tree_of(lines: list[bytes]) -> Frontier:
    tree = Frontier()
    tree.extend([leaf_hash(line) for line in lines])
    return tree


def continued(
    lines: list[bytes], keys: Keys, now_ns: int, previous: Previous | None = None
) -> list[bytes]:
    """What a thief of `keys` writes behind these lines, for five seconds; `previous`: in a new
    segment."""
    sealer = Sealer(keys, tree_of(lines))
    found = []
    for second in range(5):
        stamp = Stamp(now_ns - START_NS + second * SECOND, now_ns + second * SECOND)
        if previous and not second:
            found.append(sealer.segment(stamp, previous))
        found += sealer.add([note(9000 + second, "invented")])
        found.append(sealer.checkpoint(stamp))
    return found
