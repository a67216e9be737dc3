"""Maps by their descriptors, on a real one."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.need import lacking
from tracer.capture.maps import LINEAGE, NUMBER, HashMap, unpreempted
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


def test_nothing_of_a_normal_priority_comes_between() -> None:
    """And afterwards all is as it was."""
    if os.geteuid() != 0:
        lacking("a priority above all needs root")
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    with pytest.raises(ZeroDivisionError), unpreempted():
        assert os.sched_getscheduler(0) == os.SCHED_FIFO
        raise ZeroDivisionError
    assert (os.sched_getscheduler(0), os.sched_getparam(0)) == before


def test_who_may_not_goes_on_without() -> None:
    """A container may have left the capability out."""
    code = "from tracer.capture.maps import unpreempted\nwith unpreempted(): print('done')"
    without = ("setpriv", "--inh-caps=-sys_nice", "--bounding-set=-sys_nice")
    done = subprocess.run([*without, sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"done\n"
