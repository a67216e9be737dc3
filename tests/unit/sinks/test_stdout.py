"""Lines to a pipe, or to whatever the service has for standard output."""

from __future__ import annotations

import os
from collections.abc import Iterator

import orjson
import pytest

from tests.escape_vectors import VECTORS
from tests.unit.sinks.delivered import exec_of
from tracer.sinks import stdout as module
from tracer.sinks.driver import Record
from tracer.sinks.stdout import Stdout

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    reader, writer = os.pipe()
    yield reader, writer
    os.close(writer)
    os.close(reader)


@pytest.mark.parametrize("hostile", VECTORS.values(), ids=VECTORS)
def test_nothing_captured_is_obeyed(hostile: bytes, pipe: Pipe) -> None:
    """The line is one, can be printed, and has the same value."""
    record, stdout = exec_of(hostile), Stdout(pipe[1])
    stdout.send(record)
    stdout.flush()
    line = os.read(pipe[0], 1 << 16).decode()[1:]
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert orjson.loads(line) == record.event
    assert stdout.unsettled() is None


def test_a_reader_that_went_is_an_error() -> None:
    """And no signal."""
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        Stdout(writer).send(exec_of(b"-l"))
    os.close(writer)


def test_a_line_that_was_begun_is_ended(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that did not read, and reads again, gets each once."""
    monkeypatch.setattr(module, "WAIT_S", 0.05)
    stdout, small = Stdout(pipe[1]), exec_of(b"-l", 2)
    large = Record(1, small.line[:-2] + b',"x":"' + b"y" * 200_000 + b'"}\n', small.event)
    with pytest.raises(TimeoutError):
        stdout.send(large)
    stdout.close()
    data = b""
    for record in (large, small):
        while True:
            try:
                stdout.send(record)
                break
            except TimeoutError:
                data += os.read(pipe[0], 1 << 16)
    while not data.endswith(large.line + small.line):
        data += os.read(pipe[0], 1 << 16)
    assert data == b"\n" + large.line + small.line


def test_what_a_killed_worker_began_is_ended(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one sends that record again, on a line of its own."""
    monkeypatch.setattr(module, "WAIT_S", 0.05)
    small = exec_of(b"-l")
    large = Record(1, small.line[:-2] + b',"x":"' + b"y" * 200_000 + b'"}\n', small.event)
    with pytest.raises(TimeoutError):
        Stdout(pipe[1]).send(large)
    assert not os.read(pipe[0], 1 << 20).endswith(b"\n")
    Stdout(pipe[1]).send(small)
    assert os.read(pipe[0], 1 << 16) == b"\n" + small.line
