"""tracer.store.index"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.samples import EXEC, NOW, OUTPUT, SECOND
from tests.stored import StoredLog
from tracer.errors import BadLog
from tracer.model.sealed import End
from tracer.seal.erased import erased_line
from tracer.seal.tree import leaf_hash
from tracer.store import index_file, index_read, index_shard
from tracer.store.compress import compress
from tracer.store.directory import Directory
from tracer.store.index import Index, forget
from tracer.store.query import Query
from tracer.store.search import Searcher
from tracer.store.segments import Segment


@pytest.fixture
def log(tmp_path: Path) -> StoredLog:
    """A log with a segment begun."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    return log


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ten records."""
    monkeypatch.setattr(index_file, "SHARD_RECORDS", 10)
    for module in (index_shard, index_read):
        monkeypatch.setattr(module, "BLOCK_RECORDS", 4)


def show(log: StoredLog, *texts: str, sealed: bool = True) -> list[int]:
    """Each text as a row of its own record."""
    outputs = [OUTPUT._replace(offset=0, data=f"{text}\r\n".encode()) for text in texts]
    return log.add(*outputs, sealed=sealed)


def find(log: StoredLog, query: Query, *, catch_up: bool = True) -> list[int]:
    """What a new process finds."""
    index = Index(Directory(log.path))
    try:
        if catch_up:
            index.catch_up()
        searcher = Searcher(index)
        try:
            return searcher.find(query)
        finally:
            searcher.close()
    finally:
        index.close()


def gaps(log: StoredLog) -> list[str]:
    """Why not everything is recorded, but that the log has ended."""
    index = Index(Directory(log.path))
    index.catch_up()
    searcher = Searcher(index)
    found = [gap.why for gap in searcher.gaps(Query()) if gap.why != "the log ends before"]
    searcher.close()
    index.close()
    return found


def rewrite(path: Path, old: bytes, new: bytes) -> None:
    """Other bytes in a file."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))


def test_only_what_is_sealed_is_in_it(log: StoredLog) -> None:
    """The last lines wait for their seal."""
    (first,) = show(log, "one")
    assert find(log, Query(text="one")) == [first]
    (second,) = show(log, "two", sealed=False)
    assert find(log, Query(text="two")) == []
    log.seal(NOW)
    assert find(log, Query(text="two")) == [second]


def test_a_row_is_followed_over_any_number_of_runs(log: StoredLog) -> None:
    """Each letter of echo is indexed by another process; the row is found whole."""
    for offset, char in enumerate("$ hello"):
        log.add(OUTPUT._replace(offset=offset, data=char.encode()))
        assert find(log, Query(text="hello")) == []
    (last,) = log.add(OUTPUT._replace(offset=7, data=b"\r\n"))
    assert find(log, Query(text='"hello"')) == [last]


def test_an_unfinished_row_is_found_when_it_is_asked_for(log: StoredLog) -> None:
    """With flush, as it is; it may still grow."""
    (first,) = log.add(OUTPUT._replace(offset=0, data=b"$ hel"))
    index = Index(Directory(log.path))
    index.catch_up(flush=True)
    assert find(log, Query(text="hel")) == [first]
    (second,) = log.add(OUTPUT._replace(offset=5, data=b"lo\r\n"))
    assert find(log, Query(text="hello")) == [second]
    index.close()


def test_an_unfinished_row_is_found_by_another_run(log: StoredLog) -> None:
    """Which has not seen it drawn; when it is asked for, or was still for five seconds."""
    (first,) = log.add(OUTPUT._replace(offset=0, data=b"$ halt"))
    assert find(log, Query(text="halt")) == []
    log.add(EXEC._replace(time_ns=NOW + 6 * SECOND))
    assert find(log, Query(text="halt")) == [first]
    (second,) = log.add(OUTPUT._replace(offset=6, data=b"\r\n$ reboot"))
    assert find(log, Query(text="reboot")) == []
    index = Index(Directory(log.path))
    index.catch_up(flush=True)
    index.close()
    assert find(log, Query(text="reboot")) == [second]


def test_a_row_at_the_end_of_a_shard_is_found(log: StoredLog, small_shards: None) -> None:
    """Whoever fills the shard; once."""
    (first,) = log.add(OUTPUT._replace(offset=0, data=b"$ halt"))
    assert find(log, Query(text="halt")) == []
    log.add(*[EXEC] * 10)
    assert find(log, Query(text="halt")) == [first]
    log.add(OUTPUT._replace(offset=6, data=b"\r\n"))
    assert find(log, Query(text="halt")) == [first]


