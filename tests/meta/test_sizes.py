"""Files and functions stay short. An exception names what it allows, and ends with its cause."""

from __future__ import annotations

import ast
import re

from tests.meta.sources import REPO, python_files, tracked_texts

FILE_LINES = 400
PYTHON_LINES = 50
C_LINES = 60

# What is longer than its limit -> the lines that it may have.
EXCEPTIONS: dict[str, int] = {}

_C_BODY = re.compile(r"^(?P<head>[^\s#/{}][^\n;{]*(?:\n[ \t]+[^\n;{]*)*)\n\{\n.*?^\}", re.M | re.S)
_C_NAME = re.compile(r"(\w+)\(")


def file_lengths() -> dict[str, int]:
    """Path -> lines, for all sources."""
    sources = (".py", ".c", ".h", ".sh")
    return {p: t.count("\n") for p, t in tracked_texts().items() if p.endswith(sources)}


def python_lengths(path: str, tree: ast.Module) -> dict[str, int]:
    """path:function -> lines from def to its end, docstring included."""
    return {
        f"{path}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def c_lengths(path: str, text: str) -> dict[str, int]:
    """path:function -> lines from its head to its closing brace; kernel style is assumed."""
    lengths = {}
    for body in _C_BODY.finditer(text):
        name = _C_NAME.search(body["head"])
        if name:
            lengths[f"{path}:{name[1]}"] = body[0].count("\n") + 1
    return lengths


def too_long() -> dict[str, int]:
    """Everything that is longer than its kind may be -> its lines."""
    long = {name: n for name, n in file_lengths().items() if n > FILE_LINES}
    for path, tree in python_files("tracer").items():
        long |= {name: n for name, n in python_lengths(path, tree).items() if n > PYTHON_LINES}
    for path in (REPO / "bpf").glob("*.[ch]"):
        lengths = c_lengths(f"bpf/{path.name}", path.read_text())
        long |= {name: n for name, n in lengths.items() if n > C_LINES}
    return long


def test_nothing_is_longer_than_allowed() -> None:
    """Files, Python functions and C functions keep their limits, or their exception's."""
    over = {name: n for name, n in too_long().items() if n > EXCEPTIONS.get(name, 0)}
    assert not over


def test_every_exception_is_needed() -> None:
    """An exception for something that has become short, or has gone, is removed."""
    assert set(EXCEPTIONS) <= set(too_long())


def test_lengths_are_measured() -> None:
    """The rulers themselves: both languages, from head to closing brace."""
    python = "class A:\n    def f(self):\n        a = 1\n\n        return a\n"
    assert python_lengths("x.py", ast.parse(python)) == {"x.py:f": 4}
    c = "static int f(int a,\n\t\t int b)\n{\n\tif (a) {\n\t\ta = 1;\n\t}\n\treturn a;\n}\n"
    assert c_lengths("x.c", c + "\nPROBE(g)\n{\n}\n") == {"x.c:f": 8, "x.c:PROBE": 3}
