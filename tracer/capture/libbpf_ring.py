"""Drains the rings through libbpf, where plain loads from their pages would not be ordered.

Invariant: the same batches as `ring`, record for record; only slower, one callback each.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from tracer.model.stage import Batch


class LibbpfRings:
    """All rings of a loaded BCC object, by name. One consumer: not beside MmapRing."""

    def __init__(self, bpf: Any, names: tuple[str, ...]) -> None:
        self._bpf = bpf
        self._records: list[list[bytes]] = [[] for _ in names]
        for name, records in zip(names, self._records, strict=True):
            bpf[name.encode()].open_ring_buffer(_collector(records))

    def take(self) -> tuple[Batch, ...]:
        """All committed records of each ring, in the order of the names."""
        self._bpf.ring_buffer_consume()
        batches = tuple(_batch(records) for records in self._records)
        for records in self._records:
            records.clear()
        return batches

    def close(self) -> None:
        """Nothing to do: BCC frees its readers with the object."""


def _collector(records: list[bytes]) -> Callable[[Any, int, int], None]:
    def collect(_context: Any, data: int, size: int) -> None:
        records.append(ctypes.string_at(data, size))

    return collect


def _batch(records: list[bytes]) -> Batch:
    spans, at = [], 0
    for record in records:
        spans.append((at, len(record)))
        at += len(record)
    return Batch(b"".join(records), spans)