def test_compressed_segments_are_read(log: StoredLog) -> None:
    """As plain ones are, from the middle too."""
    show(log, "one")
    first = next((log.path / "log").iterdir())
    (found,) = show(log, "two")
    log.segment(NOW)
    assert find(log, Query(text="two")) == [found]
    compress(Directory(log.path / "log"), Segment(0, False))
    assert not first.exists()
    for shard in (log.path / "index").iterdir():
        shard.unlink()
    assert find(log, Query(text="two")) == [found]


@pytest.mark.parametrize("damage", [b"{]", b"[]", b"{}", b'{"event":{"action":[]}}', b"\xff"])
def test_a_damaged_line_is_a_gap(log: StoredLog, damage: bytes) -> None:
    """It is passed over, and said; what is behind it is found."""
    (before,) = show(log, "one")
    (hit,) = show(log, "two")
    (behind,) = show(log, "three")
    rewrite(next((log.path / "log").iterdir()), log.lines[hit], damage)
    assert find(log, Query(kinds=("text_output",))) == [before, behind]
    assert gaps(log) == ["lines that can't be read"]


def test_records_that_are_missing_are_a_gap(log: StoredLog) -> None:
    """A segment that is short of lines, or gone."""
    show(log, "one")
    first = next((log.path / "log").iterdir())
    second = log.segment(NOW)
    show(log, "two")
    log.segment(NOW)
    (last,) = show(log, "three")
    first.write_bytes(b"".join(first.read_bytes().splitlines(keepends=True)[:-1]))
    second.unlink()
    assert find(log, Query(kinds=("text_output",)))[-1] == last
    assert gaps(log) == ["4 records are missing"]


def test_what_an_erased_record_showed_is_gone(log: StoredLog, small_shards: None) -> None:
    """From the index too, whether it was erased before or after it was indexed."""
    rows = show(log, *(f"secret{number}" for number in range(20)))
    path = next((log.path / "log").iterdir())
    log.segment(NOW)
    assert find(log, Query(text="secret12")) == [rows[12]]
    line = log.lines[rows[12]]
    rewrite(path, line, erased_line(leaf_hash(line)))
    forget(Directory(log.path), rows[12])
    files = [file.read_bytes() for file in (log.path / "index").iterdir()]
    assert not any(b"secret12" in data for data in files)
    for query in (Query(text="secret12"), Query(regex=re.compile("secret12"))):
        assert find(log, query) == []
    assert find(log, Query(text="secret13")) == [rows[13]]
    assert gaps(log) == []


def test_what_retention_removed_is_not_found(log: StoredLog, small_shards: None) -> None:
    """Neither in shards that are gone with it, nor in the one that it begins in."""
    show(log, *(f"row{number}" for number in range(15)))
    first = next((log.path / "log").iterdir())
    log.segment(NOW)
    kept = show(log, "kept")
    assert len(find(log, Query(kinds=("text_output",)))) == 16
    first.unlink()
    assert find(log, Query(kinds=("text_output",))) == kept
    shards = sorted(shard.name for shard in (log.path / "index").glob("*.sqlite"))
    assert shards == ["000000000010.sqlite", "000000000020.sqlite"]


def test_records_that_a_later_segment_repeats_count_once(log: StoredLog) -> None:
    """After an I/O error a segment begins again at the last record that was synced."""
    show(log, "one")
    path = next((log.path / "log").iterdir())
    show(log, "lost on the way")
    assert find(log, Query(text="lost")) == [3]
    (log.path / "log" / "000000000003.jsonl").write_bytes(
        b"".join(line + b"\n" for line in [log.lines[0], log.lines[1], log.lines[4]])
    )
    assert path.exists()
    assert find(log, Query(text="lost")) == []
    assert find(log, Query(text="one")) == [1, 4]
    assert gaps(log) == []


def test_a_file_that_is_no_shard_is_made_again(log: StoredLog) -> None:
    """The index is derived: whatever happened to it, it can be had again."""
    (first,) = show(log, "one")
    find(log, Query())
    shard = log.path / "index" / "000000000000.sqlite"
    shard.write_bytes(b"no database")
    assert find(log, Query(text="one")) == [first]
    with sqlite3.connect(shard) as db:
        db.execute("PRAGMA user_version = 99")
    assert find(log, Query(text="one")) == [first]
    with sqlite3.connect(shard) as db:
        db.execute("UPDATE columns SET data = x'00'")
    assert find(log, Query(text="one")) == [first]
    with sqlite3.connect(shard) as db:
        db.execute("UPDATE terminal SET screen = x'00'")
    show(log, "two")
    with pytest.raises(BadLog, match="index"):
        find(log, Query())
    assert find(log, Query(text="one")) == [first]


