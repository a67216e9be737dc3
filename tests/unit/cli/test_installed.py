"""What doctor says of the service, of hosts in a directory."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.patience import eventually
from tracer.cli import installed
from tracer.cli.installed import Feature
from tracer.install import Places
from tracer.privileges import LOADER, SERVICE, names_of, set_of
from tracer.store.directory import Directory
from tracer.store.lock import lock


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Where nothing is."""
    names = ("config", "unit", "packaged", "log", "state", "systemd")
    return Places(**{name: tmp_path / name for name in names})


def features(places: Places) -> dict[str, Feature]:
    return {feature.name: feature for feature in installed.features(places)}


def test_what_is_missing_has_a_cure(places: Places) -> None:
    """Where nothing is installed."""
    found = features(places)
    assert set(found) == {"account", "config", "log", "unit", "service"}
    assert found["config"] == Feature("config", True, "the defaults", None)
    assert found["unit"] == Feature("unit", False, "not installed", "ttytrace install")


@pytest.mark.parametrize("which", ["unit", "packaged"])
def test_either_unit_counts(places: Places, which: str) -> None:
    """Ours, or that of a package."""
    place: Path = getattr(places, which)
    place.touch()
    assert features(places)["unit"] == Feature("unit", True, str(place), None)


def test_a_configuration_that_cannot_be_followed_is_told(places: Places) -> None:
    """With what is wrong."""
    places.config.write_text("inptu = 1\n")
    places.config.chmod(0o600)
    config = features(places)["config"]
    assert config.ok is False
    assert str(places.config) in config.detail
    assert config.cure == "ttytrace config check"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write settings")
def test_the_log_that_is_configured_is_looked_for(places: Places, tmp_path: Path) -> None:
    """With its mode; and who writes it."""
    places.config.write_text(f'[log]\ndirectory = "{places.log}"\nstate = "{places.state}"\n')
    assert features(places)["log"] == Feature(
        "log", False, f"there is none in {places.log}", "ttytrace init"
    )
    for place in (places.log, places.state):
        place.mkdir(mode=0o750)
    (places.log / "key").touch()
    found = features(places)
    assert found["log"] == Feature("log", True, f"{places.log} drwxr-x---", None)
    assert found["service"].detail == "nobody records"
    with closing(Directory(places.state)) as keys:
        lock(keys)
        assert features(places)["service"].detail == f"pid {os.getpid()} records"


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """A child that looks like a worker, without rights where we have some."""
    dropped = "setpriv --bounding-set=-all --inh-caps=-all".split() if os.geteuid() == 0 else []
    program = ["sh", "-c", "read -r _", "tracer.workers.played"]
    with subprocess.Popen([*dropped, *program], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_who_may_what(tmp_path: Path, worker: subprocess.Popen[bytes]) -> None:
    """What is needed; and what the service and its workers have."""
    needed = dict(installed.rights(tmp_path))
    assert needed["loader needs"] == names_of(set_of(LOADER))
    assert needed["service needs"] == names_of(set_of(SERVICE))
    assert set(needed) == {"loader needs", "service needs", "missing here"}
    with closing(Directory(tmp_path)) as keys:
        lock(keys)
        name = f"workers.played ({worker.pid})"
        eventually(lambda: dict(installed.rights(tmp_path)).get(name) == [])
        ours = dict(installed.rights(tmp_path))[f"service ({os.getpid()})"]
    assert bool(ours) is (os.geteuid() == 0)
