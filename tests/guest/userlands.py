"""Other userlands: tmux, BCC and Python of other Debian suites, as trees below .cache/userlands.

vagrant/boxes.toml names them. A tree is made from Debian's packages alone, and has a Python
environment of its own, with what pyproject.toml asks for. The invariant: it appears complete or not
at all, and is never written to after that. A guest takes one by boot.py; this host enters one by
`command`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.guest.archive import KEYRING, MIRROR, REPO
from tests.guest.kernels import data, made

CACHE = REPO / ".cache" / "userlands"
HOST = "bookworm"
_HERE = Path(__file__).parent
_SETUP = REPO / "packaging" / "setup.sh"
_ENVIRONMENT = REPO / ".venv"
# Too big for what the kernel tests make of them, or not for the inside of a userland.
_LEFT_OUT = frozenset(
    ("asciinema", "busybox-static", "chromium", "qemu-system-x86", "shellcheck", "tlog")
)
_MORE = ("auditd", "ca-certificates", "git", "libseccomp2", "make", "mount", "passwd")
# The network's part of this host's settings.
_NETWORK = (Path("/etc/hosts"), Path("/etc/resolv.conf"))
# Where pip finds out which certificates to trust, and where to look.
_PIP = (Path("/etc/pip.conf"), Path("/etc/ssl/certs"))
_WITHOUT = ("doc", "info", "locale", "man")  # below /usr/share


@dataclass(frozen=True)
class Userland:
    """One entry of vagrant/boxes.toml; the file explains the fields. That of this host has no
    suite."""

    name: str
    tmux: str
    bcc: str
    python: str
    suite: str = ""
    taken: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def home(self) -> Path | None:
        """The folder of its `files` and of its Python environment `venv`; None: the host's own."""
        return CACHE / self.name if self.suite else None


def userlands() -> dict[str, Userland]:
    """All userlands of vagrant/boxes.toml by name. Raises TypeError for an unknown field."""
    return {name: Userland(name, **table) for name, table in data()["userlands"].items()}


def fetch(userland: Userland) -> Path | None:
    """The userland's home, made from Debian's packages if it isn't there yet: that takes minutes
    and 1.1 GB. None for the host's own.

    Raises LookupError when the archive has other versions than vagrant/boxes.toml says, and
    CalledProcessError when something can't be downloaded.
    """
    home = userland.home
    if home is not None:
        with made(home) as work:
            if work:
                _unpack(userland, work / "files")
                _check(userland, work)
                _make_environment(work)
    return home


def command(userland: Userland, argv: Sequence[str]) -> list[str]:
    """`argv` with the userland's files, natively on this host, as another command; needs root.

    It runs in the repository's folder. What it writes elsewhere is lost.
    """
    home = fetch(userland)
    return list(argv) if home is None else _entering(home, _NETWORK, argv)


def _entering(home: Path, shared: Sequence[Path], argv: Sequence[str]) -> list[str]:
    paths = [path for path in shared if path.exists()]
    apart = ("unshare", "--mount", "--propagation", "private")
    return [*apart, "sh", *map(str, (_HERE / "enter.sh", home, REPO, *paths)), "--", *argv]


def _unpack(userland: Userland, files: Path) -> None:
    pins = "\n".join(
        f"Package: {' '.join(names)}\nPin: release n={suite}\nPin-Priority: 1001\n"
        for suite, names in userland.taken.items()
    )
    # apt takes no notice of a file with another suffix.
    with tempfile.NamedTemporaryFile("w", suffix=".pref") as preferences:
        preferences.write(pins)
        preferences.flush()
        subprocess.run(
            [
                *("mmdebstrap", "--quiet", "--mode=root", "--variant=essential"),
                f"--include={','.join(_packages())}",
                "--skip=check/qemu",
                "--aptopt=APT::Install-Recommends false",
                "--aptopt=Acquire::Check-Valid-Until false",  # an old suite is not signed anew
                f"--setup-hook=copy-in {preferences.name} /etc/apt/preferences.d",
                *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _WITHOUT),
                *(userland.suite, str(files)),
                *(_source(suite) for suite in (userland.suite, *userland.taken)),
            ],
            check=True,
        )


def _source(suite: str) -> str:
    return f"deb [signed-by={KEYRING}] {MIRROR}/debian {suite} main"


def _packages() -> list[str]:
    said = subprocess.run([_SETUP, "packages"], check=True, capture_output=True, text=True)
    return [*(name for name in said.stdout.split() if name not in _LEFT_OUT), *_MORE]


def _check(userland: Userland, home: Path) -> None:
    wanted = {"tmux": userland.tmux, "libbpfcc": userland.bcc, "python3": userland.python}
    ask = ["dpkg-query", "--admindir", home / "files/var/lib/dpkg", "--showformat=${Version}"]
    for package, version in wanted.items():
        found = subprocess.run(
            [*ask, "--show", package], check=True, capture_output=True, text=True
        )
        if not re.match(rf"{re.escape(version)}(?!\d)", found.stdout):
            raise LookupError(f"{userland.name} has {package} {found.stdout}, not {version}")


def _make_environment(home: Path) -> None:
    # Made where it will be used, since its programs name that place; and brought out as an archive.
    script = f"{_SETUP} python >&2 && exec tar -C {_ENVIRONMENT} -c ."
    making = _entering(home, (*_NETWORK, *_pip_paths()), ["sh", "-c", script])
    (home / "mnt").mkdir()
    with (home / "venv.tar").open("wb") as archive:
        subprocess.run(making, check=True, stdout=archive)
    (home / "venv").mkdir()
    subprocess.run(["tar", "-C", home / "venv", "-xf", home / "venv.tar"], check=True)
    (home / "venv.tar").unlink()


def _pip_paths() -> list[Path]:
    """What pip uses of this host: its configuration, and every path that is named there."""
    ask = [sys.executable, "-m", "pip", "config", "list"]
    said = subprocess.run(ask, check=True, capture_output=True, text=True).stdout
    named = (Path(found) for found in re.findall(r"(?:file://)?(/[^/\s'][^\s']*)", said))
    return [*_PIP, *named]
