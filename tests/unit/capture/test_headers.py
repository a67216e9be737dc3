"""The header tree is enough for C, and the same on every machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tracer.capture.headers import write_headers

_WIDTHS = {"u8": 1, "s8": 1, "__u16": 2, "__be32": 4, "u32": 4, "s64": 8, "__le64": 8, "bool": 1}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write_headers(tmp_path)
    return tmp_path


def test_types_have_the_kernels_widths(tree: Path) -> None:
    """A C compiler agrees, with nothing but these headers; pt_regs is that of x86-64."""
    checks = [f'_Static_assert(sizeof({name}) == {n}, "{name}");' for name, n in _WIDTHS.items()]
    checks.append('_Static_assert(__builtin_offsetof(struct pt_regs, orig_ax) == 120, "regs");')
    checks.append('_Static_assert(sizeof(struct pt_regs) == 168, "regs");')
    text = "#include <linux/kconfig.h>\n#include <linux/bpf_common.h>\n" + "\n".join(checks)
    include = tree / "include"
    command = ["cc", "-std=gnu11", "-nostdinc", "-Wall", "-Werror", "-fsyntax-only", "-x", "c"]
    subprocess.run([*command, f"-I{include}", "-"], input=text.encode(), check=True)


def test_arm64_has_its_registers(tree: Path) -> None:
    """What bpf/compat.bpf.h reads there is at its place (arch/arm64/include/asm/ptrace.h)."""
    text = """#define __TARGET_ARCH_arm64
#include <linux/kconfig.h>
_Static_assert(__builtin_offsetof(struct pt_regs, orig_x0) == 272, "x0");
_Static_assert(__builtin_offsetof(struct pt_regs, syscallno) == 280, "nr");
"""
    command = ["cc", "-std=gnu11", "-nostdinc", "-fsyntax-only", "-x", "c"]
    subprocess.run([*command, f"-I{tree / 'include'}", "-"], input=text.encode(), check=True)


def test_the_tree_is_always_the_same(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing in it depends on the machine or on what was there."""
    other = tmp_path_factory.mktemp("other")
    write_headers(other)
    write_headers(other)
    assert _contents(tree) == _contents(other)
    assert "linux/version.h" in {str(p.relative_to(tree / "include")) for p in _files(tree)}


def _files(tree: Path) -> list[Path]:
    return sorted(path for path in tree.rglob("*") if path.is_file())


def _contents(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in _files(tree)}
