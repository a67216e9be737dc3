"""The package in a guest whose pid 1 is systemd."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guest import boot, kernels

LIMIT_S = 900
KERNEL = "6.1"  # the one that comes with this systemd
VERSION = "9.9"  # of the next one


@pytest.fixture
def packages(tmp_path: Path) -> list[Path]:
    """The package, and a later one of the same."""
    # That would take half a minute here, and seconds of the emulated machine.
    quick = {**os.environ, "COMPRESSION": "none"}
    subprocess.run([kernels.REPO / "packaging/deb.sh", tmp_path], check=True, env=quick)
    (old,) = tmp_path.glob("*.deb")
    tree, new = tmp_path / "tree", tmp_path / "new.deb"
    subprocess.run(["dpkg-deb", "--raw-extract", old, tree], check=True)
    control = tree / "DEBIAN" / "control"
    lines = control.read_text().splitlines(keepends=True)
    control.write_text(
        "".join(f"Version: {VERSION}\n" if each.startswith("Version:") else each for each in lines)
    )
    pack = ["dpkg-deb", "--root-owner-group", "-Znone", "--build"]
    subprocess.run([*pack, tree, new], check=True)
    return [old, new]


def test_the_package_lives_under_systemd(packages: list[Path]) -> None:
    """It is installed, starts, is reloaded, hangs, crashes, is upgraded while it records, stops and
    is purged; and `ttytrace install` makes the same without a package."""
    outcome = boot.run(
        kernels.fetch(kernels.boxes()[KERNEL]),
        [str(kernels.REPO / ".venv/bin/python"), "-m", "tests.guest.service", *map(str, packages)],
        environment={},
        limit_s=LIMIT_S,
        echo=sys.stdout.buffer,
        systemd=True,
    )
    assert outcome.status == 0, outcome.output[-2000:].decode(errors="replace")
    assert b" done\n" in outcome.output
