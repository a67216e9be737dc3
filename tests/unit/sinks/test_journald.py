"""Entries as journald reads them; a real one is in tests/log/test_sinks.py."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.escape_vectors import VECTORS
from tests.unit.sinks.delivered import exec_of
from tracer.sinks.driver import Record
from tracer.sinks.journald import Journal, entry_of


@pytest.fixture
def server(tmp_path: Path) -> Iterator[socket.socket]:
    """Where entries come in."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "socket"))
        yield server


def parsed(entry: bytes) -> dict[str, bytes]:
    """As the protocol says: a name, a newline, the length, the value, a newline."""
    fields: dict[str, bytes] = {}
    while entry:
        name, _, rest = entry.partition(b"\n")
        end = 8 + int.from_bytes(rest[:8], "little")
        assert rest[end : end + 1] == b"\n"
        assert name.decode() not in fields
        fields[name.decode()], entry = rest[8:end], rest[end + 1 :]
    return fields


@pytest.mark.parametrize("hostile", VECTORS.values(), ids=VECTORS)
def test_nothing_captured_makes_a_field(hostile: bytes) -> None:
    """The fields are those of any exec, each can be printed, and the JSON has the same value."""
    record = exec_of(hostile)
    fields = parsed(entry_of(record))
    assert fields.keys() == parsed(entry_of(exec_of(b"-l"))).keys()
    assert all(value.decode().isprintable() for value in fields.values())
    assert orjson.loads(fields["TTYTRACE_JSON"]) == record.event


def test_claims_are_named() -> None:
    """What only tmux says."""
    assert parsed(entry_of(exec_of(b"-l")))["TTYTRACE_CLAIMED"] == b"session window pane"


def test_an_entry_is_a_datagram(server: socket.socket, tmp_path: Path) -> None:
    """Nothing waits behind it."""
    journal = Journal(str(tmp_path / "socket"))
    journal.send(exec_of(b"-l"))
    journal.flush()
    assert parsed(server.recv(1 << 16))["TTYTRACE_ACTION"] == b"exec"
    assert journal.unsettled() is None
    journal.close()


def test_a_large_entry_is_a_sealed_file(server: socket.socket, tmp_path: Path) -> None:
    """As no datagram could carry it."""
    journal, large = Journal(str(tmp_path / "socket")), exec_of(b"-l")
    journal.send(Record(1, large.line[:-2] + b',"x":"' + b"y" * 600_000 + b'"}\n', large.event))
    data, descriptors, _, _ = socket.recv_fds(server, 1 << 16, 1)
    assert data == b""
    with os.fdopen(descriptors[0], "rb") as file:
        file.seek(0)
        assert len(parsed(file.read())["TTYTRACE_JSON"]) > 600_000
    journal.close()


def test_without_a_journal_it_fails(tmp_path: Path) -> None:
    """At once."""
    with pytest.raises(FileNotFoundError):
        Journal(str(tmp_path / "none"))


def test_a_journal_that_went_is_noticed(server: socket.socket, tmp_path: Path) -> None:
    """With the next record."""
    journal = Journal(str(tmp_path / "socket"))
    server.close()
    with pytest.raises(ConnectionRefusedError):
        journal.send(exec_of(b"-l"))
    journal.close()
