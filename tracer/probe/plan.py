"""Chooses the hooks: from what a machine offers to one plan, with a reason for each choice.

Pure. Invariant: a plan is chosen whole, never mixed from two, and the first of catalog.PLANS that
can be had wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracer.errors import BpfRefused, MemoryLimited, NoPlan, NotRoot, PlanRefused, UnknownPlan
from tracer.probe.caps import Caps
from tracer.probe.catalog import PLANS, Design, Hook, Way


@dataclass(frozen=True)
class Chosen:
    """One attachment to make: for which hook, by which way, and why so."""

    hook: Hook
    way: Way
    reason: str


@dataclass(frozen=True)
class Plan:
    """The attachments to make, in order; `rejected` has (plan, why not) of those before it."""

    name: str
    why: str
    hooks: tuple[Chosen, ...]
    rejected: tuple[tuple[str, str], ...]

    @property
    def reason(self) -> str:
        """Why this one, and none of those before it."""
        without = (f"no {name} plan, since {why}" for name, why in self.rejected)
        return "; ".join([self.why, *without])


PLAN_NAMES: Final = tuple(design.name for design in PLANS)


def choose(caps: Caps, wanted: str | None = None) -> Plan:
    """The first plan that can be had, or the one that is `wanted`.

    Raises NotRoot, BpfRefused, MemoryLimited or NoPlan where none can be had; UnknownPlan and
    PlanRefused for what was wanted.
    """
    if wanted is not None and wanted not in PLAN_NAMES:
        raise UnknownPlan(wanted=wanted, plans=", ".join(PLAN_NAMES))
    _require(caps)
    rejected: list[tuple[str, str]] = []
    for design in PLANS:
        if wanted in (None, design.name):
            hooks = _hooks(caps, design)
            if not isinstance(hooks, str):
                return Plan(design.name, design.why, hooks, tuple(rejected))
            rejected.append((design.name, hooks))
    if wanted is not None:
        raise PlanRefused(wanted=wanted, reason=rejected[0][1])
    raise NoPlan(reason="; ".join(f"no {name} plan, since {why}" for name, why in rejected))


def _require(caps: Caps) -> None:
    """What every plan needs."""
    if not caps.root.ok:
        raise NotRoot(command="live")
    for seen in (caps.capabilities, caps.bpf):
        if not seen.ok:
            raise BpfRefused(program="on trial", reason=seen.detail)
    for seen in (caps.kernel_memory, caps.btf, caps.ring_buffer):
        if not seen.ok:
            raise NoPlan(reason=seen.detail)
    if not caps.locked_memory.ok:
        raise MemoryLimited(reason=caps.locked_memory.detail)


def _hooks(caps: Caps, design: Design) -> tuple[Chosen, ...] | str:
    """The attachments of a plan, or the first reason why it can't be had."""
    chosen: list[Chosen] = []
    for hook in design.hooks:
        found = _option(caps, hook)
        if isinstance(found, str):
            return found
        chosen += found
    return tuple(chosen)


def _option(caps: Caps, hook: Hook) -> list[Chosen] | str:
    """The attachments of a hook's first option that can be had, or why there is none."""
    obstacles: list[str] = []
    for option in hook.options:
        obstacle = next(filter(None, map(caps.obstacle, option.ways)), None)
        if obstacle is None:
            reason = "; ".join([option.why, *(f"taken since {other}" for other in obstacles)])
            return [Chosen(hook, way, reason) for way in option.ways]
        obstacles.append(obstacle)
    return "; ".join(obstacles)
