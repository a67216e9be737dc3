"""The sources that the meta tests look at: parsed once, named by their path in the repository."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
TRACER = REPO / "tracer"


@cache
def python_files(folder: str) -> dict[str, ast.Module]:
    """Path in the repository -> syntax tree, for all Python files below a folder."""
    return {
        str(path.relative_to(REPO)): ast.parse(path.read_bytes())
        for path in sorted((REPO / folder).rglob("*.py"))
    }


@cache
def tracked_texts() -> dict[str, str]:
    """Path in the repository -> text, for all files that git tracks and that exist."""
    # safe.directory: root may test a clone that belongs to somebody else.
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=REPO,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    paths = [name for name in listed if name and (REPO / name).is_file()]
    return {name: (REPO / name).read_text(errors="replace") for name in paths}
