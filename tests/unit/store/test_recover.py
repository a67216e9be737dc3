"""tracer.store.recover; what a kill leaves is tests/log's."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from tests.attributes import changeable
from tests.written import SECOND, Written, note
from tracer.errors import BadLog, BadState
from tracer.model.sealed import End, Previous
from tracer.seal.keys import Ratchet
from tracer.seal.note import Head
from tracer.seal.report import Verdict
from tracer.seal.stage import Keys
from tracer.store.directory import Directory
from tracer.store.log import Pace
from tracer.store.recover import Recovered, recover
from tracer.store.state import StateFile


def recovered(written: Written, keys: Keys | None = None) -> Recovered:
    directory = Directory(written.segments)
    try:
        return recover(directory, keys or written.keys(), written.stamp())
    finally:
        directory.close()


def with_keys(written: Written, keys: Keys) -> None:
    """Puts these into the state file."""
    directory = Directory(written.place / "keys")
    state = StateFile(directory)
    state.write(keys)
    state.close()
    directory.close()


def ran(written: Written, number: int = 0, *, seconds: int = 0) -> None:
    """A run of one event that ends in order, after so long."""
    log = written.open(Pace(checkpoint_ns=10 * SECOND))  # to sync less
    log.append([note(number)], written.stamp(1))
    for _ in range(seconds // 10):
        log.tick(written.stamp(10_000))
    written.stop(log)


def only(written: Written) -> Path:
    """The only segment, to be changed."""
    changeable(written.place)
    (path,) = written.segments.glob("*.jsonl")
    path.chmod(0o600)
    return path


def test_a_new_log(written: Written) -> None:
    """There was no run before."""
    found = recovered(written)
    assert found.previous is None
    assert found.tree.size == 0
    assert found.recovery == ("first", None)


def test_after_a_run_that_ended(written: Written) -> None:
    """The log goes on behind its last seal, with the next key."""
    ran(written)
    found = recovered(written)
    assert found.previous == Previous("000000000000", End.SEALED)
    assert found.recovery.after == "stop"
    assert found.recovery.last == written.stamp()
    assert found.tree.size == len(written.records())
    assert found.keys.ratchet[:3] == (0, written.about("seal")[-1]["interval"] + 1, 0)
    assert found.keys == written.keys()


def test_a_tail_behind_the_last_seal(written: Written) -> None:
    """Stays, and is declared, with its length and its hash."""
    ran(written)
    path = only(written)
    before = path.read_bytes()
    path.write_bytes(before + b'{"half":')
    found = recovered(written)
    hashed = sha256(b'{"half":').hexdigest()
    assert found.previous == Previous("000000000000", End.TORN, 8, hashed)
    assert path.read_bytes() == before + b'{"half":'
    assert path.stat().st_mode & 0o777 == 0o440
    ran(written, 1)
    assert written.verdict() is Verdict.INCOMPLETE


def test_keys_that_lag(written: Written) -> None:
    """As a crash between the log and the keys leaves them: they are taken forward."""
    early = written.keys()
    ran(written)
    found = recovered(written, early)
    assert found.keys.ratchet == written.keys().ratchet
    assert found.previous is not None
    assert found.previous.end is End.SEALED


def test_keys_of_the_epoch_before(written: Written) -> None:
    """The next epoch's was put beside them before the log knew it."""
    ran(written, seconds=70)
    late = written.keys()
    assert late.ratchet.epoch == 1
    first = Keys.first(written.seed)
    found = recovered(written, first._replace(next_secret=late.secret))
    assert found.keys._replace(head=late.head) == late
    with pytest.raises(BadState, match="the keys are older than the log"):
        recovered(written, first)


def test_a_power_cut(written: Written) -> None:
    """The state got to the disk before the log did: the log goes on behind what was not synced."""
    log = written.open()
    log.append([note(0)], written.stamp(1))
    log.sync(written.stamp(1))
    (path,) = written.segments.glob("*.jsonl")
    synced = path.read_bytes()
    for number in (1, 2):
        log.append([note(number)], written.stamp(1))
        log.tick(written.stamp(30))
    log._closing.close()
    only(written).write_bytes(synced)
    found = recovered(written)
    assert found.previous == Previous("000000000000", End.TORN)
    assert found.keys.ratchet.interval == written.about("seal")[-1]["interval"] + 2
    assert found.recovery.after == "crash"
    ran(written, 3)
    assert written.numbers() == [0, 3]
    assert written.verdict() is Verdict.INCOMPLETE


def test_a_kill(written: Written) -> None:
    """Behind a seal that is no checkpoint: more may have been written, and is not there."""
    log = written.open()
    log.append([note(0)], written.stamp(1))
    log.tick(written.stamp(30))
    log._closing.close()
    found = recovered(written)
    assert found.previous == Previous("000000000000", End.TORN)
    assert found.keys.ratchet == written.keys().ratchet.after_interval()
    ran(written, 1)
    assert written.numbers() == [0, 1]
    assert written.verdict() is Verdict.INCOMPLETE


