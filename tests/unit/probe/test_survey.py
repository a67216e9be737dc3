"""The survey, on the machine that runs the tests: bpftool and the kernel's files are witnesses."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tracer.errors import NoBtf
from tracer.probe import survey as module
from tracer.probe import tracefs
from tracer.probe.btf import Btf
from tracer.probe.caps import Caps
from tracer.probe.catalog import PLANS
from tracer.probe.plan import choose
from tracer.probe.survey import effective_capabilities, host, survey, symbol

KALLSYMS = b"""\
ffffffff81000000 T n_tty_read
ffffffff81000010 t twice
ffffffff81000020 t twice
ffffffff81000030 t cut.isra.0
ffffffff81000040 D data
ffffffff81000050 T tty_ldisc_deref_more
ffffffffc0000000 t in_module\t[tty]
"""


@pytest.mark.parametrize(
    ("function", "ok", "says"),
    [
        ("n_tty_read", True, "is in the kernel"),
        ("in_module", True, "is in the kernel"),
        ("twice", False, "2 functions are named twice"),
        ("cut", False, "the compiler left only cut.isra.0 of cut"),
        ("data", False, "no function data"),
        ("tty_ldisc_deref", False, "no function tty_ldisc_deref"),
    ],
)
def test_a_symbol_must_be_one_function(function: str, ok: bool, says: str) -> None:
    """Only the one whole function of that name can be probed by it."""
    seen = symbol(function, KALLSYMS)
    assert seen.ok is ok
    assert says in seen.detail


@pytest.mark.parametrize("hidden", ["empty", "none"])
def test_where_symbols_are_hidden_functions_do(
    hidden: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """systemd puts an empty file there. The guest with systemd has the real list."""
    (tmp_path / "empty").touch()
    monkeypatch.setattr(module, "KALLSYMS", tmp_path / hidden)
    listed = b"n_tty_read\nin_module [some]\ntwice\ntwice\ncut.isra.0\n"
    monkeypatch.setattr(tracefs, "functions", lambda: listed)
    names = ("n_tty_read", "in_module", "twice", "cut", "tty_ldisc_deref")
    seen = [symbol(name, module.symbols()) for name in names]
    assert [one.ok for one in seen] == [True, True, False, False, False]
    assert "cut.isra.0" in seen[3].detail


@pytest.mark.parametrize(
    ("effective", "ok", "says"),
    [
        (1 << 21, True, "CAP_SYS_ADMIN is held"),
        (1 << 38 | 1 << 39, True, "CAP_BPF and CAP_PERFMON are held"),
        (1 << 38, False, "CAP_BPF is missing"),
        (1 << 39, False, "CAP_PERFMON is missing"),
        (0, False, "CAP_BPF and CAP_PERFMON are missing"),
    ],
)
def test_capabilities(effective: int, ok: bool, says: str) -> None:
    """CAP_BPF and CAP_PERFMON are needed; CAP_SYS_ADMIN has held both since before they were."""
    status = f"Name:\tx\nCapPrm:\t{(1 << 40) - 1:016x}\nCapEff:\t{effective:016x}\nCapBnd:\t0\n"
    assert effective_capabilities(status) == (ok, says)


@pytest.fixture(scope="module")
def bpftool() -> dict[str, Any]:
    run = subprocess.run(["bpftool", "-j", "feature", "probe"], capture_output=True, check=True)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.fixture
def caps(root: None, kernel: Btf) -> Caps:
    return survey(kernel)


def test_features_agree_with_bpftool(caps: Caps, bpftool: dict[str, Any]) -> None:
    """Maps, helpers and program types are there as bpftool finds them by its own trials."""
    helpers = bpftool["helpers"]
    assert caps.bpf.ok is bpftool["map_types"]["have_array_map_type"]
    assert caps.ring_buffer.ok is bpftool["map_types"]["have_ringbuf_map_type"]
    assert caps.kernel_memory.ok is (
        "bpf_probe_read_kernel" in helpers["raw_tracepoint_available_helpers"]
    )
    assert caps.task_registers.ok is ("bpf_task_pt_regs" in helpers["tracepoint_available_helpers"])
    assert caps.fentry.ok is bpftool["program_types"]["have_tracing_prog_type"]


def test_kprobes_are_there_if_the_kernel_can_make_perf_events_of_them(caps: Caps) -> None:
    """No kprobe is tried where the kernel names no PMU for them."""
    assert caps.kprobe.ok is Path("/sys/bus/event_source/devices/kprobe").exists()
    probed = [seen for (kind, _), seen in caps.targets.items() if kind == "kprobe"]
    assert [seen.ok for seen in probed] == ([True, True] if caps.kprobe.ok else [])


def test_tracepoints_are_looked_up(caps: Caps) -> None:
    """The system calls' tracepoints have the numbers that tracefs gives them."""
    for (kind, target), seen in caps.targets.items():
        if kind == "tracepoint":
            assert seen == (True, f"its number is {tracefs.event_id_of(target)}")


def test_every_target_is_looked_at(caps: Caps) -> None:
    """Whatever the catalog would attach to was tried, if the kernel has its kind at all."""
    ways = {
        (way.kind, way.target)
        for design in PLANS
        for hook in design.hooks
        for option in hook.options
        for way in option.ways
        if way.kind not in ("kprobe", "kretprobe") or caps.kprobe.ok
    }
    assert set(caps.targets) == ways


@pytest.mark.usefixtures("root")
def test_for_one_plan_nothing_else_is_tried(kernel: Btf) -> None:
    """What another plan would attach to is not touched, and the plan is had or refused the same."""
    caps = survey(kernel, "tracepoint")
    assert {kind for kind, _ in caps.targets} == {"raw_tracepoint", "tracepoint"}
    assert choose(caps, "tracepoint") == choose(survey(kernel), "tracepoint")


@pytest.mark.usefixtures("root")
def test_without_types_there_is_no_fentry() -> None:
    """Where the kernel's types can't be had, the reason is kept and nothing else is disturbed."""
    caps = survey(NoBtf(path="/absent", reason="No such file"))
    assert caps.btf == (False, "the kernel's types can't be had: No such file")
    assert caps.fentry.ok is False
    assert caps.ring_buffer.ok


@pytest.mark.usefixtures("root")
def test_without_root_nothing_is_claimed() -> None:
    """A user who isn't root learns what can be seen; the rest is unknown, and not called absent."""
    code = (
        "from tracer.probe.survey import survey; from tracer.probe.btf import Btf;"
        "caps = survey(Btf.load());"
        "print(caps.root.ok, caps.capabilities.ok, caps.btf.ok, caps.bpf.ok, caps.kprobe.ok)"
    )
    run = subprocess.run(
        ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-B", "-c", code],
        capture_output=True, check=True, text=True, cwd=Path(__file__).parents[3],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": "."},
    )  # fmt: skip
    assert run.stdout.split() == ["False", "False", "True", "None", "None"]


def test_the_host_has_a_name() -> None:
    """The kernel's release, the processor's name, and what the installed tmux calls itself."""
    named = host()
    assert (named.kernel, named.machine) == (platform.release(), platform.machine())
    assert named.tmux is not None
    assert named.tmux.startswith("tmux ")
