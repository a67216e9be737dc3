"""tracer.install, in a directory instead of /; tests/guest has it under systemd."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attributes import changeable
from tracer import install as module
from tracer.config import load
from tracer.errors import BadConfig, CantInstall, StepFailed
from tracer.install import Places, install, purge, uninstall, unit_text
from tracer.privileges import reading_group
from tracer.settings import Settings
from tracer.store.attributes import make_append_only, make_immutable

PYTHON = Path("/usr/bin/python3")


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """A host without systemd, where the account is there already and everything is well owned."""
    monkeypatch.setattr(module, "_has_account", lambda: True)
    monkeypatch.setattr(module, "_check", lambda _python: None)
    return Places(
        config=tmp_path / "etc/ttytrace/config.toml",
        unit=tmp_path / "etc/systemd/system/ttytrace.service",
        packaged=tmp_path / "lib/ttytrace.service",
        log=tmp_path / "log",
        state=tmp_path / "state",
        systemd=tmp_path / "none",
    )


def mode_of(place: Path) -> int:
    return stat.S_IMODE(place.stat().st_mode)


def test_what_is_missing_is_made(places: Places) -> None:
    """With modes under which only root writes, and only the group reads what is set."""
    done = list(install(places, PYTHON))
    assert load(places.config, os.geteuid()) == Settings()
    assert mode_of(places.config) == 0o640
    assert mode_of(places.config.parent) == 0o750
    if os.geteuid() == 0:
        assert places.config.stat().st_gid == places.config.parent.stat().st_gid == reading_group()
    assert mode_of(places.unit) == 0o644
    assert f"ExecStart={PYTHON} -I -m tracer.cli.main run\n" in places.unit.read_text()
    rules = places.config.parent / "rules"
    assert mode_of(rules) == 0o755
    made = (places.config, rules, places.unit)
    assert [str(place) in said for place, said in zip(made, done[1:], strict=True)] == [True] * 3


def test_again_changes_nothing(places: Places) -> None:
    """And says so; a configuration that somebody wrote stays."""
    places.config.parent.mkdir(parents=True)
    places.config.write_text('input = "off"\n')
    list(install(places, PYTHON))
    before = places.unit.stat()
    assert all("as it was" in said for said in list(install(places, PYTHON))[1:])
    assert places.config.read_text() == 'input = "off"\n'
    assert places.unit.stat().st_mtime_ns == before.st_mtime_ns
    assert not list(places.unit.parent.glob(".*"))


def test_a_configuration_that_cannot_be_followed_stops_it_first(places: Places) -> None:
    """Nothing is half done then."""
    places.config.parent.mkdir(parents=True)
    places.config.write_text("inptu = 1\n")
    with pytest.raises(BadConfig, match="input"):
        list(install(places, PYTHON))
    assert not places.unit.exists()


def test_the_unit_of_a_package_is_left_alone(places: Places) -> None:
    """There are not two, and it goes with its package."""
    places.packaged.parent.mkdir()
    places.packaged.touch()
    list(install(places, PYTHON))
    assert not places.unit.exists()
    with pytest.raises(CantInstall, match="apt"):
        list(uninstall(places))


def test_our_unit_goes_though_a_package_is_there(places: Places) -> None:
    """systemd prefers ours, which is told; the record stays, as the package has it."""
    list(install(places, PYTHON))
    places.packaged.parent.mkdir()
    places.packaged.touch()
    places.log.mkdir()
    assert "before the package's: ttytrace uninstall" in list(install(places, PYTHON))[3]
    removed, left = uninstall(places)
    assert removed == f"{places.unit} is removed."
    assert left.startswith(f"{places.packaged} is left")
    assert not places.unit.exists()
    with pytest.raises(StepFailed, match="apt purge"):
        list(purge(places))
    assert places.log.exists()


def test_uninstall_takes_the_unit_alone(places: Places) -> None:
    """The record and the configuration stay, and doing it again is no error."""
    list(install(places, PYTHON))
    places.log.mkdir()
    assert list(uninstall(places)) == [f"{places.unit} is removed."]
    assert not places.unit.exists()
    assert places.config.exists() and places.log.exists()
    assert list(uninstall(places)) == ["There is no unit."]


@pytest.fixture
def record(places: Places) -> Iterator[Places]:
    """A log with closed segments, which not even root can just remove, and other things in it."""
    (places.log / "log").mkdir(parents=True)
    places.state.mkdir()
    outside = places.log.parent / "outside"
    outside.touch()
    (places.log / "link").symlink_to(outside)
    (places.log / "log" / "empty").mkdir()
    os.mkfifo(places.log / "pipe")
    for name, lock in (("closed", make_immutable), ("open", make_append_only)):
        with (places.log / "log" / name).open("w") as file:
            assert lock(file.fileno()) or os.geteuid() != 0
    yield places
    changeable(places.log.parent)


def test_a_purge_removes_what_is_locked(record: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of the record, and nothing that it only points to."""
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(module, "_run", lambda *command: ran.append(command))
    monkeypatch.setattr(module, "reading_group", lambda: 995)
    list(purge(record))
    assert not record.log.exists()
    assert not record.state.exists()
    assert (record.log.parent / "outside").exists()
    assert ran == [("userdel", "ttytrace"), ("groupdel", "ttytrace")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_purge_empties_a_disk_of_its_own(tmp_path: Path) -> None:
    """A mount point can't be removed, and is told to be left."""
    purge_it = (
        "import sys; from pathlib import Path; from tracer import install;"
        "print(install._remove(Path(sys.argv[1])))"
    )
    mount = f'mount -t tmpfs none {tmp_path} && touch {tmp_path}/segment && "$@" && ls {tmp_path}'
    command = ["unshare", "--mount", "sh", "-euc", mount, "sh", sys.executable, "-c", purge_it]
    command += [str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True)
    assert done.stdout.decode() == f"{tmp_path} is empty; it stays, as a disk is mounted there.\n"


def test_what_the_system_refuses_is_told_with_its_place(places: Places) -> None:
    """And no traceback: of what is written, removed and run."""
    places.config.parent.parent.touch()
    with pytest.raises(StepFailed, match=f"`write {places.config}` failed: Not a directory"):
        list(install(places, PYTHON))
    places.log.with_name("elsewhere").mkdir()
    places.log.symlink_to(places.log.with_name("elsewhere"))
    with pytest.raises(StepFailed, match=f"`remove {places.log}` failed: .*symbolic link"):
        list(purge(places))
    with pytest.raises(StepFailed, match="`useradd-x ttytrace` failed: No such file"):
        module._run("useradd-x", "ttytrace")


def test_an_interpreter_that_is_not_there_is_refused() -> None:
    """With its place."""
    with pytest.raises(CantInstall, match="/opt/nothing: No such file"):
        module._check(Path("/opt/nothing"))  # install() would write to this host if it were not


@pytest.mark.parametrize("hidden", ["/root/x/bin/python", "/home/X/bin/python", "/tmp/x/python"])
def test_what_the_unit_cannot_see_is_refused(hidden: str) -> None:
    """Before anything is done."""
    with pytest.raises(CantInstall, match="could not see"):
        module._check(Path(hidden))


def test_an_interpreter_that_others_can_change_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root would run what they put there."""
    monkeypatch.setattr(module, "_HIDDEN", ())
    python = tmp_path / "python"
    python.touch()
    tmp_path.chmod(0o777)
    with pytest.raises(CantInstall, match="others than root"):
        module._check(python)


def test_a_step_that_fails_is_told_in_its_own_words() -> None:
    """With the command, and what it said first."""
    with pytest.raises(StepFailed, match=r"`ls /nowhere` failed: ls: .*/nowhere"):
        module._run("ls", "/nowhere")
    with pytest.raises(StepFailed, match="ended with 1"):
        module._run("false")


def test_the_unit_names_its_interpreter_once() -> None:
    """Nothing of another place is left in it."""
    assert unit_text(PYTHON).count(str(PYTHON)) == 1
    assert "/opt/ttytrace" not in unit_text(PYTHON)
