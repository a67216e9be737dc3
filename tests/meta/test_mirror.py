"""tests/unit mirrors tracer/ file for file, in both directions."""

from __future__ import annotations

import ast
from pathlib import PurePath

from tests.meta.sources import REPO, python_files

# Module -> where it is tested instead. The entry goes when the unit test comes.
TESTED_ELSEWHERE: dict[str, str] = {
    "tracer/cli/recording.py": "tests/kernel/test_run.py",
    "tracer/cli/live.py": "tests/kernel/test_ending.py",
    "tracer/cli/main.py": "tests/kernel/test_ending.py",
    "tracer/cli/run.py": "tests/kernel/test_run.py",
    "tracer/daemon.py": "tests/kernel/test_ending.py",
    "tracer/model/stage.py": "tests/unit/test_pipeline.py",  # shapes alone
    "tracer/replay/recording.py": "tests/unit/replay/test_memory.py",  # shapes alone
    "tracer/respond/action.py": "tests/unit/respond/test_responder.py",  # shapes alone
    "tracer/service/oversight.py": "tests/kernel/test_control.py",
    "tracer/service/recorder.py": "tests/kernel/test_run.py",
}


def has_code(tree: ast.Module) -> bool:
    """Whether a module does something; constants and plain record types don't."""
    return any(isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) for n in ast.walk(tree))


def mirror_of(module: str) -> str:
    """tracer/probe/btf.py -> tests/unit/probe/test_btf.py"""
    path = PurePath(module)
    inner = PurePath("tests/unit", *path.parts[1:-1])
    return str(inner / f"test_{path.name}")


def untested() -> set[str]:
    """Modules with code that have no test file of their own."""
    return {
        module
        for module, tree in python_files("tracer").items()
        if has_code(tree) and not (REPO / mirror_of(module)).exists()
    }


def test_every_module_has_its_test() -> None:
    """A module of tracer/ with code has its file in tests/unit, or a reason why not."""
    assert not sorted(untested() - set(TESTED_ELSEWHERE))


def test_every_test_has_its_module() -> None:
    """A file of tests/unit tests the module at the same place."""
    mirrored = {mirror_of(module) for module in python_files("tracer")}
    tests = {path for path in python_files("tests/unit") if PurePath(path).name.startswith("test_")}
    assert not sorted(tests - mirrored)


def test_every_exception_is_needed() -> None:
    """An exception is for a module that still has no unit test, and names a place that exists."""
    assert not set(TESTED_ELSEWHERE) - untested()
    assert not [place for place in TESTED_ELSEWHERE.values() if not (REPO / place).exists()]
