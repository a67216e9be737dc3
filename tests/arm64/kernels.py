"""The types of Debian's arm64 kernels, out of their images.

The invariant: what is read is what the kernel would publish in /sys/kernel/btf/vmlinux; the image
has it as it is. Which kernels: boxes.toml, [arm64].
"""

from __future__ import annotations

import re
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.guest import archive
from tests.guest.kernels import data
from tracer.probe.btf import Btf

_CACHE = archive.REPO / ".cache" / "arm64"
_HEADER = struct.Struct("<HBBIIIII")
_BEGIN = bytes.fromhex("9feb 01 00 18000000 00000000")  # magic, version, flags, sizes; btf.rst
_LEAST_BYTES = 1_000_000  # modules that are built in have types of their own


class Kernel(NamedTuple):
    """`release` is that of its package."""

    release: str
    types: Btf


def kernels() -> Iterator[Kernel]:
    """Those of boxes.toml, the newest package of each; downloaded now or before."""
    for name, pattern in data()["arm64"]["kernels"]:
        suite, prefix = name.split("/")
        release = archive.newest(f"{suite}:arm64", prefix, pattern)
        path = _CACHE / f"{release}.btf"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_types_of(_image(f"{suite}:arm64", prefix + release)))
        yield Kernel(release, Btf.load(path))


def _image(suite: str, package: str) -> bytes:
    with tempfile.TemporaryDirectory(dir=_CACHE) as work:
        archive.download(suite, [package], Path(work))
        (deb,) = Path(work).glob("*.deb")
        subprocess.run(["dpkg-deb", "--extract", deb, work], check=True)
        return next(Path(work).rglob("vmlinuz*")).read_bytes()


def _types_of(image: bytes) -> bytes:
    for found in re.finditer(re.escape(_BEGIN), image):
        fields = _HEADER.unpack_from(image, found.start())
        size = _HEADER.size + fields[-2] + fields[-1]
        if size > _LEAST_BYTES:
            return image[found.start() : found.start() + size]
    raise LookupError("the image has no types")
