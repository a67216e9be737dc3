"""What came of each cell, kept in vagrant/results.json: one cell a line, sorted.

The invariant: the file has whole results only, and each says which commit it is of. How they are
shown is in page.py.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from tests.guest.kernels import REPO

FILE = REPO / "vagrant" / "results.json"
# What a result depends on: a commit that changes nothing of it leaves all results as they are.
TESTED = (
    *("bpf", "tracer", "tests/kernel", "tests/workload", "tests/guest", "tests/conftest.py"),
    *("vagrant/boxes.toml", "pyproject.toml"),
)


class Result(NamedTuple):
    """`failed` has the ids of tests, `skipped` how many by their reason; `release` to `python` are
    what the cell said of itself. `reason` says why nothing was run, or how the guest died."""

    outcome: Literal["passed", "failed", "died", "refused"]
    date: str
    commit: str
    seconds: int
    passed: int = 0
    failed: tuple[str, ...] = ()
    skipped: Mapping[str, int] = {}
    release: str = ""
    plan: str = ""
    tmux: str = ""
    bcc: str = ""
    llvm: str = ""
    python: str = ""
    reason: str = ""


def read(file: Path = FILE) -> dict[str, Result]:
    """All results by the names of their cells."""
    if not file.exists():
        return {}
    return {name: _result(fields) for name, fields in json.loads(file.read_text()).items()}


def keep(results: Mapping[str, Result], file: Path = FILE) -> None:
    """Puts them into the place of those that the file had, at once or not at all."""
    lines = (f"{json.dumps(name)}: {_line(results[name])}" for name in sorted(results))
    new = file.with_suffix(".new")
    new.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    new.replace(file)


def commit() -> str:
    """The last one that changed what is tested; with a plus sign when that is not all committed."""
    last = _git("log", "-1", "--format=%h", "--", *TESTED)
    return last + ("+" if _git("status", "--porcelain", "--", *TESTED) else "")


def _result(fields: dict[str, object]) -> Result:
    return Result(**{**fields, "failed": tuple(fields.get("failed", ()))})  # type: ignore[arg-type]


def _line(result: Result) -> str:
    defaults = Result._field_defaults
    fields = {k: v for k, v in result._asdict().items() if k not in defaults or v != defaults[k]}
    return json.dumps(fields, ensure_ascii=False)


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(REPO), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