def test_a_power_cut_behind_a_kill(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes nothing of what the log goes on from: that is synced before."""
    written.open()._closing.close()
    inode = only(written).stat().st_ino
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", lambda fd: synced.append(os.fstat(fd).st_ino))
    recovered(written)
    assert synced == [inode]


def test_a_power_cut_can_not_take_so_much(written: Written) -> None:
    """What was synced is there, but more is missing than waits for a sync."""
    ran(written)
    keys = written.keys()
    for lost, end in ((0, End.SEALED), (1, End.TORN), (2, End.BEHIND)):
        found = recovered(written, keys._replace(ratchet=forward(keys.ratchet, lost)))
        assert found.previous == Previous("000000000000", end)


def test_a_power_cut_can_not_take_so_much_behind_a_write(written: Written) -> None:
    """Whose checkpoint would have been synced before anything followed it."""
    log = written.open()
    log.append([note(0)], written.stamp(1))
    log.tick(written.stamp(30))
    log._closing.close()
    keys = written.keys()
    for lost, end in ((1, End.TORN), (2, End.BEHIND)):
        found = recovered(written, keys._replace(ratchet=forward(keys.ratchet, lost)))
        assert found.previous == Previous("000000000000", end)


def forward(ratchet: Ratchet, intervals: int) -> Ratchet:
    for _ in range(intervals):
        ratchet = ratchet.after_interval()
    return ratchet


def test_another_head_than_was_synced(written: Written) -> None:
    """Of the same size: this is another log's end."""
    ran(written)
    keys = written.keys()
    found = recovered(written, keys._replace(head=Head(keys.head.size, bytes(32))))
    assert found.previous == Previous("000000000000", End.BEHIND)


def test_keys_that_lead(written: Written) -> None:
    """The disk lost what it had synced: the log goes on, with the keys that there are."""
    ran(written)
    path = only(written)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))
    found = recovered(written)
    assert found.previous == Previous("000000000000", End.BEHIND)
    assert found.tree.size == 2
    assert found.keys.ratchet == written.keys().ratchet
    ran(written, 1)
    assert written.verdict() is Verdict.ROLLBACK


def test_keys_that_lead_by_an_epoch(written: Written) -> None:
    """Of an epoch that is lost as a whole: no signature leads to them."""
    ran(written, seconds=70)
    path = only(written)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))
    found = recovered(written)
    assert found.previous is not None
    assert found.previous.end is End.BEHIND
    assert found.keys.ratchet.epoch == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: bytes(len(data)),
        lambda data: data.split(b"\n")[0] + b"\n",
        lambda data: data[:100],
        lambda data: b"x" * (3 << 20),
    ],
)
def test_a_segment_without_a_seal(written: Written, damage: Callable[[bytes], bytes]) -> None:
    """Is set aside, as it is, and its name is free for the next."""
    ran(written, 0)
    ran(written, 1)
    last = sorted(written.segments.glob("*.jsonl"))[-1]
    changeable(written.place)
    last.chmod(0o600)
    damaged = damage(last.read_bytes())
    last.write_bytes(damaged)
    ran(written, 2)
    assert written.numbers() == [0, 2]
    (aside,) = written.segments.glob("*.unsealed")
    assert aside.name.startswith(last.stem)
    assert aside.read_bytes() == damaged
    assert [part["previous"]["end"] for part in written.about("segment")[1:]] == ["behind"]
    assert written.verdict() is Verdict.ROLLBACK


def test_a_log_that_is_gone(written: Written) -> None:
    """Can't be gone on with: nobody knows its tree."""
    ran(written)
    only(written).unlink()
    with pytest.raises(BadState, match="no record left of the 5 that there were"):
        written.open()


def test_keys_of_another_log(written: Written, tmp_path: Path) -> None:
    """Are refused, whatever their numbers."""
    ran(written)
    other = Keys("ttytrace/other", b"s" * 32, None, Ratchet.first(bytes(32)), Head(0, b"r" * 32))
    with_keys(written, other)
    with pytest.raises(BadState, match="of another log"):
        written.open()
    assert len(written.names()) == 1


def test_a_segment_that_is_a_link(written: Written, tmp_path: Path) -> None:
    """Is not read, and nothing is changed."""
    ran(written)
    path = only(written)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadLog):
        written.open()
    assert path.is_symlink()


def test_segments_that_a_crash_left_open(written: Written) -> None:
    """Are closed, the last and those before it."""
    ran(written, 0)
    ran(written, 1)
    changeable(written.place)
    for path in written.segments.iterdir():
        path.chmod(0o600)
    recovered(written)
    assert {path.stat().st_mode & 0o777 for path in written.segments.iterdir()} == {0o440}


def test_a_log_of_a_later_version(written: Written) -> None:
    """Is not gone on with, and stays as it is."""
    ran(written)
    path = only(written)
    path.write_bytes(path.read_bytes().replace(b'"format":1', b'"format":2'))
    with pytest.raises(BadLog, match="use a newer one"):
        written.open()
    assert written.names() == ["000000000000.jsonl"]
