"""`ttytrace doctor`: what this machine offers, which plan follows from it, and why.

Invariant: it says the same as `ttytrace live` would do, since both ask probe/; and it changes
nothing and needs no root, though without root it can't try most things and says so.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer

from tracer.capture.bcc_module import find_bcc
from tracer.cli import installed
from tracer.cli.installed import Feature
from tracer.cli.render import safe_text
from tracer.errors import NoBcc, PlanRefused, TtytraceError
from tracer.install import Places
from tracer.observe.audit_rules import State, ask
from tracer.probe.btf import Btf
from tracer.probe.caps import Caps, Seen
from tracer.probe.catalog import PLANS
from tracer.probe.plan import Plan, choose
from tracer.probe.survey import Host, host, survey
from tracer.settings import LogSettings

# Caps field → what to do where it is missing
_CURES: Final = {
    "root": "run it with sudo",
    "capabilities": "in a container, grant CAP_BPF, CAP_PERFMON and CAP_SYS_RESOURCE",
    "bpf": "in a container, allow bpf(2) in its seccomp profile; elsewhere look for a policy",
    "kernel_memory": "boot with lockdown=integrity or none: confidentiality forbids such programs",
    "btf": "use a kernel built with CONFIG_DEBUG_INFO_BTF=y, as distribution kernels are; "
    "in a container, mount its /sys",
    "ring_buffer": "use Linux 5.8 or newer",
    "locked_memory": "raise the limit (ulimit -l unlimited, LimitMEMLOCK=infinity, docker run "
    "--ulimit memlock=-1), or grant CAP_SYS_RESOURCE",
    "mmapable_array": "use Linux 5.5 or newer",
    "kprobe": "use a kernel built with CONFIG_KPROBE_EVENTS=y; another plan may do without",
    "fentry": "use a kernel that takes BPF trampolines (CONFIG_FUNCTION_TRACER=y, no policy "
    "against them); another plan may do without",
    "tracefs": "use a kernel built with CONFIG_FTRACE_SYSCALLS=y; sys_exit will do, at a cost",
    "task_registers": "use Linux 5.15 or newer; sys_exit will do, at a cost",
    "bcc": "apt install python3-bpfcc, or dnf install python3-bcc; not the PyPI package bcc",
}
_MARKS: Final = {True: "✓", False: "✗", None: "?"}


@dataclass(frozen=True)
class Candidate:
    """One plan; `ok` is None if it was not reached, because one before it will do."""

    name: str
    ok: bool | None
    reason: str


@dataclass(frozen=True)
class Attachment:
    """One hook of the chosen plan."""

    name: str
    shows: str
    kind: str
    target: str
    reason: str


@dataclass(frozen=True)
class Report:
    """Everything that doctor says. `exit_code` is 0 if ttytrace can run here."""

    host: Host
    features: tuple[Feature, ...]
    plans: tuple[Candidate, ...]
    hooks: tuple[Attachment, ...]
    sentence: str
    exit_code: int
    installed: tuple[Feature, ...] = ()
    rights: tuple[tuple[str, list[str]], ...] = ()


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show what this machine offers, and which hooks ttytrace would take and why."""
    report = examine()
    if as_json:
        facts = {**vars(report), "host": report.host._asdict()}
        sys.stdout.write(orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines(report))
    raise typer.Exit(report.exit_code)


def examine() -> Report:
    """Looks at this machine."""
    caps = survey(_kernel_types())
    bcc = _bcc()
    plan, error = _choose(caps)
    if error is None and not bcc.ok:
        error = NoBcc()
    return Report(
        host(),
        tuple(_features(caps, bcc)),
        tuple(_candidates(caps, plan)),
        tuple(_attachments(plan)) if plan else (),
        str(error) if error else f"ttytrace can watch tmux here, by its {plan and plan.name} plan.",
        error.exit_code if error else 0,
        tuple(installed.features(Places())),
        tuple(installed.rights(Path(LogSettings().state))),
    )


def lines(report: Report) -> Iterator[str]:
    """The report as text, safe to print."""
    machine = report.host
    tmux = machine.tmux or "no tmux"
    yield f"Linux {safe_text(machine.kernel)} on {safe_text(machine.machine)}, {safe_text(tmux)}"
    yield from ("", "What this machine offers")
    yield from _rows(report.features)
    yield from ("", "Plans, the one that loses least first")
    for candidate in report.plans:
        yield _row(candidate.ok, candidate.name, candidate.reason)
    if report.hooks:
        yield from ("", "Hooks of the plan")
    for same, group in groupby(report.hooks, lambda hook: replace(hook, target="")):
        targets = ", ".join(hook.target for hook in group)
        yield _row(True, same.name, f"{same.kind} {targets}: {same.shows}")
        yield f"{'':20}{same.reason}"
    yield from ("", "What is installed here")
    yield from _rows(report.installed)
    yield from ("", "Who may what, of what root may")
    for who, names in report.rights:
        yield f"    {safe_text(who):<16}{', '.join(names) or 'nothing'}"
    yield from ("", safe_text(report.sentence))


def _rows(features: Iterable[Feature]) -> Iterator[str]:
    for feature in features:
        yield _row(feature.ok, feature.name, feature.detail)
        if feature.cure:
            yield f"{'':20}→ {feature.cure}"


def _row(ok: bool | None, name: str, text: str) -> str:
    return f"  {_MARKS[ok]} {name:<16}{safe_text(text)}"


def _kernel_types() -> Btf | TtytraceError:
    try:
        return Btf.load()
    except TtytraceError as error:
        return error


def _choose(caps: Caps) -> tuple[Plan | None, TtytraceError | None]:
    try:
        return choose(caps), None
    except TtytraceError as error:
        return None, error


def _bcc() -> Seen:
    init = find_bcc()
    if init is None:
        return Seen(False, "the distribution's Python module is missing")
    return Seen(True, f"{_bcc_version(init)} in {init.parent}")


def _bcc_version(init: Path) -> str:
    # Read, not imported: importing loads LLVM.
    try:
        text = init.with_name("version.py").read_text(errors="replace")
    except OSError:
        text = ""
    found = re.search(r"__version__ = '([^']*)'", text)
    return found[1] if found else "unknown version"


def _features(caps: Caps, bcc: Seen) -> Iterator[Feature]:
    for name, cure in _CURES.items():
        seen = bcc if name == "bcc" else getattr(caps, name)
        yield Feature(name, seen.ok, seen.detail, cure if seen.ok is False else None)
    yield _audit(ask())


def _audit(state: State | None) -> Feature:
    if state is None:
        return Feature("audit", None, "whether the audit stream tells of programs needs root", None)
    if state.trouble is None:
        return Feature("audit", True, "the audit stream tells of programs", None)
    detail = 'says nothing of programs, which only [audit] and source = "audit" need'
    return Feature("audit", False, detail, state.trouble)


def _candidates(caps: Caps, chosen: Plan | None) -> Iterator[Candidate]:
    for design in PLANS:
        try:
            choose(caps, design.name)
        except PlanRefused as refusal:
            yield Candidate(design.name, False, str(refusal.facts["reason"]))
        except TtytraceError:
            yield Candidate(design.name, None, "open, since what every plan needs is missing")
        else:
            taken = chosen is not None and chosen.name == design.name
            ok, reason = (True, design.why) if taken else (None, f"would do too: {design.why}")
            yield Candidate(design.name, ok, reason)


def _attachments(plan: Plan) -> Iterator[Attachment]:
    for chosen in plan.hooks:
        hook, way = chosen.hook, chosen.way
        yield Attachment(hook.name, hook.shows, way.kind, way.target, chosen.reason)
