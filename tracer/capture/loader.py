"""Compiles bpf/ with BCC, loads what the plan names and attaches it.

Invariant: nothing is attached unless everything compiled, loaded, and the compiled layouts equal
model/abi.py. Closing, or dying, detaches all.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ctypes import c_uint32
from pathlib import Path
from typing import Any, Final

from tracer.capture import attach
from tracer.capture.bcc_module import load_bcc
from tracer.capture.flatten import flatten
from tracer.capture.headers import write_headers
from tracer.errors import BpfRefused
from tracer.model import abi
from tracer.model.events import Tty
from tracer.model.facts import TtyState
from tracer.paths import bpf_dir
from tracer.probe import tracefs
from tracer.probe.plan import Plan
from tracer.settings import RingSizes

LINEAGE_IGNORED: Final = 1  # bpf/maps.bpf.h

_BPF_TYPES: Final = {
    "raw_tracepoint": "RAW_TRACEPOINT",
    "tracepoint": "TRACEPOINT",
    "kprobe": "KPROBE",
    "kretprobe": "KPROBE",
    "fentry": "TRACING",
    "fexit": "TRACING",
}


class LoadedProgram:
    """The attached kernel half: its maps, and the programs with their descriptors."""

    def __init__(self, bpf: Any, programs: dict[str, int], links: list[int]) -> None:
        self.bpf: Final = bpf
        self._links = links
        self.programs: Final = programs

    def map_fd(self, name: str) -> int:
        """Descriptor of a map of bpf/maps.bpf.h."""
        return int(self.bpf[name.encode()].map_fd)

    def follow(self, tgid: int, server_tgid: int, pane_tgid: int) -> None:
        """Puts a process under a server (itself, if it is one); its children inherit it."""
        table = self.bpf[b"lineage"]
        table[c_uint32(tgid)] = table.Leaf(server_tgid, pane_tgid, 0)

    def unfollow(self, tgid: int) -> None:
        """Takes a process out; no error if it isn't there."""
        with suppress(KeyError):
            del self.bpf[b"lineage"][c_uint32(tgid)]

    def ignore_server(self, tgid: int) -> None:
        """Reads nothing more of what looked like a tmux server and isn't one."""
        table = self.bpf[b"lineage"]
        table[c_uint32(tgid)] = table.Leaf(tgid, 0, LINEAGE_IGNORED)

    def exclude_session(self, session: int) -> None:
        """Never reads the pane whose session leader this is: it shows what we print."""
        self.bpf[b"excluded"][c_uint32(session)] = c_uint32(1)

    def tty_states(self) -> list[TtyState]:
        """The kernel half's account of the output of every pty."""
        states = self.bpf[b"ttys"].items()
        return [
            _tty_state(key.tty_id, state)
            for key, state in states
            if key.kind == abi.KIND_PANE_OUTPUT
        ]

    def detach(self) -> None:
        """Closes all links, and returns when nothing runs any more that began before."""
        if not self._links:
            return
        for link in self._links:
            os.close(link)
        self._links.clear()
        attach.wait_for_running()

    def close(self) -> None:
        """Detaches everything and frees the maps."""
        self.detach()
        self.bpf.cleanup()


def _tty_state(tty_id: int, state: Any) -> TtyState:
    return TtyState(
        tty_id,
        state.began_ns,
        state.origin,
        state.end,
        state.nth,
        state.server_tgid,
        state.session or None,
        Tty(state.tty >> 20, state.tty & 0xFFFFF),
    )


def load(plan: Plan, types: str, rings: RingSizes, input_wanted: bool = True) -> LoadedProgram:
    """Compiles for `plan` with the kernel's `types` (C text of probe.ktypes) and attaches.

    Without `input_wanted` no byte of input is read, and nothing is sent about any.
    Raises NoBcc, or BpfRefused with what clang, the verifier or the kernel said.
    """
    bcc = load_bcc()
    bpf = _compile(bcc, plan, types, [*_ring_flags(rings), *_input_flags(input_wanted)])
    programs: dict[str, int] = {}
    links: list[int] = []
    loaded = LoadedProgram(bpf, programs, links)
    try:
        for hook in plan.hooks:
            kind, function = hook.way.kind, hook.way.function
            if function not in programs:
                programs[function] = _load_function(bcc, bpf, kind, function)
            links.append(_attach(programs[function], kind, hook.way.target))
    except BaseException:
        loaded.close()
        raise
    return loaded


def _compile(bcc: Any, plan: Plan, types: str, options: list[str]) -> Any:
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


def _input_flags(wanted: bool) -> list[str]:
    return [] if wanted else ["-DTT_NO_INPUT"]


def _layout_checks() -> str:
    """C that doesn't compile unless each struct of abi.h has the layout of model/abi.py."""
    lines = [f'_Static_assert(TT_ABI_VERSION == {abi.ABI_VERSION}, "abi version");']
    for name, layout in abi.LAYOUTS.items():
        lines.append(f'_Static_assert(sizeof(struct tt_{name}) == {layout.size}, "tt_{name}");')
    return "\n".join(lines) + "\n"


def _load_function(bcc: Any, bpf: Any, kind: str, function: str) -> int:
    with _stderr() as said:
        try:
            return int(bpf.load_func(function.encode(), getattr(bcc.BPF, _BPF_TYPES[kind])).fd)
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
