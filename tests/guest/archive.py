"""Packages of any suite of Debian's archive, whatever suite this host has.

The invariant: the host's apt sources, lists and installed packages are neither used nor changed; of
its settings only how the network is reached counts (apt.conf.d). Every suite has its own lists
below .cache, and every package is checked with Debian's keyring. SUITE:ARCHITECTURE is that suite
for other machines than this one. What becomes of a package is up to
the caller.
"""

from __future__ import annotations

import fcntl
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
CACHE = REPO / ".cache" / "archive"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIRROR = "http://deb.debian.org"


def download(suite: str, packages: Sequence[str], into: Path) -> None:
    """Puts the .deb files of the packages, as NAME or NAME=VERSION, into a folder.

    Nothing is resolved: what they depend on is not downloaded. Raises CalledProcessError when the
    suite has no such package, or can't be reached.
    """
    command = ["apt-get", "download", "-qq", *_options(suite), *packages]
    with _locked(suite):
        if _has_lists(suite) and not subprocess.run(command, cwd=into, check=False).returncode:
            return
        _update(suite)  # the archive has moved on since the lists were read
        subprocess.run(command, cwd=into, check=True)


def newest(suite: str, prefix: str, pattern: str) -> str:
    """The newest of the packages named `prefix` and what the regular expression matches; newest by
    the numbers in its name. Returns what matched.

    Raises LookupError when the suite has none, and CalledProcessError when it can't be reached.
    """
    command = ["apt-cache", "pkgnames", *_options(suite), prefix]
    with _locked(suite):
        if not _has_lists(suite):
            _update(suite)
        names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    matches = (re.fullmatch(re.escape(prefix) + f"({pattern})", name) for name in names)
    found = [match[1] for match in matches if match]
    if not found:
        raise LookupError(f"{suite} has no package {prefix}{pattern}")
    return max(found, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])


def _update(suite: str) -> None:
    name = suite.partition(":")[0]
    part = "debian-security" if name.endswith("-security") else "debian"
    line = f"deb [signed-by={KEYRING}] {MIRROR}/{part} {name} main\n"
    (CACHE / suite / "sources.list").write_text(line)
    subprocess.run(["apt-get", "update", "-qq", *_options(suite)], check=True)


def _has_lists(suite: str) -> bool:
    return any((CACHE / suite / "state" / "lists").glob("*_Packages*"))


def _options(suite: str) -> list[str]:
    home = CACHE / suite
    settings = {
        "Dir::State": home / "state",
        "Dir::State::status": "/dev/null",  # nothing is installed
        "Dir::Cache": home / "cache",
        "Dir::Cache::pkgcache": "pkgcache.bin",  # images for containers switch it off
        "Dir::Etc::sourcelist": home / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::Check-Valid-Until": "false",  # an old suite is not signed anew
    }
    if architecture := suite.partition(":")[2]:
        settings |= {"APT::Architecture": architecture, "APT::Architectures": architecture}
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]


@contextmanager
def _locked(suite: str) -> Iterator[None]:
    """apt fails at once where another one works on the same lists."""
    home = CACHE / suite
    for directory in ("state", "cache"):
        (home / directory).mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
