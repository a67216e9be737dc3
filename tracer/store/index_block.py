"""Blocks of the index: what it keeps of some records in a row, packed.

Invariant: unpack() gives what pack() was given; ValueError or ZstdError for anything else.
"""

from __future__ import annotations

from array import array
from typing import Final, NamedTuple

import pyzstd

_LEVEL: Final = 1


class Columns(NamedTuple):
    """A block: for each record from `first` on, when it was, its label, its byte in the segment."""

    first: int
    times_us: array[int]
    labels: array[int]
    offsets: array[int]

    @classmethod
    def empty(cls, first: int) -> Columns:
        """One without records."""
        return cls(first, array("q"), array("i"), array("q"))

    @classmethod
    def unpack(cls, first: int, data: bytes) -> Columns:
        """From what pack() made."""
        columns, plain = cls.empty(first), pyzstd.decompress(data)
        count = len(plain) // 20
        columns.times_us.frombytes(plain[: 8 * count])
        columns.offsets.frombytes(plain[8 * count : 16 * count])
        columns.labels.frombytes(plain[16 * count :])
        return columns

    def pack(self) -> bytes:
        """As it is stored."""
        plain = self.times_us.tobytes() + self.offsets.tobytes() + self.labels.tobytes()
        return pyzstd.compress(plain, _LEVEL)


class Page(NamedTuple):
    """Rows of text, and the records that they belong to."""

    sequences: array[int]
    rows: list[str]

    @classmethod
    def empty(cls) -> Page:
        """One without rows."""
        return cls(array("q"), [])

    @classmethod
    def unpack(cls, data: bytes) -> Page:
        """From what pack() made."""
        size, plain = int.from_bytes(data[:4], "little"), pyzstd.decompress(data[4:])
        sequences = array("q")
        sequences.frombytes(plain[: 8 * size])
        return cls(sequences, plain[8 * size :].decode().split("\n"))

    def pack(self) -> bytes:
        """As it is stored; rows have no newlines."""
        plain = self.sequences.tobytes() + "\n".join(self.rows).encode()
        return len(self.rows).to_bytes(4, "little") + pyzstd.compress(plain, _LEVEL)
