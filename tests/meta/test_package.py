"""What the package's scripts do where an admin has changed the host; tests/guest installs it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.meta.sources import REPO

SCRIPTS = REPO / "packaging" / "deb"
# Of this host only files are touched. chgrp needs files that are there, as the real one does.
PLAYED = {
    "getent": '[ "$1" = passwd ]',
    "chgrp": 'shift; ls "$@"',
    "deb-systemd-helper": ":",
    "userdel": ":",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A host's places, and commands that don't change its accounts."""
    for name, text in PLAYED.items():
        command = tmp_path / "bin" / name
        command.parent.mkdir(exist_ok=True)
        command.write_text(f"#!/bin/sh\n{text}\n")
        command.chmod(0o755)
    for place in ("etc/ttytrace", "var/log/ttytrace/log", "var/lib/ttytrace"):
        (tmp_path / place).mkdir(parents=True)
    return tmp_path


def run(root: Path, script: str, argument: str, *before: str) -> None:
    """Runs it, with its places below `root`."""
    text = (SCRIPTS / script).read_text()
    for place in ("/etc/ttytrace", "/var/l", "/run/"):
        text = text.replace(f"{place}", f"{root}{place}")
    environment = os.environ | {"PATH": f"{root}/bin:{os.environ['PATH']}"}
    command = [*before, "sh", "-c", text, script, argument]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("is_there", [True, False])
def test_settings_may_be_gone(root: Path, is_there: bool) -> None:
    """Whoever removed them can upgrade; those that are there are made private."""
    config = root / "etc/ttytrace/config.toml"
    if is_there:
        config.touch(0o644)
    run(root, "postinst", "configure")
    assert config.exists() == is_there
    assert not is_there or config.stat().st_mode & 0o777 == 0o640


def test_a_purge_takes_all(root: Path) -> None:
    """The record, its keys, the settings."""
    (root / "var/log/ttytrace/log/segment").touch()
    run(root, "postrm", "purge")
    assert not any((root / place).exists() for place in ("var/log/ttytrace", "var/lib/ttytrace"))
    assert not (root / "etc/ttytrace").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_purge_empties_a_disk_of_its_own(root: Path) -> None:
    """A mount point can't be removed, which is no reason to fail."""
    place = root / "var/log/ttytrace"
    mount = (
        f'mount -t tmpfs none {place} && touch {place}/segment && "$@" && ls {place} >{root}/left'
    )
    run(root, "postrm", "purge", "unshare", "--mount", "sh", "-euc", mount, "sh")
    assert (root / "left").read_text() == ""
    assert not (root / "var/lib/ttytrace").exists()
