"""What outsiders and accidents tried on whole logs, and how it ends."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.samples import EXEC, HOST, INPUT, OUTPUT, RENAMED, FixedClock, names
from tests.stored import StoredLog
from tests.written import START_NS, Written, note
from tracer.cli.stored import StoredLines
from tracer.codec.ecs import Encoder
from tracer.codec.log import control
from tracer.errors import BadState
from tracer.seal.anchor import Anchor
from tracer.seal.note import Head
from tracer.seal.report import Verdict
from tracer.seal.stage import Sealer, lines_of
from tracer.seal.tree import Frontier, leaf_hash
from tracer.seal.verify import Trust
from tracer.store.check import verify_log
from tracer.store.directory import Directory
from tracer.store.index import Index
from tracer.store.query import Query
from tracer.store.search import Searcher

MANY = 2**64 - 1
ESCAPE = "\x1b]0;title\x07\x9b31m"


def crash(written: Written) -> Path:
    """A run that ends without a stop; its segment."""
    log = written.open()
    log.append([note(1)], written.stamp())
    log.close(written.stamp(1))
    written.remove()
    path = sorted(written.segments.glob("*.jsonl"))[-1]
    path.chmod(0o600)
    return path


# ---- accidents ----


@pytest.mark.parametrize("size", [4096, 3 << 20], ids=["4 KiB", "3 MiB"])
def test_zeros_that_a_power_cut_left_are_no_tampering(written: Written, size: int) -> None:
    """However many there are, before the next run and after it, which goes on."""
    path = crash(written)
    path.write_bytes(path.read_bytes() + bytes(size))
    assert written.verdict() is Verdict.INCOMPLETE
    written.stop(written.open())
    assert written.verdict() is Verdict.INCOMPLETE
    assert written.numbers() == [1]


def test_a_log_without_its_keys_says_so(written: Written) -> None:
    """Not that there is no log, where only the directory of its keys is gone."""
    crash(written)
    shutil.rmtree(written.settings.state)
    with pytest.raises(BadState, match=r"the keys of the log are missing\."):
        written.open()


# ---- a thief of the live keys ----


def test_a_run_ends_the_epoch_of_the_run_before(written: Written) -> None:
    """However short runs are, the keys of one sign nothing of another."""
    for epoch in range(3):
        log = written.open()
        log.tick(written.stamp(1500))
        written.stop(log)
        assert written.keys().ratchet.epoch == epoch
    assert written.verdict() is Verdict.OK


def test_a_past_that_was_made_up_is_warned_of(written: Written) -> None:
    """They say that all before was pruned, which looks as if retention had done it."""
    tree, stamp = Frontier(), written.stamp()
    tree.extend([leaf_hash(b"what never was")] * 5000)
    sealer = Sealer(written.keys(), tree)
    lines = [sealer.segment(stamp, None), sealer.checkpoint(stamp)]
    lines += sealer.add([control("prune", stamp, until=5000)])
    lines.append(sealer.checkpoint(stamp))
    (written.segments / "000000005000.jsonl").write_bytes(lines_of(lines))
    (found,) = written.report().problems
    assert (found.verdict, found.detail) == (Verdict.OK, "all below 5000")


def test_an_anchor_about_what_is_gone_vouches_for_nothing(written: Written) -> None:
    """And it is said that it could not be checked."""
    test_a_past_that_was_made_up_is_warned_of(written)
    trust = Trust(anchors=(Anchor(written.keys().origin, Head(7, bytes(32))),))
    with closing(Directory(written.segments)) as directory:
        report = verify_log(directory, trust, lambda *_: None).report(START_NS + written.now_ns)
    assert report.verdict is Verdict.UNVERIFIABLE
    assert [found.text.split()[:2] for found in report.problems] == [
        ["no", "anchor"],
        ["an", "anchor"],
        ["older", "records"],
    ]


# ---- a log from elsewhere, whose lines anybody may have written ----


@contextmanager
def opened(path: Path) -> Iterator[Index]:
    with closing(Directory(path)) as directory, closing(Index(directory)) as index:
        yield index


def commands(index: Index) -> list[tuple[int, int]]:
    with closing(Searcher(index)) as asking:
        return [(key.server, session.commands) for key, session in asking.sessions(Query())]


def test_an_index_that_came_with_it_reaches_no_terminal(tmp_path: Path) -> None:
    """SQLite keeps text where numbers belong; the shard is made anew then."""
    stored = StoredLog(tmp_path / "log")
    stored.segment(0)
    stored.add(EXEC)
    with opened(stored.path) as index:
        index.catch_up()
        expected = commands(index)
    with closing(sqlite3.connect(stored.path / "index/000000000000.sqlite")) as database:
        database.execute("UPDATE session SET server = ?, commands = ?", (ESCAPE, ESCAPE))
        database.commit()
    with opened(stored.path) as index:
        with pytest.raises(sqlite3.DatabaseError):
            commands(index)
        index.catch_up()
        assert commands(index) == expected != []


def test_lines_of_any_content_are_indexed_and_drawn(tmp_path: Path) -> None:
    """Numbers that no database takes, kinds that no terminal should see."""
    encoder = Encoder(HOST, names, FixedClock())
    renamed, output, typed = (encoder.encode(finding) for finding in (RENAMED, OUTPUT, INPUT))
    renamed["event"]["action"] = ESCAPE
    output["ttytrace"]["io"]["offset"] = MANY
    typed["ttytrace"]["io"]["size"] = MANY
    stored = StoredLog(tmp_path / "log")
    stored.segment(0)
    stored.add_events([renamed, output, typed])
    with opened(stored.path) as index:
        index.catch_up(flush=True)
        with closing(Searcher(index)) as asking:
            found = [asking.found(sequence) for sequence in asking.find(Query())]
            assert len(asking.sessions(Query())) == 1
    lines = StoredLines(Query(), colour=False, width=None)
    drawn = "".join(lines.draw(each) for each in found if each)
    assert "x1b]0;title" in drawn
    assert drawn.isprintable()


def test_many_lines_that_are_none_are_one_gap(tmp_path: Path) -> None:
    """A kilobyte of zstd can hold millions of them: no index grows by a row for each."""
    stored = StoredLog(tmp_path / "log")
    segment = stored.segment(0)
    stored.add(EXEC)
    first = segment.read_bytes()
    segment.write_bytes(first + b"\n" * 3000 + first)
    (segment.parent / "000000009999.jsonl").write_bytes(first)
    with opened(stored.path) as index:
        index.catch_up()
        with closing(Searcher(index)) as asking:
            found = [gap.why for gap in asking.gaps(Query()) if "read" in gap.why]
    assert found == ["lines that can't be read"]
