"""tracer/replay/import_tlog.py"""

from __future__ import annotations

import json
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
from tracer.errors import BadRecording
from tracer.replay.import_tlog import Tlog, tlog
from tracer.replay.recording import Gap, Output, Resized, Typed

MS = 1_000_000
FIRST = {
    "ver": "2.3", "host": "web1", "rec": "a-1", "user": "alice", "term": "xterm",
    "session": 4294967295, "id": 1, "pos": 10, "time": 1_795_305_159.788,
    "timing": "=80x25+1>5]2/2>2+302<2[1/1+10=100x30", "in_txt": "ab\ufffd", "in_bin": [255],
    "out_txt": "héllo\ufffd\ufffd\r\n", "out_bin": [255, 254],
}  # fmt: skip
SECOND = (
    FIRST
    | {"id": 2, "pos": 400, "timing": ">3", "in_txt": "", "in_bin": [], "out_txt": "two"}
    | {"out_bin": []}
)
THIRD = SECOND | {"id": 3, "pos": 500, "out_txt": "end"}


def lines(*messages: dict[str, object]) -> bytes:
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def made(tmp_path: Path, data: bytes) -> Tlog:
    opened = source(tmp_path / "t.log", data)
    found = tlog(opened, first_line(opened))
    assert found is not None
    return found


def test_a_recording(tmp_path: Path) -> None:
    """Text and bytes in the order of time, sizes, and when it began."""
    reader = made(tmp_path, lines(FIRST, SECOND))
    assert (reader.columns, reader.rows, reader.title) == (80, 25, "alice on web1")
    assert reader.start_ns == 1_795_305_159_778_000_000
    assert events(reader) == [
        Resized(10 * MS, 80, 25),
        Output(11 * MS, "héllo".encode()),
        Output(11 * MS, b"\xff\xfe"),
        Output(11 * MS, b"\r\n"),
        Typed(313 * MS, 2, b"ab", ()),
        Typed(313 * MS, 1, b"\xff", ()),
        Resized(323 * MS, 100, 30),
        Output(400 * MS, b"two"),
    ]


def test_it_can_be_read_on_from_each_place(tmp_path: Path) -> None:
    """Between messages."""
    from_each_place(made(tmp_path, lines(FIRST, SECOND, THIRD)))


def test_messages_that_are_missing_are_a_gap(tmp_path: Path) -> None:
    """At the beginning, too."""
    found = events(made(tmp_path, lines(FIRST, THIRD)))
    assert found[-2] == Gap(323 * MS, None, None, "message 2 is missing")
    assert reasons(events(made(tmp_path, lines(THIRD)))) == ["messages 1 to 2 are missing"]


def test_messages_that_came_twice_or_of_others_are_passed_over(tmp_path: Path) -> None:
    """A log has those of many recordings."""
    other = SECOND | {"rec": "b-2", "out_txt": "not"}
    found = events(made(tmp_path, lines(FIRST, other, SECOND, SECOND, FIRST, THIRD)))
    assert shown(found).endswith(b"\r\ntwoend")
    assert not reasons(found)


def test_old_versions(tmp_path: Path) -> None:
    """Version 1 is a number, and has no `rec`, as 2.2 has no `time`."""
    old = {
        name: value
        for name, value in (FIRST | {"ver": 1}).items()
        if name not in ("time", "rec", "in_txt", "in_bin")
    }
    reader = made(tmp_path, lines(old | {"timing": ">5"}))
    assert (reader.start_ns, reader.columns) == (None, 80)
    assert shown(events(reader)) == "héllo".encode()


@pytest.mark.parametrize("version", ["3.0", 3, "", "two", -1])
def test_versions_to_come_are_refused(tmp_path: Path, version: object) -> None:
    """Nobody knows what they mean."""
    with pytest.raises(BadRecording, match="is not known here"):
        made(tmp_path, lines(FIRST | {"ver": version}))


@pytest.mark.parametrize(
    "change",
    [
        {"timing": ">4"}, {"timing": "x"}, {"timing": ">"}, {"timing": "+1" + "0" * 30},
        {"timing": 5}, {"timing": "=0x0"}, {"timing": "=999999x24"}, {"timing": "]1/1"},
        {"out_bin": [1]}, {"out_bin": "x"},
        {"out_bin": [256]}, {"out_bin": [-1]}, {"out_bin": ["a"]}, {"out_txt": None},
        {"pos": "x"}, {"pos": -1}, {"pos": 1e300}, {"pos": True}, {"pos": None},
        {"timing": "+999999999999999"},
    ],
)  # fmt: skip
def test_a_message_that_can_not_be_read_is_a_gap(tmp_path: Path, change: dict[str, object]) -> None:
    """And the next one is played."""
    found = events(made(tmp_path, lines(FIRST, SECOND | change, THIRD)))
    assert reasons(found) == ["line 2 can't be read as it should"]
    assert shown(found).endswith(b"end")


@pytest.mark.parametrize("line", [b"text", b"[1]", b"null", b"[" * 5000, b'{"ver"'])
def test_a_line_that_is_no_message_is_a_gap(tmp_path: Path, line: bytes) -> None:
    """And so is the message that isn't there then."""
    found = events(made(tmp_path, lines(FIRST) + line + b"\n" + lines(THIRD)))
    assert reasons(found) == ["line 2 can't be read", "message 2 is missing"]


def test_text_that_no_time_tells_of(tmp_path: Path) -> None:
    """Is missing from what is shown, which is said."""
    found = events(made(tmp_path, lines(FIRST, SECOND | {"timing": ">2"}, THIRD)))
    assert shown(found).endswith(b"twend")
    assert reasons(found) == ["line 2 can't be read as it should"]


def test_typed_bytes(tmp_path: Path) -> None:
    """All of them, text or not."""
    assert typed(events(made(tmp_path, lines(FIRST)))) == [b"ab", b"\xff"]


@pytest.mark.parametrize(
    "change", [{"ver": None}, {"timing": None}, {"id": "1"}, {"ver": 1.5}, {"ver": []}]
)
def test_what_is_none(tmp_path: Path, change: dict[str, object]) -> None:
    """Is left to others."""
    opened = source(tmp_path / "t.log", lines(FIRST | change))
    assert tlog(opened, first_line(opened)) is None
