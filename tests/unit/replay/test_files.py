"""tracer/replay/files.py"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.replay.imports import shown, typed
from tests.unit.replay.test_import_asciicast import V1, V2, V3
from tests.unit.replay.test_import_tlog import FIRST, SECOND, THIRD, lines
from tests.unit.replay.test_import_typescript import HEAD, NEW, OLD, TAIL
from tracer.errors import BadRecording
from tracer.replay.files import open_recording
from tracer.replay.recording import Recording

TLOG = lines(FIRST, SECOND, THIRD)
TYPESCRIPT = HEAD + b"one\r\ntwo\r\n" + TAIL
SAMPLES = {"v1": V1, "v2": V2, "v3": V3, "tlog": TLOG, "typescript": TYPESCRIPT}


def output(recording: Recording) -> bytes:
    return shown(recording.events(recording.keyframe(0)))


def opened(path: Path, data: bytes) -> Recording:
    path.write_bytes(data)
    return open_recording(path)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (V1, b"onetwothree"),
        (V2, "héllo\r\nback".encode()),
        (V3, b"onetwo"),
        (TLOG, "héllo".encode() + b"\xff\xfe\r\ntwoend"),
        (TYPESCRIPT, b"one\r\ntwo\r\n"),
    ],
    ids=SAMPLES,
)
def test_each_format_is_recognised(tmp_path: Path, data: bytes, expected: bytes) -> None:
    """By what is in it, whatever its name."""
    assert output(opened(tmp_path / "any name", data)) == expected


def test_a_timing_beside_it_is_found(tmp_path: Path) -> None:
    """Under each of the names that manuals use."""
    assert opened(tmp_path / "file", TYPESCRIPT).duration_ns == 0
    for suffix in (".timing", ".tm"):
        beside = tmp_path / f"file{suffix}"
        beside.write_bytes(OLD)
        assert open_recording(tmp_path / "file").duration_ns == 252_000_000
        beside.unlink()


def test_a_timing_can_be_named(tmp_path: Path) -> None:
    """A typescript without a first line of its own loses its first line, as by scriptreplay."""
    (tmp_path / "times").write_bytes(OLD)
    (tmp_path / "file").write_bytes(b"lost\n" + b"one\r\ntwo\r\n")
    recording = open_recording(tmp_path / "file", tmp_path / "times")
    assert (output(recording), recording.duration_ns) == (b"one\r\ntwo\r\n", 252_000_000)


def test_no_file_that_was_not_named_is_opened(tmp_path: Path) -> None:
    """Whatever a timing says where the input is."""
    (tmp_path / "other").write_bytes(b"secret")
    (tmp_path / "file.timing").write_bytes(NEW % str(tmp_path / "other").encode())
    recording = opened(tmp_path / "file", TYPESCRIPT)
    assert typed(recording.events(recording.keyframe(0))) == [None]


def test_a_fifo_beside_it_is_no_timing(tmp_path: Path) -> None:
    """Nobody is kept by it."""
    import os

    os.mkfifo(tmp_path / "file.timing")
    assert opened(tmp_path / "file", TYPESCRIPT).duration_ns == 0


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"\n", "this is no recording"),
        (b"\x7fELF\0\0", "this is no recording"),
        (b"{" * 5000, "this is no recording"),
        (b'{"version": 9}\n', "asciicast 9 is not known here"),
        (OLD, "name its typescript"),
        (NEW, "name its typescript"),
    ],
)
def test_what_is_no_recording_says_so(tmp_path: Path, data: bytes, reason: str) -> None:
    """And which formats there are."""
    with pytest.raises(BadRecording, match=reason) as raised:
        opened(tmp_path / "file", data)
    assert "asciicast" in str(raised.value)
    assert raised.value.exit_code == 65


# ---- any bytes ----


def played(path: Path, data: bytes, timing: bytes | None = None) -> None:
    """As a recording whose times never go back, or not at all."""
    beside = path.with_name(f"{path.name}.timing")
    if timing is None:
        beside.unlink(missing_ok=True)
    else:
        beside.write_bytes(timing)
    try:
        recording = opened(path, data)
    except BadRecording:
        return
    start = recording.keyframe(0)
    assert (start.at_ns, start.screen.columns) == (0, recording.columns)
    times = [event.at_ns for event in recording.events(start)]
    assert times == sorted(times)
    assert not times or times[-1] <= recording.duration_ns
    assert recording.keyframe(recording.duration_ns).at_ns <= recording.duration_ns
    assert [mark.at_ns for mark in recording.marks()] == sorted(
        mark.at_ns for mark in recording.marks()
    )


@pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES)
def test_a_file_that_was_cut_anywhere(tmp_path: Path, data: bytes) -> None:
    """What is left plays, or is no recording."""
    for size in range(len(data)):
        played(tmp_path / "file", data[:size])


@pytest.mark.parametrize("timing", [OLD, NEW % b"new"], ids=["old", "new"])
def test_a_timing_that_was_cut_anywhere(tmp_path: Path, timing: bytes) -> None:
    """All of the typescript plays."""
    for size in range(len(timing)):
        (tmp_path / "file.timing").write_bytes(timing[:size])
        assert b"one" in output(opened(tmp_path / "file", TYPESCRIPT))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
EVENT_LINES = st.lists(
    st.tuples(
        st.one_of(st.integers(), st.floats(), JSON_VALUES),
        st.sampled_from("oirmxo") | JSON_VALUES,
        st.text() | JSON_VALUES,
    ),
    max_size=8,
)
QUIET = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUIET
@given(st.sampled_from(list(SAMPLES.values())), st.data())
def test_a_file_that_was_damaged(tmp_path: Path, sample: bytes, data: st.DataObject) -> None:
    """Some bytes are others, more or less."""
    start = data.draw(st.integers(0, len(sample)))
    end = data.draw(st.integers(start, min(len(sample), start + 20)))
    bytes_ = data.draw(st.binary(max_size=20))
    timing = data.draw(st.sampled_from([None, OLD, NEW, NEW % b"new"]))
    played(tmp_path / "file", sample[:start] + bytes_ + sample[end:], timing)


@QUIET
@given(st.sampled_from([b"", V2[:80], HEAD, TLOG[:50]]), st.binary(), st.none() | st.binary())
@example(b"", b"[1]\n[2]", None)
def test_any_bytes(tmp_path: Path, head: bytes, tail: bytes, timing: bytes | None) -> None:
    """Are a recording or none."""
    played(tmp_path / "file", head + tail, timing)


@QUIET
@given(JSON_VALUES, JSON_VALUES, EVENT_LINES, st.sampled_from([1, 2, 3]))
def test_any_values(
    tmp_path: Path, width: object, term: object, found: list[object], version: int
) -> None:
    """Where the format wants others."""
    header = {"version": version, "width": width, "height": 24, "term": term, "stdout": found}
    rows = [json.dumps(row).encode() for row in (header, *found)]
    played(tmp_path / "file", b"\n".join(rows))


@QUIET
@given(st.sampled_from(sorted(FIRST)), JSON_VALUES, st.text("0123456789+<>[]/=x", max_size=30))
def test_any_message(tmp_path: Path, name: str, value: object, timing: str) -> None:
    """Of tlog."""
    second = SECOND | {"timing": timing} | {name: value}
    rows = [json.dumps(row).encode() for row in (FIRST, second, THIRD)]
    played(tmp_path / "file", b"\n".join(rows))
