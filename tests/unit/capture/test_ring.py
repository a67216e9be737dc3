"""The ring's reader: on pages laid out as the kernel's, and on a real ring."""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.capture.tiny import DISCARD, RING_BYTES, Tiny
from tracer.capture.ring import Counters, MmapRing
from tracer.model.stage import Batch

SIZE = 4096
PAGE = mmap.PAGESIZE


class Pages:
    """A ring in a file, written as kernel/bpf/ringbuf.c writes it; the data is there twice."""

    def __init__(self) -> None:
        self.fd = os.memfd_create("ring")
        os.ftruncate(self.fd, 2 * PAGE + 2 * SIZE)
        self.end = 0

    def put(self, payload: bytes, *, busy: bool = False, discarded: bool = False) -> bool:
        """Appends a record; False where there is no room."""
        length = (len(payload) + 8 + 7) & ~7
        if self.end + length - self.consumed() > SIZE:
            return False
        self.header(self.end, len(payload) | busy << 31 | discarded << 30)
        self._write(self.end + 8, payload)
        self.end += length
        os.pwrite(self.fd, struct.pack("=Q", self.end), PAGE)
        return True

    def header(self, at: int, word: int) -> None:
        self._write(at, struct.pack("=I", word))

    def consumed(self) -> int:
        return struct.unpack("=Q", os.pread(self.fd, 8, 0))[0]

    def _write(self, at: int, data: bytes) -> None:
        before_wrap = SIZE - at % SIZE
        for copy in (0, SIZE):
            os.pwrite(self.fd, data[:before_wrap], 2 * PAGE + copy + at % SIZE)
            os.pwrite(self.fd, data[before_wrap:], 2 * PAGE + copy)


@contextmanager
def pages() -> Iterator[tuple[Pages, MmapRing]]:
    kernel = Pages()
    ring = MmapRing(kernel.fd, SIZE)
    yield kernel, ring
    ring.close()
    os.close(kernel.fd)


def records(batch: Batch) -> list[bytes]:
    return [batch.data[at : at + size] for at, size in batch.spans]


_STEP = st.tuples(st.integers(0, 700), st.booleans())


@given(st.lists(st.lists(_STEP, max_size=12), max_size=12))
def test_what_was_put_is_taken(drains: list[list[tuple[int, bool]]]) -> None:
    """Whatever sizes, discards and positions of the wrap: each record once, in order, and its room
    is free again."""
    with pages() as (kernel, ring):
        fill = 0
        for drain in drains:
            expected = []
            for size, discarded in drain:
                fill = (fill + 1) % 256
                payload = bytes([fill]) * size
                if kernel.put(payload, discarded=discarded) and not discarded:
                    expected.append(payload)
            assert records(ring.take()) == expected
            assert kernel.consumed() == kernel.end


def test_a_record_that_is_being_written_ends_the_batch() -> None:
    """It and what comes after it are taken when it is committed, or discarded."""
    with pages() as (kernel, ring):
        kernel.put(b"first")
        at = kernel.end
        kernel.put(b"second", busy=True)
        kernel.put(b"third")
        assert records(ring.take()) == [b"first"]
        assert records(ring.take()) == []
        kernel.header(at, len(b"second"))
        assert records(ring.take()) == [b"second", b"third"]


def test_an_empty_ring() -> None:
    """Brings an empty batch."""
    with pages() as (_, ring):
        assert ring.take() == Batch(b"", [])


def test_a_reader_goes_on_where_the_last_one_was() -> None:
    """The position is the kernel's, not the reader's."""
    with pages() as (kernel, ring):
        kernel.put(b"old")
        ring.take()
        kernel.put(b"new")
        other = MmapRing(kernel.fd, SIZE)
        assert records(other.take()) == [b"new"]
        other.close()


def test_a_position_that_somebody_else_moved_is_put_back() -> None:
    """Nothing is lost where nothing was written over, and it is known."""
    with pages() as (kernel, ring):
        kernel.put(b"first")
        os.pwrite(kernel.fd, struct.pack("=Q", kernel.end), 0)
        kernel.put(b"second")
        assert records(ring.take()) == [b"first", b"second"]
        assert kernel.consumed() == kernel.end
        assert ring.moved == 1
        ring.take()
        assert ring.moved == 1


def test_what_was_written_over_is_not_taken_for_records() -> None:
    """The reader goes on behind it."""
    with pages() as (kernel, ring):
        for nth in range(9):
            os.pwrite(kernel.fd, struct.pack("=Q", kernel.end), 0)
            kernel.put(bytes([nth]) * 600)
        assert records(ring.take()) == []
        kernel.put(b"next")
        assert records(ring.take()) == [b"next"]
        assert ring.moved == 1


@pytest.mark.kernel
def test_a_real_ring_round_and_round(tiny: Tiny) -> None:
    """Records of all sizes, 40 times around the kernel's own ring, discards in between."""
    ring = MmapRing(tiny.map_fd("ring"), RING_BYTES)
    sent, taken, fill = [], [], 0
    while sum(sent) < 40 * RING_BYTES:
        for size in (16, 17, 3001, 64, 1000):
            fill += 1
            tiny.send(size, fill)
            tiny.send(DISCARD)
            sent.append(size)
        taken += records(ring.take())
    ring.close()
    assert [len(record) for record in taken] == sent
    fills = [struct.unpack_from("=QQ", record) for record in taken]
    assert fills == [(n, n) for n in range(1, len(sent) + 1)]


@pytest.mark.kernel
def test_a_real_ring_that_is_full(tiny: Tiny) -> None:
    """The kernel counts what had no room; what was there is whole, and then there is room."""
    ring = MmapRing(tiny.map_fd("ring"), RING_BYTES)
    counts = Counters(tiny.map_fd("counts"), 3)
    for _ in range(11):
        tiny.send(1000)
    assert counts.read() == [8, 3, 0]
    assert [len(record) for record in records(ring.take())] == [1000] * 8
    tiny.send(1000)
    assert counts.read() == [9, 3, 0]
    assert len(ring.take().spans) == 1
    counts.close()
    ring.close()
