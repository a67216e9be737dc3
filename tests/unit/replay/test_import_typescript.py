"""tracer/replay/import_typescript.py"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.replay.imports import (
    events,
    first_line,
    from_each_place,
    reasons,
    shown,
    source,
    typed,
)
from tracer.replay.import_typescript import Typescript, is_timing, is_typescript
from tracer.replay.recording import Gap, Output, Resized, Typed

MS = 1_000_000
HEAD = (
    b'Script started on 2026-11-21 23:52:13+00:00 [COMMAND="sh x" TERM="xterm" '
    b'TTY="/dev/pts/1" COLUMNS="90" LINES="30"]\n'
)
TAIL = b'\nScript done on 2026-11-21 23:52:14+00:00 [COMMAND_EXIT_CODE="0"]\n'
OLD = b"0.002 6\n0.250 4\n"
NEW = b"""H 0.000000 START_TIME 2026-11-21 23:52:14+00:00
H 0.000000 COLUMNS 100
H 0.000000 LINES 40
H 0.000000 COMMAND sh y
H 0.000000 OUTPUT_LOG new
H 0.000000 INPUT_LOG %s
O 0.002 6
S 0.1 SIGWINCH ROWS=50 COLS=120
I 0.1 3
O 0.05 4
H 0.000000 DURATION 0.252
"""
APART, TOGETHER = NEW % b"other", NEW % b"new"


def made(tmp_path: Path, data: bytes, timing: bytes | None) -> Typescript:
    times = None if timing is None else source(tmp_path / "file.timing", timing)
    return Typescript(source(tmp_path / "file", data), times)


def test_the_old_format(tmp_path: Path) -> None:
    """A delay and a number of bytes in each line."""
    reader = made(tmp_path, HEAD + b"one\r\ntwo\r\n" + TAIL, OLD)
    assert (reader.columns, reader.rows, reader.title) == (90, 30, "sh x")
    assert reader.start_ns == 1_795_305_133_000_000_000
    assert events(reader) == [Output(2 * MS, b"one\r\nt"), Output(252 * MS, b"wo\r\n")]


def test_several_streams(tmp_path: Path) -> None:
    """The timing's header is the one that counts; input of another file has but its size."""
    reader = made(tmp_path, HEAD + b"one\r\ntwo\r\n" + TAIL, APART)
    assert (reader.columns, reader.rows, reader.title) == (100, 40, "sh y")
    assert reader.start_ns == 1_795_305_134_000_000_000
    assert events(reader) == [
        Output(2 * MS, b"one\r\nt"),
        Resized(102 * MS, 120, 50),
        Typed(202 * MS, 3, None, ()),
        Output(252 * MS, b"wo\r\n"),
    ]


def test_both_streams_in_one_file(tmp_path: Path) -> None:
    """What was typed is no output."""
    found = events(made(tmp_path, HEAD + b"one\r\ntls\rwo\r\n" + TAIL, TOGETHER))
    assert shown(found) == b"one\r\ntwo\r\n"
    assert typed(found) == [b"ls\r"]
    assert not reasons(found)


@pytest.mark.parametrize("timing", [OLD, APART, TOGETHER, None], ids="old apart one none".split())
def test_it_can_be_read_on_from_each_place(tmp_path: Path, timing: bytes | None) -> None:
    """With its bytes and times."""
    from_each_place(made(tmp_path, HEAD + b"one\r\ntwo\r\nmore\r\n" + TAIL, timing))


def test_without_timing_all_is_shown_at_once(tmp_path: Path) -> None:
    """And nothing that script says itself."""
    reader = made(tmp_path, HEAD + b"x" * 100_000 + TAIL, None)
    found = events(reader)
    assert shown(found) == b"x" * 100_000
    assert {event.at_ns for event in found} == {0}


def test_a_typescript_that_ends_too_early(tmp_path: Path) -> None:
    """It is told how much is missing."""
    reader = made(tmp_path, HEAD + b"one\r\nt" + b"w", OLD)
    assert events(reader)[1:] == [
        Output(252 * MS, b"w"),
        Gap(252 * MS, None, 3, "the typescript ends before its timing"),
    ]


def test_a_timing_that_ends_too_early(tmp_path: Path) -> None:
    """What it doesn't tell of is shown at its end."""
    found = events(made(tmp_path, HEAD + b"one\r\ntwo\r\n" + TAIL, OLD[:-3]))
    assert reasons(found) == [
        "the file ends within line 2", "the timing ends before the typescript",
    ]  # fmt: skip
    assert shown(found) == b"one\r\ntwo\r\n"


@pytest.mark.parametrize(
    "line",
    [
        b"", b"x", b"0.1", b"0.1 -5", b"-0.1 5", b"nan 5", b"inf 5", b"1e9 5", b"0.1 5x",
        b"O 0.1 x", b"X 0.1 5", b"999999999999 5", b"O 0.1 " + b"9" * 3000, b"\0",
        b"S 0.1 SIGWINCH ROWS=0 COLS=80", b"S 0.1 SIGWINCH ROWS=999999 COLS=80", b"O" * 9000,
    ],
)  # fmt: skip
def test_a_line_that_can_not_be_read_is_a_gap(tmp_path: Path, line: bytes) -> None:
    """And the others count on."""
    first, second = OLD.splitlines(keepends=True)
    found = events(made(tmp_path, HEAD + b"one\r\ntwo\r\n" + TAIL, first + line + b"\n" + second))
    assert reasons(found) == ["line 2 can't be read"]
    assert shown(found) == b"one\r\ntwo\r\n"


def test_more_than_a_file_can_hold_is_no_output(tmp_path: Path) -> None:
    """Nor memory that is asked for."""
    found = events(made(tmp_path, HEAD + b"one", b"0.1 999999999999999\nI 0.1 999999999999999\n"))
    assert shown(found) == b"one"
    assert reasons(found) == ["the typescript ends before its timing"]


def test_signals_that_are_no_size_say_nothing(tmp_path: Path) -> None:
    """Such as script's own end."""
    assert events(made(tmp_path, HEAD, b"S 0.1 SIGTERM\n")) == []


@pytest.mark.parametrize("data", [b"", HEAD[:-1], HEAD + TAIL, b"Script started on \xff\0", TAIL])
@pytest.mark.parametrize("timing", [None, OLD, b""])
def test_hardly_anything(tmp_path: Path, data: bytes, timing: bytes | None) -> None:
    """Shows hardly anything."""
    assert len(shown(events(made(tmp_path, data, timing)))) <= len(TAIL)


def test_what_they_begin_like(tmp_path: Path) -> None:
    """Both of the files."""
    assert is_typescript(source(tmp_path / "a", HEAD))
    assert not is_typescript(source(tmp_path / "a", b"Script"))
    assert is_timing(first_line(source(tmp_path / "a", OLD)))
    assert is_timing(first_line(source(tmp_path / "a", NEW)))
    assert not is_timing(first_line(source(tmp_path / "a", HEAD)))
