"""Drains the rings through libbpf, where plain loads from their pages would not be ordered.

Invariant: the same batches as `ring`, record for record; only slower, one callback each.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, Final

from tracer.model.stage import Batch

_LIBRARY: Final = "libbpf.so.1"  # BCC's own library needs it, so it is there
_COLLECT: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


class LibbpfRings:
    """All rings by their map descriptors. One consumer: not beside MmapRing."""

    def __init__(self, map_fds: Sequence[int]) -> None:
        self._library = _library()
        self._records: list[list[bytes]] = [[] for _ in map_fds]
        self._collectors = [_collector(records) for records in self._records]
        first, *others = zip(map_fds, self._collectors, strict=True)
        self._rings = self._library.ring_buffer__new(*first, None, None)
        if not self._rings:
            raise OSError(ctypes.get_errno(), "the ring can't be read")
        for fd, collector in others:
            if self._library.ring_buffer__add(self._rings, fd, collector, None) != 0:
                raise OSError(ctypes.get_errno(), "the ring can't be read")

    @property
    def moved(self) -> dict[str, int]:
        """Not known here: libbpf goes on from wherever the position is."""
        return {}

    def take(self, bulk_too: bool = True) -> tuple[Batch, ...]:  # noqa: ARG002 - see there
        """All committed records of each ring, in the order of the descriptors. libbpf drains all of
        them, or none."""
        self._library.ring_buffer__consume(self._rings)
        batches = tuple(_batch(records) for records in self._records)
        for records in self._records:
            records.clear()
        return batches

    def close(self) -> None:
        """Unmaps them."""
        self._library.ring_buffer__free(self._rings)


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(_LIBRARY, use_errno=True)
    library.ring_buffer__new.restype = ctypes.c_void_p
    library.ring_buffer__new.argtypes = (ctypes.c_int, _COLLECT, ctypes.c_void_p, ctypes.c_void_p)
    library.ring_buffer__add.argtypes = (ctypes.c_void_p, ctypes.c_int, _COLLECT, ctypes.c_void_p)
    library.ring_buffer__consume.argtypes = (ctypes.c_void_p,)
    library.ring_buffer__free.argtypes = (ctypes.c_void_p,)
    library.ring_buffer__free.restype = None
    return library


def _collector(records: list[bytes]) -> Any:
    def collect(_context: Any, data: int, size: int) -> int:
        records.append(ctypes.string_at(data, size))
        return 0

    return _COLLECT(collect)


def _batch(records: list[bytes]) -> Batch:
    spans, at = [], 0
    for record in records:
        spans.append((at, len(record)))
        at += len(record)
    return Batch(b"".join(records), spans)
