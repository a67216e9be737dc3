"""Every record of a log that was written, cut short by a crash and written on can be proved."""

from __future__ import annotations

import os

import orjson
import pytest

from tests.unit.seal.test_proof import is_accepted
from tests.written import Written, note
from tracer.errors import NoProof
from tracer.seal.note import PublicKey
from tracer.store.directory import Directory
from tracer.store.log import Log
from tracer.store.proofs import newest_checkpoint, prove


def record(written: Written, minutes: int) -> Log:
    """A run of so many epochs, in two segments."""
    log = written.open()
    for nth in range(minutes * 12):
        log.append([note(nth, "text")], written.stamp(5000))
        log.tick(written.stamp(60))
        if nth == minutes * 6:
            log.rotate(written.stamp(1))
    return log


def crash(written: Written) -> None:
    """A run that ends in the middle of a write."""
    child = os.fork()
    if not child:
        record(written, 2)
        last = max(written.segments.glob("*.jsonl"))
        with last.open("ab") as file:
            file.write(b'{"torn":1}\n{"@timest')
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    written.now_ns += 180_000_000_000


def lines_of(written: Written) -> list[bytes]:
    """All that counts."""
    lines: list[bytes] = []
    for path in sorted(written.segments.glob("*.jsonl")):
        del lines[int(path.stem) :]
        lines += path.read_bytes().split(b"\n")[:-1]
    return lines


def test_every_record_is_proved(written: Written) -> None:
    """In whichever epoch, segment and run; by the key to which the rekeys lead."""
    written.stop(record(written, 2))
    crash(written)
    written.stop(record(written, 1))
    ends = [segment["previous"]["end"] for segment in written.about("segment")[1:]]
    assert ends == ["sealed", "sealed", "sealed", "torn", "sealed"]
    lines = lines_of(written)
    rekeys = [line for line in lines if b'"action":"rekey"' in line]
    key = PublicKey.parse(orjson.loads(rekeys[-1])["ttytrace"]["log"]["next"])
    segments = Directory(written.segments)
    newest = newest_checkpoint(segments)
    assert newest
    assert newest.head.size == len(lines) - 1
    for index in range(newest.head.size):
        assert is_accepted(prove(segments, index), lines[index], key)
    with pytest.raises(NoProof):
        prove(segments, newest.head.size)
    segments.close()
