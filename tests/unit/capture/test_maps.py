"""Maps by their descriptors, on a real one."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

import pytest

from tests.need import lacking
from tracer.capture.maps import LINEAGE, NUMBER, HashMap
from tracer.probe.syscalls import bpf

pytestmark = pytest.mark.kernel
_MAP_CREATE = 0
_HASH = 1
ROOM = 3


@pytest.fixture
def table() -> Iterator[HashMap]:
    """A hash with room for three."""
    if os.geteuid() != 0:
        lacking("making BPF maps needs root")
    fd = bpf(_MAP_CREATE, struct.pack("=5I", _HASH, NUMBER.size, LINEAGE.size, ROOM, 0))
    yield HashMap(fd, NUMBER, LINEAGE)
    os.close(fd)


def test_what_is_put_in_is_there_until_it_is_taken_out(table: HashMap) -> None:
    """By its key, and among all."""
    rows = {(7,): (1, 2, 3), (8,): (4, 5, 0xFFFFFFFF)}
    for key, value in rows.items():
        table[key] = (0, 0, 0)
        table[key] = value
    assert dict(table.items()) == rows
    assert table[8,] == (4, 5, 0xFFFFFFFF)
    table.discard((7,))
    table.discard((7,))
    assert dict(table.items()) == {(8,): rows[8,]}
    with pytest.raises(KeyError):
        table[7,]


def test_an_empty_one_has_no_items(table: HashMap) -> None:
    """And no error."""
    assert list(table.items()) == []


def test_a_full_one_says_so(table: HashMap) -> None:
    """With the kernel's own number."""
    for number in range(ROOM):
        table[number,] = (0, 0, 0)
    with pytest.raises(OSError, match="Argument list too long"):
        table[ROOM,] = (0, 0, 0)
