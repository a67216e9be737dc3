"""tracer.store.tail; what it does on a disk that fails is tests/log's."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

import pytest

from tests.attributes import changeable
from tests.written import Written, note
from tracer.model.sealed import End, Previous
from tracer.seal.report import Verdict
from tracer.seal.stage import lines_of
from tracer.seal.tree import Frontier
from tracer.store.directory import Directory
from tracer.store.state import StateFile
from tracer.store.tail import Tail


@pytest.fixture
def tail(written: Written) -> Iterator[Tail]:
    """Of a new log, whose first segment has begun."""
    segments, keys_at = Directory(written.segments), Directory(written.place / "keys")
    state = StateFile(keys_at)
    made = Tail(segments, state, state.read(), Frontier())
    made.begin(written.stamp(), None)
    yield made
    state.close()
    keys_at.close()
    segments.close()
    changeable(written.place)


def test_keys_follow_what_is_written(written: Written, tail: Tail) -> None:
    """A seal's key is dropped with its write, which is synced if that is a checkpoint."""
    before = written.keys()
    assert before.head == tail.sealer.head()
    tail.write(lines_of([*tail.sealer.add([note(0)]), tail.sealer.seal(written.stamp())]))
    assert written.numbers() == [0]
    assert not tail.is_synced
    assert written.keys() == before._replace(ratchet=before.ratchet.after_seal())
    tail.write(lines_of([tail.sealer.checkpoint(written.stamp())]))
    assert tail.is_synced
    assert written.keys().head == tail.sealer.head()
    assert written.keys().ratchet == before.ratchet.after_interval()


def test_a_checkpoint_that_waited_for_room(written: Written, tail: Tail, monkeypatch) -> None:
    """Is synced with the rest of its write, before what came since."""
    write = os.write

    def half(fd: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", fails)
        return write(fd, data[: len(data) // 2])

    def fails(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "no room")

    data = lines_of([*tail.sealer.add([note(0)]), tail.sealer.checkpoint(written.stamp())])
    head, before = tail.sealer.head(), written.keys()
    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="no room"):
        tail.write(data)
    assert tail.is_stuck
    assert written.keys() == before
    tail.sealer.add([note(1)])
    monkeypatch.undo()
    tail.write()
    assert tail.is_synced
    assert written.keys() == before._replace(ratchet=before.ratchet.after_interval(), head=head)


def test_the_next_key_is_put_away_first(written: Written, tail: Tail, monkeypatch) -> None:
    """Before the log names it; afterwards the old one is nowhere."""
    old = written.keys().secret
    seen = []
    write = tail.write
    monkeypatch.setattr(tail, "write", lambda data: (seen.append(written.keys()), write(data)))
    assert tail.rekey(written.stamp())
    (during,) = seen
    assert (during.secret, during.ratchet.epoch) == (old, 0)
    after = written.keys()
    assert after.secret == during.next_secret
    assert (after.next_secret, after.ratchet.epoch) == (None, 1)
    assert old not in (written.place / "keys/state").read_bytes()
    assert written.verdict() is Verdict.OK


def test_no_rekey_while_keys_can_not_be_put_away(tail: Tail, written: Written, monkeypatch) -> None:
    """A key that is in no state file would end the log with the process."""

    def fails(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(StateFile, "write", fails)
    assert not tail.rekey(written.stamp())
    assert tail.state_error is not None
    assert tail.sealer.epoch == 0
    monkeypatch.undo()
    assert tail.rekey(written.stamp())
    assert tail.state_error is None


def test_an_abandoned_segment(written: Written, tail: Tail) -> None:
    """All goes on from what was synced: the same indices; but no key seals twice."""
    head, interval = tail.sealer.head(), written.keys().ratchet.interval
    data = lines_of([*tail.sealer.add([note(0)]), tail.sealer.seal(written.stamp())])
    tail.write(data)
    tail.abandon()
    assert tail.is_stuck
    assert tail.size == 0
    assert tail.previous == Previous("000000000000", End.IO_ERROR, len(data))
    tail.begin(written.stamp(), tail.previous)
    assert written.names()[1] == f"{head.size:012d}.jsonl"
    assert written.about("segment")[1]["interval"] == interval + 1
    assert written.numbers() == []
    assert written.verdict() is Verdict.INCOMPLETE


def test_the_next_segment(written: Written, tail: Tail) -> None:
    """Follows one that is closed."""
    tail.turn(written.stamp())
    first, second = sorted(written.segments.iterdir())
    assert (first.stat().st_mode & 0o777, second.stat().st_mode & 0o777) == (0o440, 0o640)
    assert written.about("segment")[1]["previous"]["end"] == "sealed"
    tail.close()
    assert second.stat().st_mode & 0o777 == 0o440
    assert written.verdict() is Verdict.OK
