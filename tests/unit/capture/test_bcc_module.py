"""Only the distribution's BCC is taken, and only where root alone can have put it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.need import lacking
from tracer.capture import bcc_module
from tracer.errors import NoBcc


def package(directory: Path, text: str = "") -> Path:
    """A module named bcc."""
    (directory / "bcc").mkdir(parents=True)
    init = directory / "bcc" / "__init__.py"
    init.write_text(text)
    return init


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A directory that is the only one that is looked in."""
    monkeypatch.setattr(bcc_module, "candidates", lambda: [tmp_path])
    return tmp_path


@pytest.fixture
def no_bcc_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name == "bcc" or name.startswith("bcc.")]:
        monkeypatch.delitem(sys.modules, name)


def test_none_is_none(only: Path) -> None:
    """A directory without the module has none."""
    assert bcc_module.find_bcc() is None


@pytest.mark.usefixtures("no_bcc_loaded")
def test_missing_bcc_says_what_to_install(only: Path) -> None:
    """One sentence with the package's name, and its exit code."""
    with pytest.raises(NoBcc, match="apt install python3-bpfcc"):
        bcc_module.load_bcc()


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
def test_a_package_that_others_can_write_is_passed_by(only: Path, mode: int) -> None:
    """Code that somebody else can change never runs as root."""
    package(only).parent.chmod(mode)
    assert bcc_module.find_bcc() is None


@pytest.mark.parametrize("what", ["bcc/__init__.py", "."])
def test_nor_one_whose_file_or_directory_others_can_write(only: Path, what: str) -> None:
    """Whoever can write the file, or rename the package away, can change the code."""
    package(only)
    (only / what).chmod(0o777)
    assert bcc_module.find_bcc() is None


@pytest.mark.kernel
def test_a_package_of_root_is_taken(only: Path) -> None:
    """Nobody else can have written it."""
    init = package(only)
    only.chmod(0o755)
    assert bcc_module.find_bcc() == init
    os.chown(init.parent, 65534, 65534)
    assert bcc_module.find_bcc() is None


@pytest.mark.usefixtures("no_bcc_loaded")
def test_the_package_of_pypi_is_passed_by(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """PyPI's bcc, which has no BPF, may be first on the path, and even be imported already."""
    if bcc_module.find_bcc() is None:
        lacking("the distribution's BCC is not installed")
    package(tmp_path, "import_me = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "bcc", ModuleType("bcc"))
    module = bcc_module.load_bcc()
    assert hasattr(module, "BPF")
    assert module is bcc_module.load_bcc()
    assert Path(str(module.__file__)).is_relative_to("/usr/lib")
