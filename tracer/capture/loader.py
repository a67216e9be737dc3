"""Compiles bpf/ with BCC, loads what the plan names and attaches it.

Invariant: nothing is attached unless everything compiled, loaded, and the compiled layouts equal
model/abi.py and maps.py. What is returned has nothing of BCC's any more.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer.capture import attach, maps
from tracer.capture.bcc_module import load_bcc
from tracer.capture.flatten import flatten
from tracer.capture.headers import write_headers
from tracer.capture.program import MAPS, LoadedProgram
from tracer.errors import BpfRefused
from tracer.model import abi
from tracer.paths import bpf_dir
from tracer.probe import tracefs
from tracer.probe.plan import Plan
from tracer.settings import RingSizes

_BPF_TYPES: Final = {
    "raw_tracepoint": "RAW_TRACEPOINT",
    "tracepoint": "TRACEPOINT",
    "kprobe": "KPROBE",
    "kretprobe": "KPROBE",
    "fentry": "TRACING",
    "fexit": "TRACING",
}


class Wanted(NamedTuple):
    """What is read: `input` that comes to panes, what `clients` are sent. The rest always is."""

    input: bool = True
    clients: bool = True

    @property
    def flags(self) -> list[str]:
        """As the compiler is told."""
        left_out = {"-DTT_NO_INPUT": self.input, "-DTT_NO_CLIENTS": self.clients}
        return [flag for flag, is_wanted in left_out.items() if not is_wanted]


EVERYTHING: Final = Wanted()


def load(plan: Plan, types: str, rings: RingSizes, wanted: Wanted = EVERYTHING) -> LoadedProgram:
    """Compiles for `plan` with the kernel's `types` (C text of probe.ktypes) and attaches.

    Of what isn't wanted no byte is read, and nothing is sent about any.
    Raises NoBcc, or BpfRefused with what clang, the verifier or the kernel said.
    """
    bcc = load_bcc()
    bpf = compile_module(bcc, plan, types, [*_ring_flags(rings), *wanted.flags])
    with ExitStack() as always, ExitStack() as on_error:
        always.callback(bpf.cleanup)
        loaded = LoadedProgram(
            plan.name, {name: _map(bpf, name) for name in MAPS}, {}, [], plan.reason
        )
        on_error.callback(loaded.close)
        for function, kind in {each.way.function: each.way.kind for each in plan.hooks}.items():
            loaded.programs[function] = _load_function(bcc, bpf, kind, function)
        for hook in plan.hooks:
            link = _attach(loaded.programs[hook.way.function], hook.way.kind, hook.way.target)
            loaded.links.append(link)
        on_error.pop_all()
    return loaded


def compile_module(bcc: Any, plan: Plan, types: str, options: list[str]) -> Any:
    """BCC's object of the whole kernel half, with nothing loaded. Raises BpfRefused."""
    text = types + flatten(bpf_dir() / "main.bpf.c") + _layout_checks()
    flags = [f"-DTT_PLAN_{plan.name.upper()}", *options]
    if any(hook.way.function == "rt_sys_exit" for hook in plan.hooks):
        flags.append("-DTT_RAW_SYSCALLS")
    # BCC's constructor would attach whatever has a name that it knows; the plan attaches here.
    quiet = type("Bpf", (bcc.BPF,), {"_trace_autoload": lambda _self: None})
    with tempfile.TemporaryDirectory(prefix="ttytrace-") as tree, _stderr() as said:
        write_headers(Path(tree))
        before = os.environ.get("BCC_KERNEL_SOURCE")
        os.environ["BCC_KERNEL_SOURCE"] = tree
        try:
            return quiet(text=text.encode(), cflags=[*flags, "-Wno-macro-redefined"])
        except Exception as error:  # BCC raises the base class
            raise BpfRefused(program="source", reason=said() or str(error)) from error
        finally:
            _restore_environment("BCC_KERNEL_SOURCE", before)


def _restore_environment(name: str, value: str | None) -> None:
    if value is None:
        del os.environ[name]
    else:
        os.environ[name] = value


def _ring_flags(rings: RingSizes) -> list[str]:
    return [
        f"-DTT_CRITICAL_RING_PAGES={rings.critical_pages}",
        f"-DTT_BULK_RING_PAGES={rings.bulk_pages}",
        f"-DTT_CPUS={os.sysconf('SC_NPROCESSORS_CONF')}",
    ]


def _layout_checks() -> str:
    """C that doesn't compile unless each struct has the layout of model/abi.py and maps.py."""
    checks = {"abi version": f"TT_ABI_VERSION == {abi.ABI_VERSION}"}
    for name, layout in abi.LAYOUTS.items():
        checks[f"tt_{name}"] = f"sizeof(struct tt_{name}) == {layout.size}"
    for name, layout in maps.LAYOUTS.items():
        checks[name] = f"sizeof(struct {name}) == {layout.size}"
        for field in layout.names:
            place = f"__builtin_offsetof(struct {name}, {field})"
            checks[f"{name}.{field}"] = f"{place} == {layout.offset(field)}"
    return "".join(f'_Static_assert({check}, "{what}");\n' for what, check in checks.items())


# Both return a descriptor that stays when BCC closes its own.


def _map(bpf: Any, name: str) -> int:
    return os.dup(bpf[name.encode()].map_fd)


def _load_function(bcc: Any, bpf: Any, kind: str, function: str) -> int:
    with _stderr() as said:
        try:
            return os.dup(bpf.load_func(function.encode(), getattr(bcc.BPF, _BPF_TYPES[kind])).fd)
        except Exception as error:  # BCC raises the base class
            raise BpfRefused(program=function, reason=said() or str(error)) from error


def _attach(program_fd: int, kind: str, target: str) -> int:
    try:
        match kind:
            case "raw_tracepoint":
                return attach.raw_tracepoint(program_fd, target)
            case "kprobe":
                return attach.kprobe(program_fd, target)
            case "kretprobe":
                return attach.kretprobe(program_fd, target)
            case "tracepoint":
                return attach.tracepoint(program_fd, tracefs.event_id_of(target))
            case _:
                return attach.trampoline(program_fd)
    except OSError as error:
        raise BpfRefused(program=target, reason=error.strerror) from error


@contextmanager
def _stderr() -> Iterator[Any]:
    """Catches what BCC's C++ half writes to descriptor 2; yields a function for its last line."""
    with tempfile.TemporaryFile() as sink:
        saved = os.dup(2)
        os.dup2(sink.fileno(), 2)

        def said() -> str:
            sink.seek(0)
            lines = sink.read().decode(errors="replace").strip().splitlines()
            errors = [line for line in lines if "error:" in line]
            return (errors or lines or [""])[0 if errors else -1]

        try:
            yield said
        finally:
            os.dup2(saved, 2)
            with suppress(OSError):
                os.close(saved)
