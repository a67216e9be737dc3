"""A record's text goes from every file of the log; its hash stays, and a record says so."""

from __future__ import annotations

import shutil
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import orjson
import pytest
import pyzstd

from tests.attributes import changeable
from tests.crash import kill_before
from tests.keeping import Kept, output
from tracer.errors import NotErased
from tracer.seal.erased import erased_line
from tracer.seal.report import Verdict
from tracer.seal.tree import leaf_hash
from tracer.store.compress import compress, compressible
from tracer.store.directory import Directory
from tracer.store.erase import erase, find, kept_of, take_out
from tracer.store.index import Index
from tracer.store.segments import segments_in
from tracer.store.tasks import Task

SECRET = "correcthorsebatterystaple"
BY = {"pid": 1, "uid": 0, "loginuid": 1000, "tty": None}


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """A log with a secret in its third record, behind a segment's header and a checkpoint."""
    kept = Kept(tmp_path)
    kept.append("before", SECRET, "behind")
    yield kept
    kept.end()
    kept.release()


def done(kept: Kept, task: Task[None]) -> None:
    """Works on a task to its end; no chores come between."""
    place = kept.housekeeping._place
    for _ in range(10_000):
        if not place.step(task, kept.log, kept.now):
            return
        time.sleep(0.001)
    raise AssertionError("it never ended")


def erased(kept: Kept, index: int) -> None:
    done(kept, erase(kept.housekeeping._place, index, "it is a password", BY))


def index_of_secret(kept: Kept) -> int:
    kept.log.sync(kept.now)
    return next(index for index, line in kept.lines() if SECRET.encode() in line)


def holds_secret(place: Path) -> list[str]:
    """The files in which it stands, plain or compressed."""
    found = []
    for path in filter(Path.is_file, place.rglob("*")):
        content = path.read_bytes()
        if path.suffix == ".zst":
            content = pyzstd.decompress(content)
        if SECRET.encode() in content:
            found.append(path.name)
    return found


def test_the_text_goes_from_a_segment_that_grows(kept: Kept, tmp_path: Path) -> None:
    """It is closed first; the log is as true as before, and goes on."""
    index = index_of_secret(kept)
    assert holds_secret(tmp_path)
    erased(kept, index)
    assert not holds_secret(tmp_path)
    kept.append("later")
    kept.log.sync(kept.now)
    assert kept.verdict() is Verdict.OK
    assert len(segments_in(kept.directory)) == 2


@pytest.mark.parametrize("is_compressed", [False, True])
def test_the_text_goes_from_a_closed_segment(
    kept: Kept, tmp_path: Path, is_compressed: bool
) -> None:
    """In either form; all other lines stay as they were, to the byte."""
    index = index_of_secret(kept)
    kept.close_segment()
    if is_compressed:
        compress(kept.directory, compressible(kept.directory)[0])
    before = dict(kept.lines())
    erased(kept, index)
    after = dict(kept.lines())
    leaf = leaf_hash(before[index])
    assert after[index] == erased_line(leaf)
    assert {n: line for n, line in before.items() if n != index}.items() <= after.items()
    assert segments_in(kept.directory)[0].is_compressed is is_compressed
    assert not holds_secret(tmp_path)
    assert kept.verdict() is Verdict.OK


def test_the_record_says_who_and_why(kept: Kept) -> None:
    """And what stays of the event: nothing that could hold the text."""
    index = index_of_secret(kept)
    leaf = leaf_hash(dict(kept.lines())[index])
    erased(kept, index)
    ((_, fields),) = kept.ours("erase")
    assert fields == {
        "index": index,
        "leaf": b64encode(leaf).decode(),
        "reason": "it is a password",
        "by": BY,
        "kept": {
            "@timestamp": output("")["@timestamp"],
            "event": {"action": "text_output"},
            "user": {"id": "1000"},
            "tmux": {
                "server": {"pid": 900},
                "session": {"id": "$1"},
                "window": {"id": "@2"},
                "pane": {"id": "%3", "pid": 1000},
            },
        },
    }


def test_what_is_kept_has_its_shape() -> None:
    """Of a line that somebody made up too."""
    assert kept_of({"event": [SECRET], "tmux": SECRET, "@timestamp": {SECRET: 1}}) == {
        "@timestamp": None,
        "event": {},
        "user": {},
    }


