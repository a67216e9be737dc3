"""tracer/replay/import_asciicast.py"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.replay.imports import events, first_line, from_each_place, reasons, shown, source
from tracer.errors import BadRecording
from tracer.replay.import_asciicast import Asciicast, AsciicastV1, asciicast
from tracer.replay.recording import Gap, Mark, Output, Resized, Typed

SECOND = 1_000_000_000
V2 = b"""{"version": 2, "width": 90, "height": 30, "timestamp": 1795305138, "title": "a title"}
[0.25, "o", "h\xc3\xa9llo\\r\\n"]
[0.5, "i", "ls\\r"]
[0.5, "r", "100x40"]

[1.0, "x-own", {"any": "thing"}]
[1.5, "m", "here"]
[1.25, "o", "back"]
"""
V3 = b"""{"version": 3, "term": {"cols": 90, "rows": 30, "type": "xterm"}, "command": "sh"}
# a comment
[0.25, "o", "one"]
[0.25, "z", "unknown"]
[0.5, "o", "two"]
[0, "x", "0"]
"""
V1 = b"""{
  "version": 1, "width": 90, "height": 30, "duration": 1.5, "title": null, "env": {},
  "stdout": [[0.25, "one"], [0.5, "two"], ["x", "bad"], [0.25, "three"]]
}
"""


def made(tmp_path: Path, data: bytes) -> Asciicast | AsciicastV1:
    opened = source(tmp_path / "a.cast", data)
    found = asciicast(opened, first_line(opened))
    assert found is not None
    return found


def test_version_2(tmp_path: Path) -> None:
    """Times count from the beginning; what is unknown is passed over."""
    reader = made(tmp_path, V2)
    assert (reader.columns, reader.rows, reader.title) == (90, 30, "a title")
    assert reader.start_ns == 1_795_305_138 * SECOND
    assert events(reader) == [
        Output(SECOND // 4, "héllo\r\n".encode()),
        Typed(SECOND // 2, 3, b"ls\r", ()),
        Resized(SECOND // 2, 100, 40),
        Mark(SECOND * 3 // 2, "marker", "here"),
        Output(SECOND * 3 // 2, b"back"),
    ]


def test_version_3(tmp_path: Path) -> None:
    """Times count from one event to the next, known or not."""
    reader = made(tmp_path, V3)
    assert (reader.columns, reader.rows, reader.title) == (90, 30, "sh")
    assert events(reader) == [Output(SECOND // 4, b"one"), Output(SECOND, b"two")]


def test_version_1(tmp_path: Path) -> None:
    """One document; its frames have delays."""
    reader = made(tmp_path, V1)
    assert (reader.columns, reader.rows, reader.title) == (90, 30, "a.cast")
    assert events(reader) == [
        Output(SECOND // 4, b"one"),
        Output(SECOND * 3 // 4, b"two"),
        Gap(SECOND * 3 // 4, None, None, "frame 3 can't be read"),
        Output(SECOND, b"three"),
    ]


@pytest.mark.parametrize("data", [V1, V2, V3], ids="V1 V2 V3".split())
def test_it_can_be_read_on_from_each_place(tmp_path: Path, data: bytes) -> None:
    """With its times."""
    from_each_place(made(tmp_path, data))


@pytest.mark.parametrize(
    "line",
    [
        b"no JSON", b"{}", b"[]", b'[1, "o"]', b'[1, 2, "x"]', b'["1", "o", "x"]',
        b'[-1, "o", "x"]',
        b'[1e400, "o", "x"]', b'[NaN, "o", "x"]', b'[1, "o", 5]', b'[1, "o", "\\ud800"]',
        b'[1, "r", "0x10"]', b'[1, "r", "99999x24"]', b'[1, "r", "wide"]', b'[1, "m", null]',
        b"[" * 100_000, b'[1, "o", "' + b"x" * 2000,
    ],
)  # fmt: skip
def test_a_line_that_can_not_be_read_is_a_gap(tmp_path: Path, line: bytes) -> None:
    """And the others are played."""
    header, first, *rest = V2.splitlines(keepends=True)
    found = events(made(tmp_path, b"".join((header, first, line, b"\n", *rest))))
    assert reasons(found) == ["line 3 can't be read"]
    assert shown(found) == "héllo\r\nback".encode()


def test_a_damaged_event_keeps_its_time(tmp_path: Path) -> None:
    """Those behind it come no earlier for that."""
    data = V3.replace(b'"z", "unknown"', b'"r", "0x0"')
    assert events(made(tmp_path, data))[-1] == Output(SECOND, b"two")


def test_bytes_that_are_no_text_are_shown_as_such(tmp_path: Path) -> None:
    """Rather than losing the line."""
    reader = made(tmp_path, V2.replace(b"\xc3\xa9", b"\xff\0".replace(b"\0", b"")))
    assert shown(events(reader)).decode() == "h\ufffdllo\r\nback"


def test_the_end_of_a_file_that_was_cut(tmp_path: Path) -> None:
    """It is said where; a last line that only lacks its newline is whole."""
    assert reasons(events(made(tmp_path, V2[:-10]))) == ["the file ends within line 8"]
    assert reasons(events(made(tmp_path, V2[:-1]))) == []


@pytest.mark.parametrize(
    "header",
    [
        b'{"version": 2}', b'{"version": 2, "width": 0, "height": 1000000000}',
        b'{"version": 3, "term": [1]}',
        b'{"version": 2, "width": "80", "height": null, "title": 7}',
    ],
)  # fmt: skip
def test_a_header_without_a_size(tmp_path: Path, header: bytes) -> None:
    """Is one of 80 to 24."""
    reader = made(tmp_path, header)
    assert (reader.columns, reader.rows, reader.title) == (80, 24, "a.cast")


def test_a_version_to_come_is_refused(tmp_path: Path) -> None:
    """Nobody knows what its events mean."""
    with pytest.raises(BadRecording, match="asciicast 4 is not known"):
        made(tmp_path, b'{"version": 4}\n[1, "o", "x"]\n')


def test_a_damaged_document_is_refused(tmp_path: Path) -> None:
    """Of version 1 there is nothing between all and nothing."""
    with pytest.raises(BadRecording, match="damaged"):
        made(tmp_path, V1[:-5])
    assert events(made(tmp_path, json.dumps({"version": 1, "stdout": 5}).encode())) == []


@pytest.mark.parametrize("data", [b"", b"text\n", b"[]\n", b'{"a": 1}\n', b'{"version": "2"}\n'])
def test_what_is_none(tmp_path: Path, data: bytes) -> None:
    """Is left to others."""
    opened = source(tmp_path / "file", data)
    assert asciicast(opened, first_line(opened)) is None
