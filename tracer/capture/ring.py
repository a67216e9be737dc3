"""Drains a BPF ring buffer straight from its pages: one copy for all that waits.

Layout (kernel/bpf/ringbuf.c, 5.8 to 7.2): a consumer page that we write, a producer page, and the
data twice in a row, of which we map one: mapped pages count as resident. Each record: u32 length
with two flag bits, u32 page offset, payload, padded to 8 bytes; its payload may wrap.

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
_U32: Final = struct.Struct("=I")


class MmapRing:
    """One ring by its map descriptor and size in bytes (a power of two)."""

    def __init__(self, map_fd: int, size_bytes: int) -> None:
        self._mask = size_bytes - 1
        page = mmap.PAGESIZE
        self._consumer = mmap.mmap(map_fd, page)
        self._producer = mmap.mmap(map_fd, page + size_bytes, prot=mmap.PROT_READ, offset=page)
        self._consumed = memoryview(self._consumer).cast("Q")
        pages = memoryview(self._producer)
        self._produced = pages[:page].cast("Q")
        self._data = pages[page:]
        self._headers = self._data.cast("I")
        self._at = self._consumed[0]
        self._views = (self._headers, self._data, self._produced, pages, self._consumed)

    def take(self) -> Batch:
        """All committed records, copied out; their room in the ring is free again on return."""
        start, mask, headers = self._at, self._mask, self._headers
        spans: list[tuple[int, int]] = []
        at, end = start, self._produced[0]
        while at < end:
            header = headers[(at & mask) >> 2]
            if header & _BUSY:
                break
            size = header & ~_DISCARD
            if not header & _DISCARD:
                spans.append((at - start + _HEADER_BYTES, size))
            at += (size + _HEADER_BYTES + 7) & ~7
        data = self._copy(start & mask, at - start)
        self._consumed[0] = self._at = at
        return Batch(data, spans)

    def _copy(self, first: int, size: int) -> bytes:
        before_wrap = bytes(self._data[first : first + size])
        rest = size - len(before_wrap)
        return b"".join((before_wrap, self._data[:rest])) if rest else before_wrap

    def close(self) -> None:
        """Unmaps the ring; the map itself is the loader's."""
        for view in self._views:
            view.release()
        self._producer.close()
        self._consumer.close()


class Counters:
    """A memory-mapped array of u64 that the kernel half counts in; reading costs no system call."""

    def __init__(self, map_fd: int, length: int) -> None:
        size = -(-length * 8 // mmap.PAGESIZE) * mmap.PAGESIZE
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
        self._map = mmap.mmap(map_fd, mmap.PAGESIZE)

    def set(self, value: int) -> None:
        """One store."""
        _U32.pack_into(self._map, 0, value)

    def close(self) -> None:
        """Unmaps it."""
        self._map.close()