def test_what_can_not_be_erased_is_refused(kept: Kept) -> None:
    """What the log says of itself, what is erased already, what isn't there; and no record of it
    is made."""
    index = index_of_secret(kept)
    for control in (0, 1):
        with pytest.raises(NotErased, match="about the log itself"):
            erased(kept, control)
    with pytest.raises(NotErased, match="no such record"):
        erased(kept, 10**9)
    with pytest.raises(NotErased, match="retention"):
        find(kept.directory, -1)
    assert kept.ours("erase") == []
    erased(kept, index)
    with pytest.raises(NotErased, match="erased already"):
        erased(kept, index)
    assert len(kept.ours("erase")) == 1


def test_nothing_is_taken_out_before_its_record_is_safe(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """While the disk doesn't take the record, the text stays."""
    index = index_of_secret(kept)
    kept.close_segment()
    monkeypatch.setattr(kept.log, "sync", lambda stamp: False)
    task, place = erase(kept.housekeeping._place, index, "", BY), kept.housekeeping._place
    for _ in range(30):
        assert place.step(task, kept.log, kept.now)
        time.sleep(0.001)
    assert holds_secret(tmp_path)
    task.close()


def test_a_segment_that_can_not_be_closed_is_not_touched(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is being written: a copy would miss what comes meanwhile."""
    index = index_of_secret(kept)
    monkeypatch.setattr(kept.log, "rotate", lambda stamp: None)
    with pytest.raises(NotErased, match="closed"):
        erased(kept, index)


def test_a_torn_end_stays(kept: Kept) -> None:
    """The bytes behind the last record are evidence: they stay as they are."""
    index = index_of_secret(kept)
    kept.end()
    path = kept.directory.path / segments_in(kept.directory)[-1].name
    changeable(path.parent)
    path.chmod(0o600)
    torn = orjson.dumps(output("torn"))[:-30]
    with path.open("ab") as file:
        file.write(torn)
    kept.begin()
    erased(kept, index)
    assert path.read_bytes().endswith(b"\n" + torn)
    assert kept.verdict() is Verdict.INCOMPLETE


def test_the_index_forgets_it(kept: Kept, tmp_path: Path) -> None:
    """At once, and when it is made again; the records beside it are found again."""
    index = index_of_secret(kept)
    with closing(Directory(tmp_path / "log")) as log, closing(Index(log)) as indexed:
        indexed.catch_up(flush=True)
        assert len(holds_secret(tmp_path)) > 1
        erased(kept, index)
        assert not holds_secret(tmp_path)
        kept.log.sync(kept.now)
        assert indexed.catch_up(flush=True) == kept.log.size
        assert not holds_secret(tmp_path)


def test_the_index_forgets_what_was_erased_already(kept: Kept, tmp_path: Path) -> None:
    """A crash came between the log and the index; whoever erases again is refused, and heard."""
    index = index_of_secret(kept)
    kept.close_segment()
    with closing(Directory(tmp_path / "log")) as log, closing(Index(log)) as indexed:
        indexed.catch_up(flush=True)
        take_out(kept.directory, find(kept.directory, index))
        assert holds_secret(tmp_path)
        with pytest.raises(NotErased, match="already"):
            erased(kept, index)
        assert not holds_secret(tmp_path)


def test_a_kill_at_any_moment_leaves_it_or_takes_it(kept: Kept, tmp_path: Path) -> None:
    """The log is fine each time; and once it was erased again, the text is gone for good."""
    found = find(kept.directory, index_of_secret(kept))
    place, leaf = kept.housekeeping._place, b64encode(found.leaf).decode()
    done(kept, place.record("erase", index=found.sequence, leaf=leaf))
    kept.close_segment()
    step, was_killed = 0, True
    while was_killed:
        copy = tmp_path / "copies" / str(step)
        shutil.copytree(kept.directory.path, copy)
        with closing(Directory(copy)) as directory:
            was_killed = kill_before(step, partial(take_out, directory, found))
            assert kept.verdict_of(directory) is Verdict.OK
            if holds_secret(copy):
                take_out(directory, found)
            assert kept.verdict_of(directory) is Verdict.OK
        assert not holds_secret(copy)
        changeable(copy)
        step += 1
    assert step > 8


def test_what_a_crash_left_of_the_segment_goes_too(kept: Kept) -> None:
    """A copy that was half compressed, or wholly, before the plain one went."""
    index = index_of_secret(kept)
    kept.close_segment()
    segment, place = segments_in(kept.directory)[0], kept.directory.path
    plain = (place / segment.name).read_bytes()
    (place / f"{segment.stem}.jsonl.zst").write_bytes(pyzstd.compress(plain))
    (place / f"{segment.stem}.jsonl.zst.tmp").write_bytes(plain)
    assert len(holds_secret(place)) == 3
    erased(kept, index)
    assert not holds_secret(place)
