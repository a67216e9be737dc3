"""The header tree is enough for C, and the same on every machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tracer import privileges
from tracer.capture import attach
from tracer.capture.headers import write_headers
from tracer.observe import audit_rules
from tracer.paths import bpf_dir
from tracer.probe import syscalls

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
    x86 = "-U__aarch64__"  # where arm64 compiles this
    subprocess.run([*command, x86, f"-I{include}", "-"], input=text.encode(), check=True)


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


def test_system_calls_have_this_machines_numbers() -> None:
    """Those of bpf/ and of Python, by the C library's headers; tests.arm64 runs this too."""
    compat = bpf_dir() / "compat.bpf.h"
    numbers = {
        "bpf": syscalls._SYS_BPF,
        "capset": privileges._SYS_CAPSET,
        "execve": audit_rules._EXECVE,
        "membarrier": attach._SYS_MEMBARRIER,
        "perf_event_open": syscalls._SYS_PERF_EVENT_OPEN,
    }
    checks = [f'_Static_assert(__NR_{name} == {n}, "{name}");' for name, n in numbers.items()]
    names = set(re.findall(r"#define NR_(\w+)", compat.read_text()))
    assert {"read", "process_vm_writev"} <= names
    checks += [f'_Static_assert(__NR_{name} == NR_{name}, "{name}");' for name in names]
    text = f'#include <asm/unistd.h>\n#include "{compat}"\n' + "\n".join(checks)
    command = ["cc", "-std=gnu11", "-Wall", "-Werror", "-fsyntax-only", "-x", "c", "-"]
    subprocess.run(command, input=text.encode(), check=True)
