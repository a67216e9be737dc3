"""Drains a BPF ring buffer straight from its pages: one copy for all that waits.

Layout (kernel/bpf/ringbuf.c, 5.8 to 7.2): a consumer page that we write, a producer page, and the
data twice in a row, so that a record that wraps is contiguous. Each record: u32 length with two
flag bits, u32 page offset, payload, padded to 8 bytes.

Invariant: one consumer. The plain loads and stores are right on x86-64 only, whose stores are not
reordered; elsewhere `libbpf_ring` reads.
"""

from __future__ import annotations

import mmap
import struct
from typing import Final

from tracer.model.stage import Batch

_BUSY: Final = 1 << 31
_DISCARD: Final = 1 << 30
_HEADER_BYTES: Final = 8
_PAGE: Final = mmap.PAGESIZE
_U32: Final = struct.Struct("=I")


class MmapRing:
    """One ring by its map descriptor, which stays the caller's, and size in bytes (a power of two).

    Mapped pages count as resident, so only what waits is mapped, for as long as it is copied.
    """

    def __init__(self, map_fd: int, size_bytes: int) -> None:
        self._fd, self._mask = map_fd, size_bytes - 1
        self._consumer = mmap.mmap(map_fd, _PAGE)
        self._producer = mmap.mmap(map_fd, _PAGE, prot=mmap.PROT_READ, offset=_PAGE)
        self._consumed = memoryview(self._consumer).cast("Q")
        self._produced = memoryview(self._producer).cast("Q")
        self._at = self._consumed[0]
        self.moved = 0
        """How often somebody else had moved the position of the consumer, which only we write."""

    def take(self) -> Batch:
        """All committed records, copied out; their room in the ring is free again on return."""
        if self._consumed[0] != self._at:
            self._put_back()
        waiting = self._produced[0] - self._at
        if not waiting:
            return Batch(b"", [])
        first = self._at & self._mask
        lead = first % _PAGE
        place = 2 * _PAGE + first - lead
        with mmap.mmap(self._fd, lead + waiting, prot=mmap.PROT_READ, offset=place) as window:
            batch = _committed(window, lead)
        self._at += len(batch.data)
        self._consumed[0] = self._at
        return batch

    def _put_back(self) -> None:
        """What was written over meanwhile shows as holes in the numbers of the records."""
        self.moved += 1
        self._consumed[0] = self._at
        produced = self._produced[0]
        if produced - self._at > self._mask:
            self._at = self._consumed[0] = produced

    def close(self) -> None:
        """Unmaps the ring."""
        for view in (self._consumed, self._produced):
            view.release()
        self._producer.close()
        self._consumer.close()


def _committed(window: mmap.mmap, start: int) -> Batch:
    """The records from `start` on, until one that is being written."""
    spans: list[tuple[int, int]] = []
    with memoryview(window) as data, data.cast("I") as headers:
        at, end = start, len(data)
        while at < end:
            header = headers[at >> 2]
            if header & _BUSY:
                break
            size = header & ~_DISCARD
            if not header & _DISCARD:
                spans.append((at - start + _HEADER_BYTES, size))
            at += (size + _HEADER_BYTES + 7) & ~7
        return Batch(bytes(data[start:at]), spans)


class Counters:
    """A memory-mapped array of u64 that the kernel half counts in; reading costs no system call."""

    def __init__(self, map_fd: int, length: int) -> None:
        size = -(-length * 8 // _PAGE) * _PAGE
        self._map = mmap.mmap(map_fd, size, prot=mmap.PROT_READ)
        self._pages = memoryview(self._map)
        self._cells = self._pages[: length * 8].cast("Q")

    def read(self) -> list[int]:
        """All counters, one after the other: each is exact, together they are no snapshot."""
        return self._cells.tolist()

    def close(self) -> None:
        """Unmaps the array."""
        self._cells.release()
        self._pages.release()
        self._map.close()


class Cell:
    """The first u32 of a memory-mapped array, which both sides write."""

    def __init__(self, map_fd: int) -> None:
        self._map = mmap.mmap(map_fd, _PAGE)

    def set(self, value: int) -> None:
        """One store."""
        _U32.pack_into(self._map, 0, value)

    def close(self) -> None:
        """Unmaps it."""
        self._map.close()
