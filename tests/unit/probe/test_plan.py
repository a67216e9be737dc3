"""Which plan follows from which machine."""

from __future__ import annotations

import dataclasses

import pytest

from tests.variants import preemptible
from tracer.errors import (
    BpfRefused,
    MemoryLimited,
    NoPlan,
    NotRoot,
    PlanRefused,
    TtytraceError,
    UnknownPlan,
)
from tracer.probe.caps import Caps, Seen
from tracer.probe.catalog import PLANS, Kind
from tracer.probe.plan import Plan, choose

YES = Seen(True, "it was seen")
EVERYTHING = Caps(
    **{name.name: YES for name in dataclasses.fields(Caps) if name.name != "targets"},
    targets={
        (way.kind, way.target): YES
        for design in PLANS
        for hook in design.hooks
        for option in hook.options
        for way in option.ways
    },
)
KP, FE = ("kprobe", "tty_audit_add_data"), ("fexit", "n_tty_read")
READV, SYS_EXIT = ("tracepoint", "syscalls:sys_exit_readv"), ("raw_tracepoint", "sys_exit")
EXEC = ("raw_tracepoint", "sched_process_exec")


def without(*lacks: str | tuple[Kind, str]) -> Caps:
    """A machine that has everything but these features and targets."""
    features = {name: Seen(False, f"no {name} here") for name in lacks if isinstance(name, str)}
    gone = {target: Seen(False, f"no {target[1]} here") for target in lacks if target[0] != ""}
    targets = {target: gone.get(target, YES) for target in EVERYTHING.targets}
    return dataclasses.replace(EVERYTHING, targets=targets, **features)


TABLE = [
    ((), "kprobe", []),
    (("fentry", "tracefs"), "kprobe", []),
    (("kprobe",), "fentry", ["no kprobe here"]),
    ((KP,), "fentry", ["no tty_audit_add_data here"]),
    ((KP, FE), "tracepoint", ["no tty_audit_add_data here", "no n_tty_read here"]),
    (("kprobe", "fentry"), "tracepoint", ["no kprobe here", "no fentry here"]),
    (("kprobe", "fentry", "tracefs"), "tracepoint", ["no kprobe here", "no fentry here"]),
    (("kprobe", "fentry", SYS_EXIT), "tracepoint", ["no kprobe here", "no fentry here"]),
    (("mmapable_array",), "kprobe", []),
]


@pytest.mark.parametrize(("lacks", "name", "reasons"), TABLE)
def test_the_first_plan_that_can_be_had(
    lacks: tuple[str | tuple[Kind, str], ...], name: str, reasons: list[str]
) -> None:
    """Plans are tried in order; each that can't be had says what is missing."""
    plan = choose(without(*lacks))
    assert plan.name == name
    assert [why for _, why in plan.rejected] == reasons


@pytest.mark.parametrize("lacks", [("tracefs",), ("task_registers",), (READV,)])
def test_system_calls_fall_back_as_a_whole(lacks: tuple[str | tuple[Kind, str], ...]) -> None:
    """If one of the calls' tracepoints can't be had, sys_exit replaces all: no read seen twice."""
    plan = choose(without("kprobe", "fentry", *lacks))
    outputs = [chosen for chosen in plan.hooks if chosen.hook.name == "system calls"]
    assert [chosen.way.target for chosen in outputs] == ["sys_exit", "sys_enter"]
    assert "here" in outputs[0].reason


def test_where_raw_tracepoints_are_preemptible_perf_has_them() -> None:
    """Under each plan; system calls too, where those of single ones are preemptible as well."""
    for wanted in ("kprobe", "fentry", "tracepoint"):
        plan = choose(preemptible(EVERYTHING), wanted)
        assert {each.way.target for each in plan.hooks if each.way.kind == "tracepoint"} >= {
            "task:task_newtask",
            "sched:sched_process_exec",
            "sched:sched_process_exit",
        }
        assert "raw_tracepoint" not in {each.way.kind for each in plan.hooks}
    calls = [each.way.target for each in plan.hooks if each.hook.name == "system calls"]
    assert calls == ["raw_syscalls:sys_exit", "raw_syscalls:sys_enter"]


@pytest.mark.parametrize(
    ("wanted", "paste"),
    [("kprobe", ("kprobe", "paste_selection")), ("fentry", ("fentry", "paste_selection"))],
)
def test_a_kernel_without_consoles_lacks_nothing(wanted: str, paste: tuple[Kind, str]) -> None:
    """Where nobody can paste into a console, the plan goes without that hook."""
    plan = choose(without(paste), wanted)
    assert "paste_selection" not in {chosen.way.target for chosen in plan.hooks}


def test_a_plan_says_why() -> None:
    """The plan and each of its attachments carry a reason, and no attachment is there twice."""
    for wanted in ("kprobe", "fentry", "tracepoint"):
        plan = choose(EVERYTHING, wanted)
        assert plan.why
        assert all(chosen.reason for chosen in plan.hooks)
        assert len({chosen.way for chosen in plan.hooks}) == len(plan.hooks)


def test_a_wanted_plan_is_taken_or_refused() -> None:
    """Who asks for a plan gets it, or hears why not; never another one."""
    assert choose(EVERYTHING, "tracepoint").name == "tracepoint"
    with pytest.raises(PlanRefused, match="The fentry plan can't be had here: no n_tty_read here"):
        choose(without(FE), "fentry")
    with pytest.raises(UnknownPlan, match=r"no plan named dtrace.*kprobe, fentry, tracepoint"):
        choose(EVERYTHING, "dtrace")


@pytest.mark.parametrize(
    ("lacks", "error", "says"),
    [
        (("root", "capabilities"), NotRoot, "sudo"),
        (("capabilities",), BpfRefused, "no capabilities here"),
        (("bpf",), BpfRefused, "no bpf here"),
        (("kernel_memory",), NoPlan, "no kernel_memory here"),
        (("btf",), NoPlan, "no btf here"),
        (("ring_buffer",), NoPlan, "no ring_buffer here"),
        (("locked_memory",), MemoryLimited, "no locked_memory here"),
        ((EXEC, "tracefs"), NoPlan, "no tracepoint plan, since no sched_process_exec here"),
        (("kprobe", "fentry", "tracefs", SYS_EXIT), NoPlan, "no kprobe here.*no sys_exit here"),
    ],
)
def test_no_plan(
    lacks: tuple[str | tuple[Kind, str], ...], error: type[TtytraceError], says: str
) -> None:
    """Where nothing can be had, the error names what is missing."""
    with pytest.raises(error, match=says):
        choose(without(*lacks))


def test_what_was_not_tried_does_not_count() -> None:
    """Without root there is no plan, though nothing was found to be missing."""
    unknown = Caps(root=Seen(False, "the user id is 1000"), capabilities=YES, btf=YES)
    with pytest.raises(NotRoot):
        choose(unknown)


def test_a_reason_names_what_could_not_be_had() -> None:
    """Behind what speaks for the plan itself."""
    plan = Plan("tracepoint", "it is always there", (), (("kprobe", "there are none"),))
    assert plan.reason == "it is always there; no kprobe plan, since there are none"
    assert Plan("kprobe", "nothing is missed", (), ()).reason == "nothing is missed"
