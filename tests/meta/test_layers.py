"""Imports go down only: docs/architecture.md's table of layers, as data."""

from __future__ import annotations

import ast

import pytest

from tests.meta.sources import python_files

BASE = {"errors", "config", "settings", "toml_lines", "clock", "paths", "privileges"}
STAGES = "probe capture observe decode correlate attribute redact seal".split()
BELOW_STAGES = {"base", "model"}
FOLLOWERS = {"sinks", "replay", "export", "detect", "respond"}
BELOW_TOP = {"base", "model", "screen", "codec", "store", *FOLLOWERS, *STAGES}

MAY_IMPORT: dict[str, set[str]] = {
    "base": set(),
    "model": {"base"},
    "screen": {"base"},
    "codec": {"base", "model"},
    **dict.fromkeys(STAGES, BELOW_STAGES),
    "capture": BELOW_STAGES | {"probe", "observe"},
    "seal": BELOW_STAGES | {"codec"},
    "store": {"base", "model", "screen", "codec", "seal"},
    "replay": {"base", "model", "screen", "codec", "store"},
    "export": {"base", "model", "screen", "codec", "replay"},
    "sinks": {"base", "model", "codec", "seal", "store"},
    "detect": {"base", "model", "screen", "attribute", "codec", "store"},
    "respond": {"base", "model", "codec", "store"},
    "pipeline": BELOW_TOP,
    "install": {"base", "store"},
    "workers": BELOW_TOP,
    "daemon": BELOW_TOP | {"pipeline"},
    "service": BELOW_TOP | {"pipeline", "daemon", "workers"},
    "cli": BELOW_TOP | {"pipeline", "daemon", "service", "workers", "install"},
    "web": BELOW_TOP | {"pipeline", "daemon"},
}


def room_of(module: str) -> str | None:
    """`tracer.probe.btf` -> probe, `tracer.errors` -> base; None for tracer itself and others."""
    package, _, rest = module.partition(".")
    name = rest.partition(".")[0]
    if package != "tracer" or not name:
        return None
    return "base" if name in BASE else name


def imported(tree: ast.Module) -> set[str]:
    """Full names of all that a file imports, wherever in the file it does so."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def upward(path: str, tree: ast.Module) -> list[str]:
    """One line for each import that leaves its layer upwards or sideways."""
    room = room_of(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    if room is None:
        return [f"{path} imports {name}" for name in imported(tree) if room_of(name)]
    rooms = MAY_IMPORT[room] | {room}
    return [
        f"{path} ({room}) imports {name}"
        for name in sorted(imported(tree))
        if (target := room_of(name)) and target not in rooms
    ]


def test_imports_go_down_only() -> None:
    """No file of tracer/ imports a room that its layer may not know."""
    found = [line for path, tree in python_files("tracer").items() for line in upward(path, tree)]
    assert not found, "\n".join(found)


def test_no_relative_imports() -> None:
    """A relative import would hide from the table which room it reaches."""
    relative = [
        f"{path}:{node.lineno}"
        for path, tree in python_files("tracer").items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative


@pytest.mark.parametrize(
    ("path", "statement"),
    [
        ("tracer/model/events.py", "import tracer.cli.main"),
        ("tracer/decode/order.py", "from tracer.correlate import stage"),
        ("tracer/observe/procfs.py", "def f():\n    from tracer.probe.btf import Btf"),
        ("tracer/config.py", "from tracer.model import abi"),
        ("tracer/web/view.py", "from tracer.cli import render"),
        ("tracer/__init__.py", "from tracer import errors"),
    ],
)
def test_an_import_upwards_is_noticed(path: str, statement: str) -> None:
    """The gate closes: each of these breaks the table."""
    assert upward(path, ast.parse(statement))
