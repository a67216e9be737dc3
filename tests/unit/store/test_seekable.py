"""The compressed form: others read it, and nothing but what was written so is read."""

from __future__ import annotations

import os
import random
import struct
import subprocess
from pathlib import Path

import pytest
import pyzstd

from tracer.store.seekable import FRAME_BYTES, MAX_FRAMES, PackedFile, packer

SIZES = [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES + 7]


def plain_bytes(size: int) -> bytes:
    """Some that compress, and some that don't."""
    source = random.Random(size)
    return b"".join(source.randbytes(64) * 2 for _ in range(size // 128 + 1))[:size]


def pack(path: Path, plain: bytes) -> Path:
    """The bytes as packer() writes them."""
    fd = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with packer(fd) as file:
        file.write(plain)
    os.close(fd)
    return path


def unpack(path: Path) -> bytes:
    """All that PackedFile finds."""
    with path.open("rb") as file:
        packed = PackedFile(file.fileno())
        frames = [packed.frame(number) for number in range(MAX_FRAMES + 1)]
    return b"".join(frames)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_packed_comes_back(tmp_path: Path, size: int) -> None:
    """Whether it ends within a frame, with one, or has none."""
    plain = plain_bytes(size)
    assert unpack(pack(tmp_path / "a.zst", plain)) == plain


@pytest.mark.parametrize("size", SIZES)
def test_zstd_itself_reads_it(tmp_path: Path, size: int) -> None:
    """The zstd command finds it sound, and the same bytes in it."""
    path = pack(tmp_path / "a.zst", plain_bytes(size))
    subprocess.run(["zstd", "-q", "-t", path], check=True)
    shown = subprocess.run(["zstdcat", path], check=True, capture_output=True).stdout
    assert shown == plain_bytes(size)


def test_a_frame_is_read_alone(tmp_path: Path) -> None:
    """The third frame is what stands there in the plain bytes."""
    plain = plain_bytes(SIZES[-1])
    with pack(tmp_path / "a.zst", plain).open("rb") as file:
        assert PackedFile(file.fileno()).frame(2) == plain[2 * FRAME_BYTES : 3 * FRAME_BYTES]


@pytest.mark.parametrize("seed", range(150))
def test_damage_never_passes(tmp_path: Path, seed: int) -> None:
    """A bit that flips, a cut, or bytes behind the end: an error, or the very same bytes."""
    source = random.Random(seed)
    plain = plain_bytes(2 * FRAME_BYTES + 99)
    path = pack(tmp_path / "a.zst", plain)
    packed = bytearray(path.read_bytes())
    match seed % 3:
        case 0:
            packed[source.randrange(len(packed))] ^= 1 << source.randrange(8)
        case 1:
            del packed[source.randrange(len(packed)) :]
        case 2:
            packed += source.randbytes(source.randrange(1, 30))
    path.write_bytes(packed)
    try:
        found = unpack(path)
    except ValueError as error:
        assert str(error)
    else:
        assert found == plain


def refused(path: Path, content: bytes) -> str:
    """What is said about a file with this content."""
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"[a-z]") as caught:
        unpack(path)
    return str(caught.value)


def table(*sizes: tuple[int, int], count: int | None = None) -> bytes:
    """A table of frames with these packed and plain sizes."""
    body = b"".join(struct.pack("<II", *pair) for pair in sizes)
    footer = struct.pack("<IBI", len(sizes) if count is None else count, 0, 0x8F92EAB1)
    return struct.pack("<II", 0x184D2A5E, len(body) + len(footer)) + body + footer


def test_bombs_are_refused(tmp_path: Path) -> None:
    """A frame that becomes 1 GiB, one that wants a giant window, a table of millions of frames."""
    path = tmp_path / "a.zst"
    bomb = pyzstd.compress(b"a" * (64 << 20), 3)
    assert "frame 0" in refused(path, bomb + table((len(bomb), FRAME_BYTES)))
    option: dict[int, int] = {pyzstd.CParameter.windowLog: 27}
    compressor = pyzstd.ZstdCompressor(option)
    giant = compressor.compress(b"a") + compressor.flush()
    assert "memory" in refused(path, giant + table((len(giant), 1)))
    assert "longer" in refused(path, table(count=1 << 31))
    assert "sizes" in refused(path, table((1 << 30, 1)))


def test_nothing_stands_beside_the_frames(tmp_path: Path) -> None:
    """A frame that the table leaves out, bytes before the first, two frames as one, another's."""
    path = tmp_path / "a.zst"
    frame = pyzstd.compress(b"line\n")
    whole = table((len(frame), 5))
    path.write_bytes(frame + whole)
    assert unpack(path) == b"line\n"
    skipped = struct.pack("<II", 0x184D2A50, 3) + b"abc"
    assert "fit" in refused(path, frame + frame + whole)
    assert "fit" in refused(path, skipped + frame + whole)
    more = frame + pyzstd.compress(b"")
    assert "something else" in refused(path, more + table((len(more), 5)))
    two = pyzstd.compress(b"li") + pyzstd.compress(b"ne\n")
    assert "something else" in refused(path, two + table((len(two), 5)))
    assert "something else" in refused(path, frame + table((len(frame), 4)))
    assert "sizes" in refused(path, frame + frame + table((len(frame), 5), (len(frame), 5)))
    assert "no seekable" in refused(path, frame)
    assert "cut off" in refused(path, b"")
    assert "table" in refused(path, whole[4:])
