"""Importing tracer does nothing and loads nothing heavy: `ttytrace --help` stays quick, and works
where BCC is missing."""

from __future__ import annotations

import subprocess
import sys

from tests.meta.sources import REPO, python_files
from tests.meta.test_layers import imported

HEAVY = {"bcc", "pyroute2", "psutil", "sigma", "yaml", "re2", "watchfiles", "apprise"}


def loaded_by(*modules: str) -> set[str]:
    """The top-level modules in a fresh interpreter after importing these."""
    code = f"import sys, {', '.join(modules)}; print(*{{m.split('.')[0] for m in sys.modules}})"
    names = subprocess.check_output([sys.executable, "-c", code], cwd=REPO, text=True)
    return set(names.split())


def test_the_command_line_loads_nothing_heavy() -> None:
    """`import tracer` and the command line's module leave BCC, and what rules need, alone."""
    assert not loaded_by("tracer", "tracer.cli.main") & HEAVY


def test_the_process_that_records_loads_nothing_of_rules() -> None:
    """What reads, matches and tells is loaded by workers alone."""
    of_rules = {"sigma", "yaml", "re2", "watchfiles", "apprise", "requests"}
    assert not loaded_by("tracer.service.recorder") & of_rules
    assert loaded_by("tracer.workers.rules") >= of_rules - {"apprise", "requests"}


def test_no_module_loads_bcc() -> None:
    """No module of tracer/ loads BCC while it is imported."""
    modules = [
        path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in python_files("tracer")
    ]
    assert "bcc" not in loaded_by(*modules)


def test_bcc_is_never_imported_by_name() -> None:
    """`import bcc` could mean PyPI's unrelated package: only load_bcc() knows the real one."""
    importers = {
        path
        for path, tree in python_files("tracer").items()
        if any(name.split(".")[0] == "bcc" for name in imported(tree))
    }
    assert not importers
