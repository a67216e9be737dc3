"""The kernel half, compiled for arm64 against the types of a kernel, for each plan.

The invariant: BCC itself compiles, as an arm64 host's would: only the machine that it is told
differs. No program is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from tests.arm64.kernels import Kernel
from tracer.capture import loader
from tracer.capture.bcc_module import load_bcc
from tracer.probe.btf import Btf
from tracer.probe.catalog import PLANS, Design
from tracer.probe.ktypes import kernel_types, layouts
from tracer.probe.plan import Chosen, Plan

# Ours of capture/headers.py, by the kernel's
_REGISTERS = {
    "user_pt_regs": ("regs", "sp", "pc", "pstate"),
    "pt_regs": ("orig_x0", "syscallno"),
}
_IS_ARM64 = "#ifndef __TARGET_ARCH_arm64\n#error this is not for arm64\n#endif\n"


def compiled(kernel: Kernel) -> Iterator[str]:
    """Compiles every plan, in each of its options; says which. Raises BpfRefused."""
    text = kernel_types(kernel.types) + _IS_ARM64 + _registers(kernel.types)
    before = os.environ.get("ARCH")
    os.environ["ARCH"] = "arm64"  # BCC's way to name the machine that it compiles for
    try:
        for plan in _plans():
            loader.compile_module(load_bcc(), plan, text, []).cleanup()
            yield f"{plan.name} ({', '.join(sorted({each.way.kind for each in plan.hooks}))})"
    finally:
        if before is None:
            del os.environ["ARCH"]
        else:
            os.environ["ARCH"] = before


def missing(kernel: Kernel) -> list[str]:
    """What the kernel's types lack of what is read, and of what is hooked."""
    members = [
        f"{layout.name}.{name}" for layout in layouts(kernel.types) for name in layout.missing
    ]
    ways = [each.way for plan in _plans() for each in plan.hooks]
    functions = {way.target for way in ways if way.kind in ("kprobe", "fentry", "fexit")}
    return members + [f"{one}()" for one in sorted(functions) if not kernel.types.functions(one)]


def _plans() -> Iterator[Plan]:
    for design in PLANS:
        first, second = _plan(design, 0), _plan(design, 1)
        yield first
        if not _programs(second) <= _programs(first):
            yield second


def _plan(design: Design, nth: int) -> Plan:
    chosen = [
        Chosen(hook, way, "")
        for hook in design.hooks
        for way in hook.options[min(nth, len(hook.options) - 1)].ways
    ]
    return Plan(design.name, design.why, tuple(chosen), ())


def _programs(plan: Plan) -> set[str]:
    return {each.way.function for each in plan.hooks}


def _registers(types: Btf) -> str:
    checks = ""
    for struct, names in _REGISTERS.items():
        for name in names:
            member = types.member(struct, name)
            assert member is not None
            place = f"__builtin_offsetof(struct {struct}, {name})"
            checks += f'_Static_assert({place} == {member.offset_bytes}, "{struct}.{name}");\n'
    return checks
