"""Finds BCC's Python module: the distribution's, which is no PyPI package.

Invariant: only a module that root owns, files and directory, and nobody else can write is taken;
it runs as root. PyPI's `bcc` is an unrelated project and is passed by.
"""

from __future__ import annotations

import importlib.util
import stat
import sys
from pathlib import Path
from types import ModuleType

from tracer.errors import NoBcc


def candidates() -> list[Path]:
    """Where distributions put it: Debian's dist-packages, then site-packages of each Python."""
    libraries = (Path("/usr/lib"), Path("/usr/lib64"))
    sites = [site for lib in libraries for site in lib.glob("python3*/site-packages")]
    return [Path("/usr/lib/python3/dist-packages"), *sorted(sites, reverse=True)]


def find_bcc() -> Path | None:
    """The `bcc/__init__.py` that would be loaded, or None."""
    for directory in candidates():
        package = directory / "bcc"
        if (package / "__init__.py").is_file() and _is_only_roots(directory, package):
            return package / "__init__.py"
    return None


def load_bcc() -> ModuleType:
    """BCC's module; raises NoBcc where the distribution's isn't installed."""
    loaded = sys.modules.get("bcc")
    if loaded is not None and hasattr(loaded, "BPF"):
        return loaded
    init = find_bcc()
    if init is None:
        raise NoBcc
    for name in [name for name in sys.modules if name == "bcc" or name.startswith("bcc.")]:
        del sys.modules[name]
    spec = importlib.util.spec_from_file_location(
        "bcc", init, submodule_search_locations=[str(init.parent)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bcc"] = module
    spec.loader.exec_module(module)
    return module


def _is_only_roots(directory: Path, package: Path) -> bool:
    # Who can write a directory can put other files in the place of those that are there.
    entries = [path.stat() for path in (directory, package, *package.iterdir())]
    writable = stat.S_IWGRP | stat.S_IWOTH
    return all(entry.st_uid == 0 and not entry.st_mode & writable for entry in entries)
