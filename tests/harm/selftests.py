"""The kernel's own tests of programs, processes and terminals, built from Debian's linux-source.

The invariant: the build appears under .cache complete or not at all, and none of it is installed.
One version is built for all kernels: a test of something newer fails there, with a tracer as
without. Running them lives in suites.py.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tests.guest import archive
from tests.guest.kernels import made

_SUITE, _VERSION = "trixie", "6.12"
_COLLECTIONS = ("exec", "clone3", "tty", "pidfd", "ptrace", "core", "splice", "sigaltstack")
_LEFT_OUT = (
    # It waits for a deadlock of ptrace and exec, which the kernel has, to be over: half a minute.
    "ptrace:vmaccess",
    # Where the kernel can't derive a namespace from a pidfd, before 6.11, it leaves children behind
    # that keep its output open, so the runner waits for ever.
    "pidfd:pidfd_setns_test",
)
_SELFTESTS = Path("tools/testing/selftests")
_HOME = archive.REPO / ".cache" / "selftests" / _VERSION


def fetch() -> Path:
    """The folder with run_kselftest.sh, built now or before. Raises CalledProcessError when the
    source can't be downloaded, or doesn't compile."""
    with made(_HOME) as built:
        if built:
            with tempfile.TemporaryDirectory(dir=_HOME.parent) as work:
                _build(Path(work), built)
    return _HOME


def _build(work: Path, built: Path) -> None:
    archive.download(_SUITE, [f"linux-source-{_VERSION}", "linux-libc-dev"], work)
    source, headers = work / "source", work / "headers"
    (headers_deb,) = work.glob("linux-libc-dev_*.deb")
    subprocess.run(["dpkg-deb", "--extract", headers_deb, headers], check=True)
    (source_deb,) = work.glob("linux-source-*.deb")
    _unpack(source_deb, source)
    places = (headers / "usr/include", headers / "usr/include/x86_64-linux-gnu")
    include = " ".join(f"-isystem {place}" for place in places)
    subprocess.run(
        [
            *("make", "-s", "-C", source / _SELFTESTS, f"TARGETS={' '.join(_COLLECTIONS)}"),
            *(f"KHDR_INCLUDES={include}", f"INSTALL_PATH={built}", "install"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    tests = built / "kselftest-list.txt"
    wanted = [test for test in tests.read_text().split() if test not in _LEFT_OUT]
    tests.write_text("\n".join(wanted) + "\n")


def _unpack(deb: Path, into: Path) -> None:
    into.mkdir()
    top = f"linux-source-{_VERSION}"
    wanted = [f"{top}/scripts/subarch.include", f"{top}/tools/include", f"{top}/{_SELFTESTS}"]
    unpack = (
        f'dpkg-deb --fsys-tarfile "$0" | tar -xO ./usr/src/{top}.tar.xz'
        ' | tar -xJ -C "$1" --strip-components=1 -- "${@:2}"'
    )
    subprocess.run(["bash", "-o", "pipefail", "-c", unpack, deb, into, *wanted], check=True)
