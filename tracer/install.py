"""What ttytrace is on a host besides its own files: an account, a configuration and a unit.

Invariant: each step can be taken again, and a file is written whole or not at all. The record, its
keys and the configuration stay when the service goes, unless they are purged by name.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.config import PATH, load
from tracer.errors import CantInstall, StepFailed
from tracer.paths import packaging_dir
from tracer.privileges import ACCOUNT, reading_group
from tracer.settings import LogSettings
from tracer.store.attributes import make_changeable

SERVICE: Final = "ttytrace.service"
_ACCOUNT_OPTIONS: Final = "--system --user-group --no-create-home --home-dir / --shell".split()
_NOLOGIN: Final = "/usr/sbin/nologin"
_HIDDEN: Final = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # from the unit
_OTHERS_WRITE: Final = 0o022
_APT: Final = "a package put it here: apt remove ttytrace, or apt purge"


@dataclass(frozen=True, slots=True)
class Places:
    """Where things go."""

    config: Path = PATH
    unit: Path = Path("/etc/systemd/system", SERVICE)
    packaged: Path = Path("/lib/systemd/system", SERVICE)
    """The unit of a package, which is the package's to remove. systemd prefers `unit`."""
    log: Path = Path(LogSettings().directory)
    state: Path = Path(LogSettings().state)
    systemd: Path = Path("/run/systemd/system")
    """Exists where systemd runs."""


def install(places: Places, python: Path) -> Iterator[str]:
    """Does what is missing; a sentence for each step, when it was taken.

    `python`: the interpreter that the service is to run in. Raises BadConfig, CantInstall and
    StepFailed; the first two before anything is changed.
    """
    if places.config.exists():
        load(places.config, os.geteuid())
    if not places.packaged.exists():
        _check(python)
    yield _account()
    yield _config(places.config)
    yield _rules(places.config.parent / "rules")
    yield _unit(places, python)
    if places.systemd.exists():
        systemctl("daemon-reload")


def uninstall(places: Places) -> Iterator[str]:
    """Stops the service and removes its unit, but no package's. Raises CantInstall, StepFailed."""
    has_package = places.packaged.exists()
    if has_package and not places.unit.exists():
        raise CantInstall(reason=_APT)
    if not places.unit.exists():
        yield "There is no unit."
        return
    if places.systemd.exists():
        systemctl("disable", "--now", SERVICE)
        yield "The service is stopped."
    with _step(f"remove {places.unit}"):
        places.unit.unlink()
    if places.systemd.exists():
        systemctl("daemon-reload")
    yield f"{places.unit} is removed."
    if has_package:
        yield f"{places.packaged} is left, a package's: systemctl enable --now {SERVICE} starts it."


def purge(places: Places) -> Iterator[str]:
    """Removes the configuration, the record and its keys where they are by default, and the
    account. Raises StepFailed, at once where a package is installed."""
    if places.packaged.exists():
        raise StepFailed(command="ttytrace uninstall --purge", reason=_APT)
    for place in (places.log, places.state, places.config.parent):
        if place.is_dir():
            yield _remove(place)
    if _has_account():
        _run("userdel", ACCOUNT)
        yield f"The account {ACCOUNT} is removed."
    if reading_group():  # a group with members outlives its account
        _run("groupdel", ACCOUNT)
        yield f"The group {ACCOUNT} is removed."


def systemctl(*arguments: str) -> None:
    """Raises StepFailed."""
    _run("systemctl", *arguments)


def _check(python: Path) -> None:
    for place in (python, packaging_dir()):
        if any(place.is_relative_to(hidden) for hidden in _HIDDEN):
            raise CantInstall(reason=f"the service could not see {place}: install it below /opt")
        for part in (place, *place.parents):
            try:
                state = part.stat()
            except OSError as error:
                raise CantInstall(reason=f"{part}: {error.strerror}") from None
            if state.st_uid != 0 or stat.S_IMODE(state.st_mode) & _OTHERS_WRITE:
                reason = f"others than root can write to {part}, and root would run it"
                raise CantInstall(reason=f"{reason}: install it below /opt")


def _has_account() -> bool:
    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        return False
    return True


def _account() -> str:
    if _has_account():
        return f"There is an account {ACCOUNT}."
    _run("useradd", *_ACCOUNT_OPTIONS, _NOLOGIN, ACCOUNT)
    return f"The account and the group {ACCOUNT} are made: who is in the group can read the record."


def _config(place: Path) -> str:
    if place.exists():
        return f"{place} is as it was."
    with _step(f"write {place}"):
        place.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        os.chown(place.parent, -1, reading_group())
        _write(place, (packaging_dir() / "config.toml").read_text(), 0o640, reading_group())
    return f"{place} is written: the defaults."


def _rules(place: Path) -> str:
    if place.exists():
        return f"{place} is as it was."
    with _step(f"make {place}"):
        place.mkdir()
        place.chmod(0o755)
    return f"{place} is made: your own rules go there."


def _unit(places: Places, python: Path) -> str:
    if places.packaged.exists():
        if places.unit.exists():
            return f"{places.unit} stands before the package's: ttytrace uninstall removes it."
        return f"The unit is the package's, {places.packaged}."
    with _step(f"write {places.unit}"):
        text = unit_text(python)
        if places.unit.exists() and places.unit.read_text() == text:
            return f"{places.unit} is as it was."
        places.unit.parent.mkdir(parents=True, exist_ok=True)
        _write(places.unit, text, 0o644, 0)
    return f"{places.unit} is written."


def unit_text(python: Path) -> str:
    """The unit, for an interpreter."""
    text = (packaging_dir() / SERVICE).read_text()
    return text.replace("/opt/ttytrace/bin/python", str(python))


def _write(place: Path, text: str, mode: int, group: int) -> None:
    new = place.with_name(f".{place.name}.new")
    new.unlink(missing_ok=True)
    with new.open("x") as file:
        os.fchmod(file.fileno(), mode)
        os.fchown(file.fileno(), -1, group)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.rename(place)


def _remove(tree: Path) -> str:
    with _step(f"remove {tree}"):
        _unlock(tree)
        try:
            shutil.rmtree(tree)
        except OSError:
            if not tree.is_mount() or any(tree.iterdir()):
                raise
            return f"{tree} is empty; it stays, as a disk is mounted there."
    return f"{tree} is removed."


def _unlock(tree: Path) -> None:
    for _, _, names, parent in os.fwalk(tree):
        make_changeable(parent)
        for name in names:
            if stat.S_ISREG(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
                make_changeable(fd)
                os.close(fd)


def _run(*command: str) -> None:
    with _step(" ".join(command)):
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False
        )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise StepFailed(command=" ".join(command), reason=lines[0])


@contextmanager
def _step(command: str) -> Iterator[None]:
    """What the system refuses is a StepFailed that says what it was about."""
    try:
        yield
    except OSError as error:
        raise StepFailed(command=command, reason=error.strerror or error.args[0]) from None


def interpreter() -> Path:
    """The one that runs this, by the name that brings its modules along."""
    return Path(sys.executable)
