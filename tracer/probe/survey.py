"""Looks at this machine and says what it offers: the I/O half of the choice of a plan.

Invariant: every answer is from looking or trying, and what was tried is gone when it is known. A
detail is a clause that can follow "since". Not here: what follows from the answers (plan.py).
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer.errors import TtytraceError
from tracer.probe import syscalls, tracefs, trial
from tracer.probe.btf import Btf
from tracer.probe.caps import Caps, Seen
from tracer.probe.catalog import PLANS, Kind
from tracer.settings import RingSizes

KALLSYMS: Final = Path("/proc/kallsyms")
_STATUS: Final = Path("/proc/self/status")
_PROGRAMS: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# include/uapi/linux/capability.h
_CAP_SYS_ADMIN: Final = 21
_CAP_PERFMON: Final = 38
_CAP_BPF: Final = 39

_RING_BYTES: Final = RingSizes().bulk_pages * 4096

Wanted = list[tuple[Kind, str]]
Targets = dict[tuple[Kind, str], Seen]

# Caps field → what is tried, in words and as a call
_TRIALS: Final[dict[str, tuple[Any, ...]]] = {
    "bpf": ("making a BPF map", trial.make_map, trial.MAP_ARRAY, 1, 4, 8),
    "kernel_memory": (
        "a program that reads kernel memory",
        trial.load,
        trial.PROGRAM_RAW_TRACEPOINT,
        trial.READS_KERNEL,
    ),
    "ring_buffer": (
        "making a ring buffer",
        trial.make_map,
        trial.MAP_RINGBUF,
        os.sysconf("SC_PAGESIZE"),
    ),
    "locked_memory": (
        f"making a ring buffer of {_RING_BYTES >> 20} MiB",
        trial.make_ring,
        _RING_BYTES,
    ),
    "mmapable_array": (
        "making an array that can be mapped",
        trial.make_map,
        trial.MAP_ARRAY,
        1,
        4,
        8,
        trial.MAP_MMAPABLE,
    ),
    "task_registers": (
        "a program that reads a task's registers",
        trial.load,
        trial.PROGRAM_TRACEPOINT,
        trial.READS_REGISTERS,
    ),
}


class Host(NamedTuple):
    """What names this machine. Informative: nothing is decided by it."""

    kernel: str
    machine: str
    tmux: str | None


def host() -> Host:
    """Names of the kernel, the processor and the installed tmux."""
    return Host(platform.release(), platform.machine(), _tmux_version())


def survey(btf: Btf | TtytraceError, plan: str | None = None) -> Caps:
    """What this machine offers; `btf` is the kernel's types, or why they can't be had.

    For one plan only what that would attach to is tried: a probe that is set and taken away again
    costs an old kernel a second where it is emulated.
    """
    is_root = os.geteuid() == 0
    capabilities = effective_capabilities(_STATUS.read_text())
    root = Seen(is_root, f"the user id is {os.geteuid()}")
    if not is_root:
        return Caps(root, capabilities, _types(btf))
    wanted = _targets(plan)
    known = btf if isinstance(btf, Btf) else None
    kprobe, kprobe_targets = _kprobes(_of_kinds(wanted, "kprobe", "kretprobe"))
    fentry, fentry_targets = _trampolines(btf, _of_kinds(wanted, "fentry", "fexit"))
    trace_directory, tracepoint_targets = _tracepoints(known, _of_kinds(wanted, "tracepoint"))
    raw_targets = _raw_tracepoints(known, _of_kinds(wanted, "raw_tracepoint"))
    return Caps(
        root,
        capabilities,
        _types(btf),
        kprobe=kprobe,
        fentry=fentry,
        tracefs=trace_directory,
        targets=kprobe_targets | fentry_targets | tracepoint_targets | raw_targets,
        **{name: _tried(*attempt) for name, attempt in _TRIALS.items()},
    )


def effective_capabilities(status: str) -> Seen:
    """Whether a /proc/PID/status shows CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN for both."""
    found = re.search(r"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)
    held = int(found[1], 16) if found else 0
    if held >> _CAP_SYS_ADMIN & 1:
        return Seen(True, "CAP_SYS_ADMIN is held")
    names = {"CAP_BPF": _CAP_BPF, "CAP_PERFMON": _CAP_PERFMON}
    missing = [name for name, bit in names.items() if not held >> bit & 1]
    if missing:
        return Seen(
            False, f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        )
    return Seen(True, "CAP_BPF and CAP_PERFMON are held")


def symbols() -> bytes:
    """The text of /proc/kallsyms; where that is hidden, as systemd's ProtectKernelTunables= does,
    lines like its own of the functions that can be traced; nothing where neither can be had."""
    with suppress(OSError):
        if text := KALLSYMS.read_bytes():
            return text
    with suppress(OSError):
        return re.sub(rb"(?m)^(?=.)", b"0 t ", tracefs.functions()).replace(b" [", b"\t[")
    return b""


def symbol(function: str, kallsyms: bytes) -> Seen:
    """Whether exactly one function of the kernel has this name, by the text of /proc/kallsyms.

    A copy that the compiler made of it (`name.isra.0`) takes other arguments and won't do.
    """
    name = re.escape(function.encode())
    exact = re.findall(rb" [tT] %b(?=[\t\n])" % name, kallsyms)
    if len(exact) == 1:
        return Seen(True, f"{function} is in the kernel")
    if exact:
        return Seen(False, f"{len(exact)} functions are named {function}")
    copy = re.search(rb" [tT] (%b\.[\w.]+)" % name, kallsyms)
    if copy:
        return Seen(False, f"the compiler left only {copy[1].decode()} of {function}")
    return Seen(False, f"the kernel has no function {function}")


def _types(btf: Btf | TtytraceError) -> Seen:
    if isinstance(btf, Btf):
        return Seen(True, "the kernel publishes its types")
    return Seen(False, f"the kernel's types can't be had: {btf.facts['reason']}")


def _targets(plan: str | None) -> Wanted:
    """(kind, target) of what a plan of the catalog would attach, or all of them; each once."""
    hooks = [hook for design in PLANS if plan in (None, design.name) for hook in design.hooks]
    ways = [way for hook in hooks for option in hook.options for way in option.ways]
    return list(dict.fromkeys((way.kind, way.target) for way in ways))


def _of_kinds(wanted: Wanted, *kinds: Kind) -> Wanted:
    return [(kind, target) for kind, target in wanted if kind in kinds]


def _raw_tracepoints(known: Btf | None, wanted: Wanted) -> Targets:
    # They are so since tracepoints are guarded by a kind of SRCU that came with that.
    if known and known.has_name("class_srcu_fast_notrace_t"):
        return dict.fromkeys(wanted, Seen(False, "raw tracepoints are preemptible here"))
    return {
        (kind, name): _tried(f"a program on {name}", trial.attach_raw_tracepoint, name)
        for kind, name in wanted
    }


def _kprobes(wanted: Wanted) -> tuple[Seen, Targets]:
    if not syscalls.KPROBE_PMU.exists():
        return Seen(False, "the kernel offers no kprobes"), {}
    kallsyms = symbols() if wanted else b""
    targets: Targets = {}
    for kind, function in wanted:
        seen = symbol(function, kallsyms)
        targets[kind, function] = _probed(function) if seen.ok else seen
    return Seen(True, "the kernel offers kprobes"), targets


def _probed(function: str) -> Seen:
    return _tried(f"a kprobe on {function}", trial.attach_kprobe, function)


def _trampolines(btf: Btf | TtytraceError, wanted: Wanted) -> tuple[Seen, Targets]:
    if not isinstance(btf, Btf):
        return _types(btf), {}
    targets = {(kind, function): _trampoline(btf, function) for kind, function in wanted}
    return _first_ok(targets.values()), targets


def _trampoline(btf: Btf, function: str) -> Seen:
    ids = btf.functions(function)
    if len(ids) != 1:
        return Seen(False, f"the kernel's types have {len(ids)} functions named {function}")
    return _tried(f"an fentry program on {function}", trial.attach_fentry, ids[0])


def _first_ok(seen: Iterable[Seen]) -> Seen:
    every = [*seen, Seen(None, "no plan that was asked for needs it")]
    return next((one for one in every if one.ok), every[0])


def _tracepoints(known: Btf | None, wanted: Wanted) -> tuple[Seen, Targets]:
    try:
        with tracefs.opened() as (directory, where):
            targets = {(kind, name): _tracepoint(directory, name) for kind, name in wanted}
    except OSError as error:
        return Seen(False, f"tracefs can't be had ({error.strerror})"), {}
    # Two programs that share scratch memory would write to it at the same time.
    if known and known.functions("trace_call_bpf_faultable"):
        preempted = Seen(False, "programs on single system calls are preemptible here")
        targets |= {way: preempted for way in targets if way[1].startswith("syscalls:")}
    return Seen(True, f"from {where}"), targets


def _tracepoint(directory: int, target: str) -> Seen:
    found = tracefs.event_id(directory, *target.split(":"))
    if found is None:
        return Seen(False, f"the kernel has no tracepoint {target}")
    return Seen(True, f"its number is {found}")


def _tried(what: str, attempt: Callable[..., None], *arguments: object) -> Seen:
    try:
        attempt(*arguments)
    except OSError as error:
        return Seen(False, f"{what} is refused: {error.strerror}")
    return Seen(True, f"{what} is accepted")


def _tmux_version() -> str | None:
    program = shutil.which("tmux", path=_PROGRAMS)
    if program is None:
        return None
    try:
        run = subprocess.run([program, "-V"], capture_output=True, env={}, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout.decode(errors="replace").strip()
