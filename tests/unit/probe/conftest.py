"""Types that cc compiled, and the running kernel's; and root, for what only root can try."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tracer.probe.btf import Btf


@pytest.fixture
def btf_of(tmp_path: Path) -> Callable[[str], bytes]:
    """Compiles C and gives the BTF that gcc writes about it."""

    def compile_it(source: str) -> bytes:
        unit, types = tmp_path / "unit.o", tmp_path / "unit.btf"
        subprocess.run(
            ["gcc", "-gbtf", "-x", "c", "-c", "-o", unit, "-"], input=source.encode(), check=True
        )
        subprocess.run(["objcopy", "--dump-section", f".BTF={types}", unit], check=True)
        return types.read_bytes()

    return compile_it


@pytest.fixture(scope="session")
def kernel() -> Btf:
    """The running kernel's types."""
    return Btf.load()


@pytest.fixture
def root() -> None:
    """For what only root can try."""
    if os.geteuid() == 0:
        return
    if os.environ.get("TTYTRACE_KERNEL_TESTS") == "1":
        pytest.fail("TTYTRACE_KERNEL_TESTS=1 and this is not root")
    pytest.skip("only root can ask the kernel by trying")
