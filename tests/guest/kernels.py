"""The kernels that guests boot: Debian's packages, unpacked under .cache and never installed.

vagrant/boxes.toml names them. The invariant: a kernel's directory appears complete or not at all,
so a download that was interrupted is simply done again. Booting lives in boot.py.
"""

from __future__ import annotations

import lzma
import re
import shutil
import struct
import subprocess
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BOXES = REPO / "vagrant" / "boxes.toml"
CACHE = REPO / ".cache" / "kernels"


@dataclass(frozen=True)
class Box:
    """One entry of vagrant/boxes.toml; the file explains the fields."""

    name: str
    metapackage: str
    release: str
    extras: tuple[str, ...]
    plan: str
    plans: tuple[str, ...]


@dataclass(frozen=True)
class Kernel:
    """What a boot needs: an uncompressed kernel, the folder of its modules, and .deb files."""

    vmlinux: Path
    modules: Path
    extras: tuple[Path, ...]


def boxes() -> dict[str, Box]:
    """All kernels of vagrant/boxes.toml by name. Raises TypeError for an unknown field."""
    with BOXES.open("rb") as file:
        tables = tomllib.load(file)["kernels"]
    return {
        name: Box(name, **{k: tuple(v) if isinstance(v, list) else v for k, v in table.items()})
        for name, table in tables.items()
    }


def fetch(box: Box) -> Kernel:
    """Download and unpack a box's kernel, or find it where it was unpacked before.

    Raises LookupError when the host's archive has no such kernel, and CalledProcessError when a
    package can't be downloaded.
    """
    package = _kernel_package(box)
    home = CACHE / package
    if not home.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            _unpack(package, box.extras, Path(work) / "kernel")
            (Path(work) / "kernel").rename(home)
    (modules,) = (home / "lib" / "modules").iterdir()
    return Kernel(home / "boot" / "vmlinux", modules, tuple(sorted((home / "extras").iterdir())))


def _kernel_package(box: Box) -> str:
    wanted = re.compile(rf"Depends: (linux-image-{re.escape(box.release)}\S+)")
    for refresh in (False, True):
        if refresh:
            subprocess.run(["apt-get", "update", "-qq"], check=True)
        depends = subprocess.run(
            ["apt-cache", "depends", box.metapackage], capture_output=True, text=True, check=False
        ).stdout
        if found := wanted.search(depends):
            return found[1]
    raise LookupError(f"{box.metapackage} of this host's archive is not a {box.release} kernel")


def _unpack(package: str, extras: Sequence[str], home: Path) -> None:
    debs, extras_dir = home / "deb", home / "extras"
    debs.mkdir(parents=True)
    _download([package], debs)
    (image,) = debs.iterdir()
    subprocess.run(["dpkg-deb", "--extract", image, home], check=True)
    shutil.rmtree(debs)
    (vmlinuz,) = home.glob("boot/vmlinuz-*")
    vmlinuz.with_name("vmlinux").write_bytes(_decompressed(vmlinuz.read_bytes()))
    subprocess.run(["depmod", "--basedir", home, vmlinuz.name.removeprefix("vmlinuz-")], check=True)
    extras_dir.mkdir()
    _download(extras, extras_dir)


def _download(packages: Sequence[str], into: Path) -> None:
    command = ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", *packages]
    if subprocess.run(command, cwd=into, check=False).returncode:
        # The archive has moved on since this host's lists were read.
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(command, cwd=into, check=True)


def _decompressed(bzimage: bytes) -> bytes:
    # An emulated CPU takes 7 s to decompress itself; QEMU boots the ELF inside (CONFIG_PVH).
    # Offsets: Documentation/arch/x86/boot.rst, setup_sects and payload_offset (protocol 2.08).
    sectors = bzimage[0x1F1] or 4
    offset, length = struct.unpack_from("<II", bzimage, 0x248)
    start = (sectors + 1) * 512 + offset
    return lzma.LZMADecompressor().decompress(bzimage[start : start + length])
