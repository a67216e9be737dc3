"""The catalog names what bpf/ has."""

from __future__ import annotations

import re

import pytest

from tracer.paths import bpf_dir
from tracer.probe.catalog import PLANS, PROCESSES, Way

WAYS = [
    way
    for design in PLANS
    for hook in design.hooks
    for option in hook.options
    for way in option.ways
]
MACROS = {"fentry": ("KFUNC_PROBE", "kfunc__"), "fexit": ("KRETFUNC_PROBE", "kretfunc__")}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.kind}-{way.target}")
def test_each_function_is_in_bpf(way: Way) -> None:
    """A program that the catalog names is defined; BCC finds trampolines by prefix and target."""
    source = "".join(path.read_text() for path in sorted(bpf_dir().glob("*.bpf.c")))
    if way.kind in MACROS:
        macro, prefix = MACROS[way.kind]
        assert re.search(rf"^{macro}\({way.target},", source, re.MULTILINE)
        assert way.function == prefix + way.target
    else:
        assert re.search(rf"^int {way.function}\(", source, re.MULTILINE)


def test_every_plan_watches_processes_and_output() -> None:
    """Forks, execs, exits and the panes' output are in each plan."""
    for design in PLANS:
        assert design.hooks[: len(PROCESSES)] == PROCESSES
        assert any("pane output" in f"{hook.name} {hook.shows}" for hook in design.hooks)


def test_the_order_is_by_loss() -> None:
    """kprobe, which lost nothing, then fentry, which skips under preemption, then tracepoints."""
    assert [design.name for design in PLANS] == ["kprobe", "fentry", "tracepoint"]
