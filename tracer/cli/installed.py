"""What `ttytrace doctor` says of the service on this host: what is installed, and who may what.

Invariant: it looks, changes nothing, and says so where it may not look.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.config import load
from tracer.errors import TtytraceError
from tracer.install import Places
from tracer.observe import procfs
from tracer.privileges import ACCOUNT, LOADER, SERVICE, effective_of, names_of, set_of
from tracer.settings import LogSettings
from tracer.store.lock import writer

_WORKERS: Final = "tracer.workers."
_INSTALL: Final = "ttytrace install"


@dataclass(frozen=True)
class Feature:
    """One thing looked for; `ok` is None if it could not be looked at."""

    name: str
    ok: bool | None
    detail: str
    cure: str | None


def features(places: Places) -> Iterator[Feature]:
    """What there is of the service."""
    yield _account()
    settings, configuration = _configuration(places.config)
    yield configuration
    yield _log(settings)
    unit = next((each for each in (places.unit, places.packaged) if each.exists()), None)
    yield Feature(
        "unit", unit is not None, str(unit or "not installed"), None if unit else _INSTALL
    )
    pid = writer(Path(settings.state))
    yield Feature(
        "service", pid is not None, f"pid {pid} records" if pid else "nobody records", None
    )


def rights(state: Path) -> Iterator[tuple[str, list[str]]]:
    """Whose capabilities, and which: what is needed, what of it we lack, what those have that run.

    `state`: the directory of the keys of the log, whose writer is the service.
    """
    yield "loader needs", names_of(set_of(LOADER))
    yield "service needs", names_of(set_of(SERVICE))
    yield "missing here", names_of(set_of(LOADER | SERVICE) & ~effective_of(os.getpid()))
    pid = writer(state)
    if pid is None:
        return
    yield f"service ({pid})", names_of(effective_of(pid))
    for child in sorted(procfs.descendants([pid])):
        if name := _worker_name(child):
            yield f"{name} ({child})", names_of(effective_of(child))


def _account() -> Feature:
    try:
        entry = pwd.getpwnam(ACCOUNT)
        members = grp.getgrnam(ACCOUNT).gr_mem
    except KeyError:
        return Feature("account", False, f"there is no account {ACCOUNT}", _INSTALL)
    readers = ", ".join(["root", *members])
    return Feature("account", True, f"uid {entry.pw_uid}; the record is for {readers}", None)


def _configuration(path: Path) -> tuple[LogSettings, Feature]:
    try:
        found = path if path.exists() else None
        return load(found).log, Feature("config", True, str(found or "the defaults"), None)
    except PermissionError:
        return LogSettings(), Feature("config", None, f"{path} is for root and {ACCOUNT}", None)
    except TtytraceError as error:
        return LogSettings(), Feature("config", False, str(error), "ttytrace config check")


def _log(settings: LogSettings) -> Feature:
    place, key = Path(settings.directory), Path(settings.directory, "key")
    try:
        if key.exists():
            mode = stat.filemode(place.stat().st_mode)
            return Feature("log", True, f"{place} {mode}", None)
    except PermissionError:
        return Feature("log", None, f"{place} is for root and {ACCOUNT}", None)
    return Feature("log", False, f"there is none in {place}", "ttytrace init")


def _worker_name(pid: int) -> str | None:
    seen = procfs.process(pid)
    words = [word.decode(errors="replace") for word in seen.argv] if seen else []
    return next((word.removeprefix("tracer.") for word in words if word.startswith(_WORKERS)), None)
