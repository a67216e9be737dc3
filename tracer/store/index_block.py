"""Blocks of the index: what it keeps of some records in a row, packed.

Invariant: unpack() gives what pack() was given; ValueError or ZstdError for anything else.
"""

from __future__ import annotations

from array import array
from typing import Final, NamedTuple

import pyzstd

_LEVEL: Final = 1


class Columns(NamedTuple):
    """A block: for each record from `first` on, when it was, how far CLOCK_BOOTTIME was ahead of
    that, its label, its byte in the segment."""

    first: int
    times_us: array[int]
    clocks_us: array[int]
    labels: array[int]
    offsets: array[int]

    @classmethod
    def empty(cls, first: int) -> Columns:
        """One without records."""
        return cls(first, array("q"), array("q"), array("i"), array("q"))

    @classmethod
    def unpack(cls, first: int, data: bytes) -> Columns:
        """From what pack() made."""
        columns, plain = cls.empty(first), pyzstd.decompress(data)
        count = len(plain) // 28
        columns.times_us.frombytes(plain[: 8 * count])
        columns.clocks_us.frombytes(plain[8 * count : 16 * count])
        columns.offsets.frombytes(plain[16 * count : 24 * count])
        columns.labels.frombytes(plain[24 * count :])
        return columns

    def pack(self) -> bytes:
        """As it is stored."""
        parts = (self.times_us, self.clocks_us, self.offsets, self.labels)
        return pyzstd.compress(b"".join(part.tobytes() for part in parts), _LEVEL)

    def add(self, time_us: int, boottime_ns: int, label: int, offset: int) -> None:
        """The next record."""
        self.times_us.append(time_us)
        self.clocks_us.append(boottime_ns // 1000 - time_us)
        self.labels.append(label)
        self.offsets.append(offset)

    def boottime_ns(self, sequence: int) -> int:
        """When a record was, by CLOCK_BOOTTIME, to a microsecond."""
        nth = sequence - self.first
        return 1000 * (self.times_us[nth] + self.clocks_us[nth])


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

    @staticmethod
    def holds(data: bytes, text: str) -> bool:
        """Whether a packed one has this text somewhere, which is folded and in one row."""
        skipped = 8 * int.from_bytes(data[:4], "little")
        return text in pyzstd.decompress(data[4:])[skipped:].decode().casefold()

    def pack(self) -> bytes:
        """As it is stored; rows have no newlines."""
        plain = self.sequences.tobytes() + "\n".join(self.rows).encode()
        return len(self.rows).to_bytes(4, "little") + pyzstd.compress(plain, _LEVEL)
