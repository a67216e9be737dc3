"""`ttytrace rules check`: which rules work here, which can never fire, which are broken.

Invariant: "can never fire" is said only where no view that there can be meets the rule; that a rule
works means no more than that nothing was found that keeps it from it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from tracer.cli.hands import counted
from tracer.cli.rules_found import all_of, rules_in, rules_used, settings_here
from tracer.codec.safe import safe_json, safe_text
from tracer.detect.correlation import Correlation, Kind
from tracer.detect.explain import fields
from tracer.detect.fields import FIELDS, KEPT
from tracer.detect.load import RuleSet
from tracer.detect.node import And, Exists, Holds, Node, Or, Refers
from tracer.detect.rule import Place, Refusal, Rule
from tracer.detect.view import SOURCES, TTY_INPUT, LogSource
from tracer.settings import InputPolicy

_MAX_REASONS: Final = 20


class State(StrEnum):
    """Of a rule."""

    WORKS = "works"
    OFF = "off"
    NEVER = "never"
    BROKEN = "broken"


_SAID: Final = {
    State.WORKS: "work",
    State.OFF: "would work and are left out by [rules].level or [rules].without",
    State.NEVER: "can never fire here",
    State.BROKEN: "are broken, or ask for what can't be had",
}


class Verdict(NamedTuple):
    """`reason`: why it doesn't work."""

    place: Place
    title: str
    state: State
    reason: str = ""


def checked(directories: Sequence[Path], *, is_verbose: bool, is_json: bool) -> bool:
    """Prints what can be said of them; whether none is broken. Raises NoRules."""
    every, used = rules_in(directories), rules_used(directories)
    found = verdicts(every, used, settings_here().input)
    for line in map(_as_json, found) if is_json else report(found, is_verbose=is_verbose):
        print(line)
    return not any(each.state is State.BROKEN for each in found)


def verdicts(rules: RuleSet, used: RuleSet, policy: InputPolicy) -> list[Verdict]:
    """Of each document, in order of their places. `used`: those that the settings want."""
    wanted = {each.about.key for each in all_of(used)}
    why = _why_never(rules, policy)
    found = [_verdict(each, why.get(each.about.key), wanted) for each in all_of(rules)]
    found += map(_refused, rules.refusals)
    return sorted(found, key=lambda each: each.place)


def report(found: list[Verdict], *, is_verbose: bool) -> Iterator[str]:
    """Lines: those that don't work by reason, unless each is to be told; what is broken by
    itself."""
    lines = map(_line, found) if is_verbose else _brief(found)
    return map(safe_text, (*lines, *_summary(found)))


def _why_never(rules: RuleSet, policy: InputPolicy) -> dict[str, str]:
    """Key -> why; those that may fire aren't there."""
    why = {rule.about.key: reason for rule in rules.rules if (reason := _never(rule, policy))}
    for each in rules.correlations:  # each stands behind those that it refers to
        dead = [reference.key for reference in each.references if reference.key in why]
        needs_all = each.kind in (Kind.TEMPORAL, Kind.TEMPORAL_ORDERED) and not each.expression
        if dead and (needs_all or len(dead) == len(each.references)):
            why[each.about.key] = f"it needs {dead[0]}, which can never fire here"
    return why


def _never(rule: Rule, policy: InputPolicy) -> str:
    """Why it can't be met by any view; "" where it may be."""
    covered = [source for source in SOURCES if rule.source.covers(source)]
    if any(_may(rule.node, _kept(source, policy)) for source in covered):
        return ""
    if any(_may(rule.node, FIELDS[source]) for source in covered):
        return f'what is typed is not kept: input is "{policy}"'
    missing = sorted(fields(rule.node).difference(*(FIELDS[source] for source in covered)))
    if not missing:
        return "no view has all the fields that it asks for"
    return f"no record of {source_text(rule.source)} has {', '.join(missing)}"


def _kept(source: LogSource, policy: InputPolicy) -> frozenset[str]:
    is_kept = source != TTY_INPUT or policy is InputPolicy.FULL
    return FIELDS[source] if is_kept else FIELDS[source] - KEPT


def _may(node: Node, there: frozenset[str]) -> bool:
    """Whether a view with these fields may meet it."""
    match node:
        case And(nodes):
            return all(_may(each, there) for each in nodes)
        case Or(nodes):
            return any(_may(each, there) for each in nodes)
        case Holds(field):
            return field is None or field in there
        case Exists(field):
            return field in there
        case Refers(field, _, other):
            return field in there and other in there
    return True  # what must not be may always not be


def _verdict(rule: Rule | Correlation, never: str | None, wanted: Collection[str]) -> Verdict:
    place, title = rule.about.place, rule.about.title
    if never:
        return Verdict(place, title, State.NEVER, never)
    return Verdict(place, title, State.WORKS if rule.about.key in wanted else State.OFF)


def _refused(refusal: Refusal) -> Verdict:
    state = State.NEVER if refusal.is_foreign else State.BROKEN
    return Verdict(refusal.place, refusal.title, state, refusal.reason)


def source_text(source: LogSource) -> str:
    """category tty_input, service ttytrace; what isn't said is left out."""
    said: Mapping[str, str | None] = source._asdict()
    return ", ".join(f"{name} {value}" for name, value in said.items() if value) or "any source"


def _as_json(each: Verdict) -> str:
    path, line = each.place
    fields = {"path": path, "line": line, "title": each.title, "state": each.state}
    data = orjson.dumps(fields | ({"reason": each.reason} if each.reason else {}))
    return safe_json(data) if sys.stdout.isatty() else data.decode()


def _line(each: Verdict) -> str:
    return f"{each.state:6}  {each.place}: {': '.join(filter(None, (each.title, each.reason)))}"


def _brief(found: list[Verdict]) -> Iterator[str]:
    yield from (_line(each) for each in found if each.state is State.BROKEN)
    reasons = Counter(each.reason for each in found if each.state is State.NEVER)
    for reason, count in reasons.most_common(_MAX_REASONS):
        yield f"{State.NEVER:6}  {counted(count, 'rule')}: {reason}"
    if len(reasons) > _MAX_REASONS:
        yield f"{State.NEVER:6}  {len(reasons) - _MAX_REASONS} more reasons; --verbose tells them"


def _summary(found: list[Verdict]) -> Iterator[str]:
    states = Counter(each.state for each in found)
    for state, said in _SAID.items():
        if states[state] or state is State.WORKS:
            yield f"{states[state]} {said}"
