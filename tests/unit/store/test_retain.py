"""The oldest segments go when it is time, the log says so first, and the rest is still verified."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import orjson
import pytest

from tests.attributes import changeable
from tests.crash import kill_before
from tests.keeping import DAY, Kept
from tracer.codec.log import control
from tracer.errors import BadLog
from tracer.seal.report import Verdict
from tracer.seal.verify import Trust
from tracer.store.check import verify_log
from tracer.store.compress import compress, compressible
from tracer.store.directory import Directory
from tracer.store.retain import EPOCHS, Due, find_due, remove
from tracer.store.segments import segments_in

MIB = 1 << 20
FINE = (Verdict.OK, Verdict.INCOMPLETE)


def kept_in(place: Path, **settings: int) -> Kept:
    """A log of five closed segments and the one that grows; each lasts a day and has a rekey."""
    kept = Kept(place, **settings)
    for nth in range(5):
        kept.append(*(f"{nth} {n} {'x' * 15_000}" for n in range(3)))
        kept.rekey()
        kept.append(*(f"{nth} {n} {'x' * 15_000}" for n in range(3)))
        kept.wait(DAY)
        kept.close_segment()
    return kept


@pytest.fixture
def by_age(tmp_path: Path) -> Iterator[Kept]:
    kept = kept_in(tmp_path, keep_days=3)
    yield kept
    kept.end()
    kept.release()


@pytest.fixture
def by_size(tmp_path: Path) -> Iterator[Kept]:
    kept = kept_in(tmp_path, keep_days=0, keep_mib=1)
    yield kept
    kept.end()
    kept.release()


def firsts(kept: Kept) -> list[int]:
    """Where the segments begin."""
    return [segment.first for segment in segments_in(kept.directory)]


def is_fine(kept: Kept, copy: Directory | None = None) -> bool:
    """Whether nobody touched the log, or a copy, though not all of it is there any more."""
    return (kept.verdict_of(copy) if copy else kept.verdict()) in FINE


def test_what_is_older_than_the_days_goes(by_age: Kept) -> None:
    """One segment a minute; the log begins where the record says, and its keys can be traced."""
    before = firsts(by_age)
    by_age.until(lambda: firsts(by_age)[0] == before[1])
    assert firsts(by_age) == before[1:]
    by_age.turn(61_000_000_000)
    by_age.until(lambda: firsts(by_age)[0] == before[2])
    (_, first), (_, second) = by_age.ours("prune")
    assert {**first, "bytes": 0} == {
        "first": 0,
        "until": before[1],
        "segments": 1,
        "bytes": 0,
        "reason": "age",
    }
    assert (second["first"], second["until"]) == (before[1], before[2])
    assert first["bytes"] > 6 * 15_000
    assert is_fine(by_age)
    by_age.turn(61_000_000_000)
    assert find_due(by_age.directory, by_age.settings, by_age.now) is None


def test_what_is_too_much_goes(by_size: Kept) -> None:
    """As many of the oldest as it takes."""
    sizes = [
        (by_size.directory.path / s.name).stat().st_size for s in segments_in(by_size.directory)
    ]
    before = firsts(by_size)
    due = find_due(by_size.directory, by_size.settings, by_size.now)
    assert due is not None
    count = len(due.segments)
    assert sum(sizes[count:]) <= MIB < sum(sizes[count - 1 :])
    assert (due.until, due.reason, due.size) == (before[count], "size", sum(sizes[:count]))
    by_size.until(lambda: firsts(by_size)[0] == before[count])
    assert [fields["reason"] for _, fields in by_size.ours("prune")] == ["size"]
    assert is_fine(by_size)


def test_what_goes_while_it_is_verified(by_size: Kept) -> None:
    """It begins anew with what is there then."""
    before = firsts(by_size)

    def prune(_number: int, _done: int) -> None:
        by_size.until(lambda: firsts(by_size)[0] > before[1])

    report = verify_log(by_size.directory, Trust(seed=by_size.seed), prune).report(by_size.now_ns)
    assert report.first > before[1]
    assert report.verdict in FINE


def test_what_others_take_while_it_is_verified(by_size: Kept) -> None:
    """Is nothing of which something could be said."""
    _, taken, *_ = segments_in(by_size.directory)

    def take(_number: int, _done: int) -> None:
        changeable(by_size.directory.path)
        for form in (taken, taken.twin):
            (by_size.directory.path / form.name).unlink(missing_ok=True)

    with pytest.raises(BadLog, match="it is gone"):
        verify_log(by_size.directory, Trust(seed=by_size.seed), take)


def test_two_segments_stay(by_size: Kept) -> None:
    """The newest and the one before, however large or old they are."""
    tiny = by_size.settings.__class__(keep_mib=1, keep_days=1)
    by_size.append(*(["x" * 60_000] * 70))
    by_size.close_segment()
    due = find_due(by_size.directory, tiny, by_size.now)
    assert due is not None
    assert [s.first for s in due.segments] == firsts(by_size)[:-2]
    remove(by_size.directory, due)
    by_size.wait(9 * DAY)
    assert find_due(by_size.directory, tiny, by_size.now) is None


def test_nothing_goes_by_itself(by_age: Kept) -> None:
    """Zero means: for ever."""
    by_age.wait(9999 * DAY)
    settings = by_age.settings.__class__(keep_mib=0, keep_days=0)
    assert find_due(by_age.directory, settings, by_age.now) is None


def test_nothing_goes_before_its_record_is_safe(
    by_age: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the disk doesn't take the record, all stays."""
    before = firsts(by_age)
    with monkeypatch.context() as patch:
        patch.setattr(by_age.log, "sync", lambda stamp: False)
        for _ in range(300):
            by_age.turn()
        assert firsts(by_age) == before
    by_age.until(lambda: firsts(by_age)[0] == before[1])


def test_a_kill_at_any_moment_is_made_good(by_age: Kept, tmp_path: Path) -> None:
    """Each time the log can be verified; the next run ends what was begun, and each rekey record is
    kept once and in order, even where the last was cut off."""
    compress(by_age.directory, compressible(by_age.directory)[0])
    segments = segments_in(by_age.directory)
    until = segments[3].first
    by_age.log.append([control("prune", by_age.now, until=until)], by_age.now)
    assert by_age.log.sync(by_age.now)
    due, step, was_killed = Due(tuple(segments[:3]), until, "size", 0), 0, True
    while was_killed:
        copy = tmp_path / str(step)
        shutil.copytree(by_age.directory.path, copy)
        with closing(Directory(copy)) as directory:
            was_killed = kill_before(step, partial(remove, directory, due))
            assert is_fine(by_age, directory), step
            tear(copy / EPOCHS)
            left = tuple(s for s in segments_in(directory) if s.first < until)
            if left:
                remove(directory, due._replace(segments=left))
            assert segments_in(directory)[0].first == until
        lines = (copy / EPOCHS).read_bytes().splitlines()
        whole = [orjson.loads(line) for line in lines if line.endswith(b"}")]
        assert [event["ttytrace"]["log"]["epoch"] for event in whole] == [1, 2, 3]
        changeable(copy)
        step += 1
    assert step > 30


def tear(path: Path) -> None:
    """Half a line, as a crash leaves it."""
    if path.exists():
        changeable(path.parent)
        with path.open("ab") as file:
            file.write(b'{"@timestamp":"20')
