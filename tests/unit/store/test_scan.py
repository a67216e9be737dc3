"""tracer.store.scan"""

from __future__ import annotations

import pytest

from tests.unit.seal.made import event, sealer, stamp
from tracer.codec.log import log_part, parse
from tracer.seal.claims import Seal
from tracer.seal.erased import erased_line
from tracer.seal.note import Head
from tracer.seal.stage import Sealer
from tracer.seal.tree import EMPTY_ROOT, leaf_hash
from tracer.store.scan import Scan, SealSeen

NOTHING = Head(0, EMPTY_ROOT)


def segment(log: Sealer, writes: int = 3) -> list[bytes]:
    """A segment of so many writes of two events, the last of which is a checkpoint."""
    lines = [log.segment(stamp(), None)]
    for nth in range(writes):
        lines += log.add([event(f"{nth}"), event('\\","mac":"aaaaaaaaaaaaaaaaaaaaaa"}')])
        lines.append(log.checkpoint(stamp(1)) if nth == writes - 1 else log.seal(stamp(nth)))
    return lines


def scanned(lines: list[bytes], first: int = 0, synced: Head = NOTHING) -> SealSeen | None:
    """As far as it goes, in blocks of two lines."""
    scan = Scan(first, synced)
    try:
        for nth in range(0, len(lines), 2):
            scan.follow(lines[nth : nth + 2])
    except ValueError:
        pass
    return scan.last


def end_of(lines: list[bytes]) -> int:
    return sum(len(line) + 1 for line in lines)


def test_the_last_seal() -> None:
    """Its number, its moment, the tree with it, and what stands before it."""
    log = sealer()
    lines = segment(log)
    last = scanned(lines)
    assert last is not None
    assert last.seal == Seal.parse(log_part(parse(lines[-1]))[1])
    assert last.end == end_of(lines)
    assert last.stamp == stamp(1)
    assert last.before == lines[-2]
    assert (last.tree.size, last.tree.root()) == tuple(log.head())


def test_what_was_synced() -> None:
    """Is there, before or in the segment, with the same root; or it isn't."""
    log = sealer()
    lines = segment(log)
    head = log.head()
    for synced, has in (
        (NOTHING, True),
        (head, True),
        (Head(0, bytes(32)), False),
        (Head(head.size, bytes(32)), False),
        (Head(head.size + 1, head.root), False),
        (Head(head.size - 1, head.root), False),
    ):
        last = scanned(lines, 0, synced)
        assert last is not None
        assert last.has_synced is has


def test_what_no_seal_closes() -> None:
    """Does not count, nor does the line of a seal that is cut."""
    lines = segment(sealer())
    for more in ([], [b"{}"], [b'{"a":1'], [lines[6]], [b""]):
        last = scanned([*lines[:-1], *more])
        assert last is not None
        assert (last.seal.seal, last.end) == (1, end_of(lines[:7]))


def test_a_changed_record() -> None:
    """From it on nothing counts, however many seals come."""
    lines = segment(sealer())
    lines[5] += b" "
    last = scanned(lines)
    assert last is not None
    assert last.seal.seal == 0


def test_an_erased_record() -> None:
    """Stands for what it was."""
    log = sealer()
    lines = segment(log)
    size = end_of(lines)
    lines[1] = erased_line(leaf_hash(lines[1]))
    last = scanned(lines)
    assert last is not None
    assert last.tree.root() == log.head().root
    assert last.end == end_of(lines) != size


def test_a_later_segment() -> None:
    """Begins with the tree that its header says."""
    log = sealer()
    segment(log)
    first = log.size
    lines = segment(log)
    last = scanned(lines, first)
    assert last is not None
    assert (last.tree.size, last.tree.root()) == tuple(log.head())
    assert scanned(lines, first + 1) is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"event":{"action":"segment"},"ttytrace":{"log":{"origin":"x","frontier":["AAAA"]}}}',
        b'{"event":{"action":"segment"},"ttytrace":{"log":{"origin":"x","frontier":[7]}}}',
        b'{"event":{"action":"segment"},"ttytrace":{"log":{"origin":7,"frontier":[]}}}',
    ],
)
def test_what_begins_no_segment(line: bytes) -> None:
    """Nothing in it counts, and it is no bug."""
    assert scanned([line, *segment(sealer())[1:]]) is None


@pytest.mark.parametrize(
    "seal",
    [
        b'{"event":{"action":"seal"},"ttytrace":{"log":{"epoch":0,"interval":0,"seal":0,"root":"AAAA"}}',
        b'{"event":{"action":"seal"},"ttytrace":{"log":{"epoch":"0","interval":0,"seal":0,"root":""}}',
        b'{"@timestamp":7,"event":{"action":"seal"},"ttytrace":{"log":{"epoch":0,"interval":0,"seal":0,"root":""}}',
        b'{"event":{"action":"seal"},"ttytrace":7',
    ],
)
def test_what_looks_like_a_seal(seal: bytes) -> None:
    """Is none, whatever it lacks."""
    lines = segment(sealer())
    last = scanned([*lines, seal + b',"mac":"aaaaaaaaaaaaaaaaaaaaaa"}'])
    assert last is not None
    assert last.end == end_of(lines)
