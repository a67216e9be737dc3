"""The file of lines; a full disk is in tests/log/test_sinks.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.escape_vectors import VECTORS
from tests.unit.sinks.delivered import exec_of
from tracer.codec.log import MAX_LINE_BYTES
from tracer.sinks import file as module
from tracer.sinks.driver import Unusable
from tracer.sinks.file import NdjsonFile

LINE = exec_of(b"-l").line


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir(mode=0o755)
    return tmp_path / "place/events"


def put(file: NdjsonFile, *numbers: int) -> None:
    """Records of these numbers, one write each."""
    for number in numbers:
        file.send(exec_of(b"%05d" % number, number))
        file.flush()


def numbers(path: Path) -> list[int]:
    """Of the records in it."""
    return [int(line.split(b'"args":["ls","')[1][:5]) for line in path.read_bytes().splitlines()]


def test_lines_stand_as_in_the_log(path: Path) -> None:
    """However hostile; nobody else can read them."""
    file = NdjsonFile(path, 1 << 20, 5)
    records = [exec_of(hostile, nth) for nth, hostile in enumerate(VECTORS.values())]
    for record in records:
        file.send(record)
    file.flush()
    assert path.read_bytes() == b"".join(record.line for record in records)
    assert path.stat().st_mode & 0o777 == 0o640
    file.close()


def test_what_waits_or_is_not_synced_may_be_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is synced at times."""
    file = NdjsonFile(path, 1 << 20, 5)
    file.send(exec_of(b"-l", 4))
    assert file.unsettled() == 4
    file.flush()
    assert file.unsettled() is None
    put(file, 5, 6)
    assert file.unsettled() == 5
    monkeypatch.setattr(module.time, "monotonic", lambda: 1e12)
    file.flush()
    assert file.unsettled() is None
    file.close()


def test_a_large_file_is_begun_anew(path: Path) -> None:
    """So many old ones are kept, the newest with the lowest number."""
    file = NdjsonFile(path, 2 * len(LINE), 2)
    put(file, *range(9))
    assert {each.name: numbers(each) for each in path.parent.iterdir()} == {
        "events": [8],
        "events.1": [6, 7],
        "events.2": [4, 5],
    }
    file.close()


def test_without_old_ones_it_is_begun_anew_too(path: Path) -> None:
    """Then what was there is gone."""
    file = NdjsonFile(path, 2 * len(LINE), 0)
    put(file, 1, 2, 3)
    assert {each.name: numbers(each) for each in path.parent.iterdir()} == {"events": [3]}
    file.close()


@pytest.mark.parametrize("way", ["moved", "removed", "emptied"])
def test_another_may_rotate_it(path: Path, way: str) -> None:
    """What comes then is under the name, and what was moved stays as it was."""
    file = NdjsonFile(path, 1 << 20, 5)
    put(file, 1, 2)
    old = path.with_name("old")
    {"moved": lambda: path.rename(old), "removed": path.unlink,
     "emptied": lambda: os.truncate(path, 0)}[way]()  # fmt: skip
    put(file, 3)
    assert numbers(path) == [3]
    assert not old.exists() or numbers(old) == [1, 2]
    file.close()


@pytest.mark.parametrize("whole", [b"", LINE, b"x" * MAX_LINE_BYTES + b"\n"])
def test_a_line_that_a_kill_cut_off_is_gone(path: Path, whole: bytes) -> None:
    """Those before it stay; it comes again, as it was not settled."""
    path.write_bytes(whole + LINE[:-1])
    file = NdjsonFile(path, 1 << 30, 5)
    file.send(exec_of(b"-l"))
    file.flush()
    assert path.read_bytes() == whole + LINE
    file.close()


def test_what_is_longer_than_any_line_is_only_ended(path: Path) -> None:
    """It is not ours, and a look at the file's end stays short."""
    foreign = b"x" * (MAX_LINE_BYTES + 1)
    path.write_bytes(b"\n" + foreign)
    file = NdjsonFile(path, 1 << 20, 5)
    assert path.read_bytes() == b"\n" + foreign + b"\n"
    file.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_the_file_of_another_is_not_cut(path: Path) -> None:
    """What is in it was not begun here."""
    path.write_bytes(b"half")
    os.chown(path, 65534, -1)
    file = NdjsonFile(path, 1 << 20, 5)
    assert path.read_bytes() == b"half\n"
    file.close()


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_where_others_may_write_it_is_not_used(path: Path, mode: int) -> None:
    """They could put another file in its place; the cure is named."""
    path.parent.chmod(mode)
    with pytest.raises(Unusable, match=rf"chown {os.geteuid()} {path.parent} && chmod go-w"):
        NdjsonFile(path, 1 << 20, 5)


@pytest.mark.parametrize("kind", ["link", "second name", "pipe"])
def test_what_is_no_plain_file_is_not_written(path: Path, kind: str) -> None:
    """Whoever put it there."""
    target = path.with_name("target")
    target.touch()
    {"link": lambda: path.symlink_to(target), "second name": lambda: path.hardlink_to(target),
     "pipe": lambda: os.mkfifo(path)}[kind]()  # fmt: skip
    with pytest.raises(OSError):
        NdjsonFile(path, 1 << 20, 5)
    assert target.read_bytes() == b""
