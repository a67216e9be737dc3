"""Tests that need no kernel, run by an arm64 Python in user emulation.

The invariant: nothing of this host changes. The emulator is known to the kernel in a user namespace
of ours alone (Linux 6.7), where all mounts are private too; the tests run on a copy of the tracked
files. What QEMU's emulation has no system calls for is left out: bpf(2), audit's netlink, a whole
/proc/PID/stat, signal 64.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from tests.guest import archive
from tests.guest.kernels import made

TESTS = (
    *("tests/unit/codec", "tests/unit/correlate", "tests/unit/decode", "tests/unit/model"),
    *("tests/unit/redact", "tests/unit/seal", "tests/unit/attribute"),
    *("tests/unit/capture/test_headers.py", "tests/unit/test_privileges.py"),
    *("--deselect", "tests/unit/codec/test_status.py::test_a_signal_counts_from_128[64]"),
)
"""As pytest takes them."""

PACKAGES = ("mmdebstrap", "qemu-user-static")
"""Debian packages that this takes."""

_SUITE, _PYTHON = "bookworm", "3.11"
_TREE = (
    "base-passwd,bash,coreutils,dash,gcc,git,libc6-dev,libc-bin,openssl,passwd,procps,python3,"
    "util-linux"
)
_WHEELS = ("--only-binary=:all:", "--python-version", _PYTHON, "--implementation", "cp")
_PLATFORMS = ("manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_34")
_NEEDED = ("hypothesis", "pymerkle", "psutil", "pyroute2", "pysigma-backend-sqlite", "pytest")
_HOME = archive.REPO / ".cache" / "arm64"
_QEMU = Path("/usr/lib/binfmt.d/qemu-aarch64.conf")

# In the namespace, once this process has mapped its users.
_INSIDE = f"""
read -r _
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
cat {_QEMU} >/proc/sys/fs/binfmt_misc/register
for each in dev proc sys; do mount --rbind /$each "$1/$each"; done
mount -t tmpfs tmp "$1/tmp"
mkdir -p "$1/repo" "$1/site"
mount -t tmpfs repo "$1/repo"
git ls-files -z | tar -c --null --files-from - | tar -x -C "$1/repo"
mount --bind "$2" "$1/site"
tree=$1
shift 2
exec chroot "$tree" env -i -C /repo HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
	PYTHONPATH=/site PYTHONDONTWRITEBYTECODE=1 TERM=xterm-256color "$@" </dev/null
"""


def run_tests(tests: Sequence[str]) -> int:
    """pytest's exit status."""
    if not _QEMU.exists() or not shutil.which("mmdebstrap"):
        subprocess.run(["apt-get", "install", "-y", "-qq", *PACKAGES], check=True)
    tree, site = _HOME / "tree", _HOME / "site"
    for home, make in ((tree, _make_tree), (site, _make_site)):
        with made(home) as new:
            if new:
                make(new)
    unneeded = "not kernel and not guest and not log and not screen"
    pytest = ("python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", unneeded, *tests)
    inside = ("sh", "-euc", _INSIDE, "sh", str(tree), str(site), *pytest)
    with subprocess.Popen(
        ["unshare", "--user", "--mount", "--propagation", "private", *inside],
        cwd=archive.REPO,
        stdin=subprocess.PIPE,
    ) as process:
        _map_users(process)
    return process.returncode


def _map_users(process: subprocess.Popen[bytes]) -> None:
    ours = Path("/proc/self/ns/user").readlink()
    while Path(f"/proc/{process.pid}/ns/user").readlink() == ours:
        os.sched_yield()
    for kind in ("uid_map", "gid_map"):
        Path(f"/proc/{process.pid}/{kind}").write_text("0 0 4294967295\n")
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.close()


def _make_tree(into: Path) -> None:
    """Packages as they are unpacked: nothing in them has run."""
    options = ("--variant=extract", "--architectures=arm64", f"--include={_TREE}")
    mirror = f"{archive.MIRROR}/debian"
    subprocess.run(["mmdebstrap", "--quiet", *options, _SUITE, into, mirror], check=True)
    (into / "usr/bin/cc").symlink_to("gcc")
    for name in ("passwd", "group"):
        shutil.copy(into / f"usr/share/base-passwd/{name}.master", into / "etc" / name)


def _make_site(into: Path) -> None:
    with (archive.REPO / "pyproject.toml").open("rb") as file:
        wanted = tomllib.load(file)["project"]["dependencies"]
    platforms = [part for one in _PLATFORMS for part in ("--platform", f"{one}_aarch64")]
    pip = [sys.executable, "-m", "pip", "install", "-q", *_WHEELS, *platforms]
    subprocess.run([*pip, "--upgrade", "--target", into, *wanted, *_NEEDED], check=True)
