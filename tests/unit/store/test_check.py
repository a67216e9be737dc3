"""A log's files on their way to the verifier."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import pyzstd

from tests.unit.seal.made import SEED, made_log, stamp
from tests.unit.store.test_seekable import pack
from tracer.codec.log import MAX_LINE_BYTES
from tracer.errors import BadLog
from tracer.seal.report import Report, Verdict
from tracer.seal.stage import lines_of
from tracer.seal.verify import Trust
from tracer.store.check import epoch_lines, verify_log
from tracer.store.directory import Directory

CONTENT = lines_of(made_log(1))
NAME = "000000000000.jsonl"


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Directory]:
    opened = Directory(tmp_path)
    yield opened
    opened.close()


def report(directory: Directory) -> Report:
    verifier = verify_log(directory, Trust(seed=SEED), lambda *_: None)
    return verifier.report(stamp(5).wall_ns)


def test_a_segment_plain_or_compressed(directory: Directory) -> None:
    """The same report, and the progress in plain bytes."""
    told: list[tuple[int, int]] = []
    (directory.path / NAME).write_bytes(CONTENT)
    verify_log(directory, Trust(seed=SEED), lambda *now: told.append(now))
    plain = report(directory)
    (directory.path / NAME).unlink()
    pack(directory.path / f"{NAME}.zst", CONTENT)
    assert report(directory) == plain
    assert plain.verdict is Verdict.OK
    assert told[-1] == (0, len(CONTENT) - CONTENT.count(b"\n"))


def test_a_tail_is_told(directory: Directory) -> None:
    """What stands behind the last newline."""
    (directory.path / NAME).write_bytes(CONTENT + b"half")
    assert report(directory).verdict is Verdict.INCOMPLETE


def test_nothing_is_read_behind_what_was_tampered_with(directory: Directory) -> None:
    """Neither of this segment, which may be long, nor of the next ones."""
    told: list[tuple[int, int]] = []
    (directory.path / NAME).write_bytes(b"\n" * (4 << 20))
    (directory.path / "000000009999.jsonl").symlink_to("/dev/zero")
    verifier = verify_log(directory, Trust(seed=SEED), lambda *now: told.append(now))
    assert verifier.report(0).verdict is Verdict.TAMPERED
    assert not told


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_links_are_refused(directory: Directory, link: object) -> None:
    """Nothing is said about a log that isn't one."""
    (directory.path / "elsewhere").write_bytes(CONTENT)
    link(directory.path / "elsewhere", directory.path / NAME)  # type: ignore[operator]
    with pytest.raises(BadLog):
        report(directory)


def test_a_line_of_two_gigabytes(directory: Directory) -> None:
    """Is given up at the longest that a line may be."""
    (directory.path / NAME).write_bytes(CONTENT)
    os.truncate(directory.path / NAME, 2 << 30)
    found = report(directory)
    assert found.verdict is Verdict.TAMPERED
    assert "longer" in found.problems[0].text
    assert found.head.size == CONTENT.count(b"\n")


def test_a_bomb(directory: Directory) -> None:
    """Much in one frame of little zstd."""
    bomb = pyzstd.compress(b"\0" * (64 << 20))
    assert len(bomb) < MAX_LINE_BYTES
    (directory.path / f"{NAME}.zst").write_bytes(bomb)
    assert report(directory).verdict is Verdict.TAMPERED


def test_removed_epochs(directory: Directory) -> None:
    """Whole lines only; there need not be any."""
    assert list(epoch_lines(directory)) == []
    (directory.path / "epochs.jsonl").write_bytes(b"one\ntwo\nhal")
    assert list(epoch_lines(directory)) == [b"one", b"two"]