def test_a_screen_goes_on_from_shard_to_shard(log: StoredLog, small_shards: None) -> None:
    """A row that is begun in one is found whole in the next; made again or not."""
    text = "a row that takes its time to be written"
    for offset, char in enumerate(text):
        log.add(OUTPUT._replace(offset=offset, data=char.encode()))
    (last,) = log.add(OUTPUT._replace(offset=len(text), data=b"\r\n"))
    assert last > 3 * 10
    assert find(log, Query(text=f'"{text}"')) == [last]
    (log.path / "index" / "000000000020.sqlite").unlink()
    assert find(log, Query(text=f'"{text}"')) == [last]


def test_what_was_erased_is_gone_from_screens(log: StoredLog, small_shards: None) -> None:
    """From those of later shards, too, and from what they bring up."""
    (gone,) = log.add(OUTPUT._replace(offset=0, data=b"secret"))
    path = next((log.path / "log").iterdir())
    for offset in range(30):
        log.add(OUTPUT._replace(offset=6 + offset, data=b"x"))
    log.segment(NOW)
    (last,) = log.add(OUTPUT._replace(offset=36, data=b"\r\n"))
    assert find(log, Query(regex=re.compile("secretx"), limit=1)) == [last]
    rewrite(path, log.lines[gone], erased_line(leaf_hash(log.lines[gone])))
    forget(Directory(log.path), gone)
    assert list((log.path / "index").glob("*.sqlite*")) == []
    assert find(log, Query(regex=re.compile("secret"))) == []
    assert find(log, Query(regex=re.compile("^x+$"), limit=1)) == [last]


def test_another_process_may_add_in_between(log: StoredLog) -> None:
    """Nothing is added twice."""
    here, there = (Index(Directory(log.path)) for _ in range(2))
    for number in range(6):
        show(log, f"row{number}")
        assert (here, there)[number % 2].catch_up() == log.size
    assert len(find(log, Query(text="row3"))) == 1
    here.clear()
    assert there.catch_up() == log.size
    assert len(find(log, Query(text="row3"))) == 1


def test_killed_at_any_moment_it_goes_on(log: StoredLog) -> None:
    """What is found then is the same as without."""
    for number in range(200):
        show(log, *(f"row{number} {nth}" for nth in range(20)))
    code = (
        "import sys; from pathlib import Path; from tracer.store.index import Index;"
        "import tracer.store.index as i; i._BATCH_RECORDS = 300;"
        "from tracer.store.directory import Directory;"
        "index = Index(Directory(Path(sys.argv[1])));"
        "print(flush=True); index.catch_up()"
    )
    for delay in (0.01, 0.05, 0.09):
        child = subprocess.Popen([sys.executable, "-c", code, log.path], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.read(1)
        time.sleep(delay)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
    assert len(find(log, Query(text="row150", limit=0))) == 20
    assert find(log, Query(kinds=("text_output",), limit=0)) == [
        number for number, line in enumerate(log.lines) if b'"text_output"' in line
    ]


def test_a_place_that_can_not_be_written(tmp_path: Path) -> None:
    """Is an error that names it."""
    log = StoredLog(tmp_path / "log")
    (log.path / "index").write_bytes(b"")
    with pytest.raises(BadLog, match="index"):
        Index(Directory(log.path))


def test_an_empty_log_has_an_empty_index(tmp_path: Path) -> None:
    """Before its first segment, too."""
    log = StoredLog(tmp_path / "log")
    assert find(log, Query()) == []
    index = Index(Directory(log.path))
    assert index.catch_up() == 0
    index.close()


def test_how_runs_ended_is_known(log: StoredLog) -> None:
    """Stopped, or crashed; the time in between is no one's."""
    log.log("start", NOW)
    log.log("stop", NOW + SECOND)
    assert gaps(log) == []
    log.segment(NOW + 60 * SECOND)
    log.log("start", NOW + 60 * SECOND)
    log.segment(NOW + 90 * SECOND, End.TORN)
    log.log("start", NOW + 90 * SECOND)
    log.add(EXEC)
    assert gaps(log) == ["not running (stopped)", "not running (torn)"]


@pytest.mark.parametrize("name", ["lock", "000000000000.sqlite"])
def test_a_directory_where_a_file_should_be(log: StoredLog, name: str) -> None:
    """An error that names the place."""
    (log.path / "index" / name).mkdir(parents=True)
    with closing(Index(Directory(log.path))) as index, pytest.raises(BadLog, match="index"):
        index.clear()
