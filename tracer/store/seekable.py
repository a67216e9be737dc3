"""Closed segments as zstd's seekable format: frames of 256 KiB, and a table of their sizes behind
them, in a frame that other readers skip.

Invariant: what a file holds can't make a reader use more memory than a frame and the table, and
every byte of the file is accounted for: nothing stands between, before or behind.
"""

from __future__ import annotations

import os
import struct
from itertools import accumulate
from typing import Final

from pyzstd import CParameter, DParameter, SeekableZstdFile, ZstdDecompressor, ZstdError

FRAME_BYTES: Final = 1 << 18
"""Plain, of every frame but the last, which may be shorter."""
MAX_FRAMES: Final = 1 << 12

_WINDOW_LOG: Final = FRAME_BYTES.bit_length() - 1
_LEVEL: Final = 3
_MAX_PACKED_BYTES: Final = FRAME_BYTES + (1 << 10)  # what can't be compressed grows a little
_TABLE_HEADER: Final = struct.Struct("<II")
_TABLE_FOOTER: Final = struct.Struct("<IBI")
_ENTRY: Final = struct.Struct("<II")
_SKIPPABLE: Final = 0x184D2A5E
_SEEKABLE: Final = 0x8F92EAB1


def packer(fd: int) -> SeekableZstdFile:
    """A file to write plain bytes to; it owns the descriptor, and is complete once closed."""
    option: dict[int, int] = {
        CParameter.compressionLevel: _LEVEL,
        CParameter.windowLog: _WINDOW_LOG,
        CParameter.checksumFlag: 1,
    }
    file = os.fdopen(fd, "wb", closefd=False)
    return SeekableZstdFile(file, "wb", level_or_option=option, max_frame_content_size=FRAME_BYTES)


class PackedFile:
    """The frames of a file that packer() wrote. Raises ValueError where it is anything else."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._sizes = _read_table(fd)
        self._offsets = [0, *accumulate(packed for packed, _ in self._sizes)]

    @property
    def size(self) -> int:
        """Of all frames, plain, in bytes."""
        return sum(plain for _, plain in self._sizes)

    def frame(self, number: int) -> bytes:
        """The plain bytes of a frame; none behind the last."""
        if number >= len(self._sizes):
            return b""
        packed_bytes, plain_bytes = self._sizes[number]
        packed = os.pread(self._fd, packed_bytes, self._offsets[number])
        decompressor = ZstdDecompressor(option={DParameter.windowLogMax: _WINDOW_LOG})
        try:
            plain = decompressor.decompress(packed, max_length=FRAME_BYTES + 1)
        except ZstdError as error:
            raise ValueError(f"frame {number} can't be decompressed: {error}") from None
        if len(plain) != plain_bytes or not decompressor.eof or decompressor.unused_data:
            raise ValueError(f"frame {number} holds something else than its table says")
        return plain


def _read_table(fd: int) -> list[tuple[int, int]]:
    """The packed and the plain size of each frame."""
    end = os.fstat(fd).st_size
    footer = os.pread(fd, _TABLE_FOOTER.size, max(0, end - _TABLE_FOOTER.size))
    if len(footer) != _TABLE_FOOTER.size:
        raise ValueError("the file is cut off")
    count, descriptor, magic = _TABLE_FOOTER.unpack(footer)
    if magic != _SEEKABLE or descriptor:
        raise ValueError("the file is cut off, or no seekable zstd that ttytrace wrote")
    if count > MAX_FRAMES:
        raise ValueError("the segment is longer than any can be")
    body = count * _ENTRY.size + _TABLE_FOOTER.size
    start = end - body - _TABLE_HEADER.size
    table = os.pread(fd, body + _TABLE_HEADER.size, max(0, start))
    if start < 0 or _TABLE_HEADER.unpack_from(table) != (_SKIPPABLE, body):
        raise ValueError("the table of frames is damaged")
    sizes = list(_ENTRY.iter_unpack(table[_TABLE_HEADER.size : -_TABLE_FOOTER.size]))
    _check_table(sizes, start)
    return sizes


def _check_table(sizes: list[tuple[int, int]], end: int) -> None:
    if any(plain != FRAME_BYTES for _, plain in sizes[:-1]) or any(
        packed > _MAX_PACKED_BYTES or not 0 < plain <= FRAME_BYTES for packed, plain in sizes
    ):
        raise ValueError("the table of frames has sizes that no frame can have")
    if sum(packed for packed, _ in sizes) != end:
        raise ValueError("the table of frames doesn't fit the file")
