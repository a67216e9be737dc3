"""Closed segments become small, and stay the same to the byte, whenever the power goes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.attributes import changeable
from tests.crash import kill_before
from tests.unit.store.test_rewrite import content
from tracer.store.compress import compress, compressible
from tracer.store.directory import Directory
from tracer.store.rewrite import tidy
from tracer.store.segments import Segment, segments_in

LINES = b"".join(b'{"event":%d,"text":"%s"}\n' % (n, b"ab" * (n % 60)) for n in range(5000))
TORN = LINES + b'{"event":5000,"te'


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Directory]:
    for first, plain in ((0, LINES), (5000, TORN), (10000, b""), (10001, LINES)):
        (tmp_path / Segment(first, False).name).write_bytes(plain)
    directory = Directory(tmp_path)
    yield directory
    changeable(tmp_path)
    directory.close()


def test_all_but_the_newest_are_compressed(log: Directory) -> None:
    """Torn and empty ones too, byte for byte; zstd's own command agrees."""
    wanted = {segment.first: content(log, segment) for segment in segments_in(log)}
    for segment in compressible(log):
        compress(log, segment)
    assert [s.is_compressed for s in segments_in(log)] == [True, True, True, False]
    assert {segment.first: content(log, segment) for segment in segments_in(log)} == wanted
    assert len(log.names()) == 4
    assert not compressible(log)
    for segment in segments_in(log)[:-1]:
        path = log.path / segment.name
        subprocess.run(["zstd", "-q", "-t", path], check=True)
        plain = subprocess.run(["zstdcat", path], check=True, capture_output=True).stdout
        assert plain == wanted[segment.first]
    assert (log.path / Segment(0, True).name).stat().st_size < len(LINES) / 8


def test_a_kill_at_any_moment_loses_nothing(log: Directory) -> None:
    """At each step the segment reads the same, and the next run brings it to its end."""
    segment, step = Segment(5000, False), 0
    while kill_before(step, lambda: compress(log, segment)):
        found = segments_in(log)
        assert [s.first for s in found] == [0, 5000, 10000, 10001]
        assert content(log, found[1]) == TORN
        if found[1].is_compressed:  # all that can be missing is that nobody may change it
            (log.path / Segment(5000, False).name).write_bytes(TORN)
        step += 1
    assert step > 8
    for name in ("000000005000.jsonl.zst.tmp", "000000010001.jsonl.zst.tmp"):
        (log.path / name).write_bytes(b"half")
    tidy(log)
    assert log.names() == [s.name for s in segments_in(log)]
    assert content(log, Segment(5000, True)) == TORN


def no_room(fd: int) -> None:
    raise OSError(28, "No space left on device")


def almost_full(fd: int) -> SimpleNamespace:
    return SimpleNamespace(f_bavail=len(LINES) - 1, f_frsize=1)


@pytest.mark.parametrize(("call", "answer"), [("fsync", no_room), ("fstatvfs", almost_full)])
def test_without_room_it_stays_plain(
    log: Directory, call: str, answer: Callable[[int], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read as before, and nothing lies beside it."""
    monkeypatch.setattr(os, call, answer)
    with pytest.raises(OSError, match=r"No space|no room"):
        compress(log, Segment(0, False))
    assert content(log, Segment(0, False)) == LINES
    assert len(log.names()) == 4
