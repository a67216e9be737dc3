"""The unit is as closed as systemd can tell without running it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.meta.sources import REPO
from tests.need import lacking
from tracer.privileges import LOADER, SERVICE, names_of, set_of

UNIT = REPO / "packaging" / "ttytrace.service"
THRESHOLD = 30  # an exposure of 3.0


def rating(unit: Path) -> subprocess.CompletedProcess[str]:
    if not shutil.which("systemd-analyze"):
        lacking("the unit is rated by systemd-analyze: make setup")
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager"]
    command += [f"--threshold={THRESHOLD}", str(unit)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_the_unit_is_closed() -> None:
    """Its exposure is 3.0 at most."""
    rated = rating(UNIT)
    assert rated.returncode == 0, rated.stdout


def test_the_unit_grants_what_is_needed() -> None:
    """And nothing else."""
    granted = re.findall(r"^CapabilityBoundingSet=(.*)$", UNIT.read_text(), re.M)
    assert set(" ".join(granted).split()) == set(names_of(set_of(LOADER | SERVICE)))


def test_it_is_started_again_for_ever() -> None:
    """However often it fails; but without a load that only restarts make."""
    lines = UNIT.read_text().splitlines()
    assert {"Restart=always", "StartLimitIntervalSec=0"} <= set(lines)
    assert not any(line.startswith("StartLimitBurst") for line in lines)
    (wait,) = [line for line in lines if line.startswith("RestartSec=")]
    assert 1 <= int(wait.partition("=")[2]) <= 5


@pytest.mark.parametrize("name", ["ProtectSystem", "SystemCallFilter"])
def test_an_open_door_is_noticed(name: str, tmp_path: Path) -> None:
    """The gate closes: without either of these it is above."""
    lines = UNIT.read_text().splitlines()
    kept = [line for line in lines if not line.startswith(f"{name}=")]
    assert len(kept) < len(lines)
    open_unit = tmp_path / UNIT.name
    open_unit.write_text("\n".join(kept))
    assert rating(open_unit).returncode != 0
