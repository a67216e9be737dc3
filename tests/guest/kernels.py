"""The kernels that guests boot: Debian's packages, unpacked under .cache and never installed.

vagrant/boxes.toml names them. The invariant: a kernel's directory appears complete or not at all,
so a download that was interrupted is simply done again. Booting lives in boot.py, Debian's archive
in archive.py.
"""

from __future__ import annotations

import lzma
import platform
import shutil
import struct
import subprocess
import tempfile
import tomllib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyzstd

from tests.guest import archive
from tests.guest.archive import REPO

_BOXES = REPO / "vagrant" / "boxes.toml"
CACHE = REPO / ".cache" / "kernels"
HOST = "host"

# By the first bytes of the compressed kernel; what follows its end is left alone by each.
_DECOMPRESSORS: dict[bytes, Callable[[bytes], bytes]] = {
    b"\xfd7zXZ\0": lambda packed: lzma.LZMADecompressor().decompress(packed),
    b"\x28\xb5\x2f\xfd": lambda packed: pyzstd.ZstdDecompressor().decompress(packed),
    b"\x1f\x8b": lambda packed: zlib.decompressobj(wbits=31).decompress(packed),
}


@dataclass(frozen=True)
class Box:
    """One kernel of vagrant/boxes.toml; the file explains the fields. That of this host has
    nothing but plans."""

    name: str
    plans: tuple[str, ...]
    plan: str = ""
    ci: Mapping[str, str] = field(default_factory=dict)
    suite: str = ""
    packages: tuple[str, ...] = ()
    release: str = ""


@dataclass(frozen=True)
class Kernel:
    """What a boot needs: an uncompressed kernel, the folder of its modules, and .deb files."""

    vmlinux: Path
    modules: Path
    extras: tuple[Path, ...]


def boxes() -> dict[str, Box]:
    """All kernels of vagrant/boxes.toml that are booted, by name. Raises TypeError for an unknown
    field."""
    return {name: box for name, box in _boxes().items() if name != HOST}


def host() -> Box:
    """This host's own."""
    return _boxes()[HOST]


def fetch(box: Box) -> Kernel:
    """Download and unpack a box's kernel, or find it where it was unpacked before.

    Raises LookupError when the archive has no such kernel, and CalledProcessError when a package
    can't be downloaded.
    """
    release = archive.newest(box.suite, box.packages[0], box.release)
    home = CACHE / release
    with made(home) as work:
        if work:
            _unpack(box.suite, [prefix + release for prefix in box.packages], work)
    return Kernel(home / "boot" / "vmlinux", home / "lib" / "modules" / release, _extras())


def _boxes() -> dict[str, Box]:
    return {name: Box(name, **_tuples(table)) for name, table in data()["kernels"].items()}


def data() -> dict[str, Any]:
    """All of vagrant/boxes.toml, by table."""
    with _BOXES.open("rb") as file:
        return tomllib.load(file)


def _tuples(table: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in table.items()}


def _extras() -> tuple[Path, ...]:
    suite = platform.freedesktop_os_release()["VERSION_CODENAME"]
    home = CACHE / f"extras-{suite}"
    with made(home) as work:
        if work:
            archive.download(suite, data()["guests"]["extras"], work)
    return tuple(sorted(home.iterdir()))


@contextmanager
def made(home: Path) -> Iterator[Path | None]:
    """Yields a folder that becomes `home` when it is filled; None when there is one already."""
    if home.exists():
        yield None
        return
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as work:
        new = Path(work) / "new"
        new.mkdir()
        yield new
        try:
            new.rename(home)
        except OSError:
            if not home.exists():  # made by another one meanwhile
                raise


def _unpack(suite: str, packages: Sequence[str], home: Path) -> None:
    debs = home / "deb"
    debs.mkdir()
    archive.download(suite, packages, debs)
    for package in debs.iterdir():
        subprocess.run(["dpkg-deb", "--extract", package, home], check=True)
    shutil.rmtree(debs)
    if not (home / "lib").exists():
        (home / "lib").symlink_to("usr/lib")
    (modules,) = (home / "lib" / "modules").iterdir()
    # In the folder of its modules since Debian 13's backports.
    (vmlinuz,) = (*home.glob("boot/vmlinuz-*"), *modules.glob("vmlinuz"))
    (home / "boot").mkdir(exist_ok=True)
    (home / "boot" / "vmlinux").write_bytes(_decompressed(vmlinuz.read_bytes()))
    subprocess.run(["depmod", "--basedir", home, modules.name], check=True)


def _decompressed(bzimage: bytes) -> bytes:
    # An emulated CPU takes 7 s to decompress itself; QEMU boots the ELF inside (CONFIG_PVH).
    # Offsets: Documentation/arch/x86/boot.rst, setup_sects and payload_offset (protocol 2.08).
    sectors = bzimage[0x1F1] or 4
    offset, length = struct.unpack_from("<II", bzimage, 0x248)
    start = (sectors + 1) * 512 + offset
    packed = bzimage[start : start + length]
    (decompress,) = (way for magic, way in _DECOMPRESSORS.items() if packed.startswith(magic))
    return decompress(packed)
