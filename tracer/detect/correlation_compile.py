"""Correlation documents -> Correlations.

Invariant: whatever a document holds, it becomes a Correlation or a Refusal. What a correlation
keeps of a group grows with its condition and its rules, so both have limits. Sections are read in
correlation_section.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from typing import Final, NamedTuple

from tracer.detect.correlation import (
    METRICS,
    PRESENCES,
    Bound,
    Correlation,
    Kind,
    Reference,
    silenced,
)
from tracer.detect.correlation_section import Section, read_section
from tracer.detect.expression import Expression, is_conjunction, parse
from tracer.detect.rule import About, Refusal, Rule

_RULES: Final = 32
_FIELDS: Final = 32
_COUNT: Final = 10_000
_REASON: Final = 300  # characters: it may quote the document


class Draft(NamedTuple):
    """A document with a `correlation` section, as YAML has it, and what it says of itself."""

    about: About
    document: Mapping[str, object]


class Compiled(NamedTuple):
    """`correlations`: each stands behind those that it refers to; `is_silent` is set."""

    correlations: tuple[Correlation, ...]
    refusals: tuple[Refusal, ...]


def compile_correlations(
    drafts: Sequence[Draft], rules: Mapping[str, Rule], refused: Mapping[str, Refusal]
) -> Compiled:
    """`rules` and `refused`: what the documents may refer to, by name and by id. A correlation
    whose rules can never match here is foreign, as they are."""
    compiler = _Compiler(rules, refused)
    compiler.compile(drafts)
    correlations = compiler.correlations
    silent = silenced(correlations)
    return Compiled(
        tuple(replace(c, is_silent=c.about.key in silent) for c in correlations),
        tuple(compiler.refusals),
    )


class _Compiler:
    """`_known`, `_refused`: by name, id and key; what is compiled comes to them."""

    def __init__(self, rules: Mapping[str, Rule], refused: Mapping[str, Refusal]) -> None:
        self.correlations: list[Correlation] = []
        self.refusals: list[Refusal] = []
        self._known: dict[str, Rule | Correlation] = dict(rules)
        self._refused = dict(refused)

    def compile(self, drafts: Sequence[Draft]) -> None:
        """What is referred to goes first; what is left then goes round in a circle."""
        sections = self._sections(drafts)
        owners = {name: i for i, section in sections.items() for name in _names(section.about)}
        sorter = TopologicalSorter(
            {i: [owners[r] for r in s.rules if r in owners] for i, s in sections.items()}
        )
        with suppress(CycleError):
            sorter.prepare()
        while ready := sorter.get_ready():
            for i in ready:
                self._add(sections.pop(i))
            sorter.done(*ready)
        for section in sections.values():
            self._refuse(section.about, "it refers to itself, by way of what it refers to")

    def _sections(self, drafts: Sequence[Draft]) -> dict[int, Section]:
        """The documents that can be read, by their number."""
        sections = {}
        for i, draft in enumerate(drafts):
            try:
                sections[i] = read_section(draft.about, draft.document)
            except ValueError as error:
                self._refuse(draft.about, str(error))
        return sections

    def _add(self, section: Section) -> None:
        for rule in section.rules:
            if rule not in self._known and (why := self._refused.get(rule)):
                reason = f"it refers to {rule!r}, which is not used: {why.reason}"
                self._refuse(section.about, reason, is_foreign=why.is_foreign)
                return
        try:
            correlation = _compile(section, self._known)
        except ValueError as error:
            self._refuse(section.about, str(error))
            return
        self.correlations.append(correlation)
        self._known.update(dict.fromkeys(_names(section.about), correlation))

    def _refuse(self, about: About, reason: str, *, is_foreign: bool = False) -> None:
        refusal = Refusal(about.place, about.title, reason[:_REASON], is_foreign)
        self.refusals.append(refusal)
        self._refused.update(dict.fromkeys(_names(about), refusal))


def _names(about: About) -> list[str]:
    return [name for name in (about.key, about.id, about.name) if name]


def _compile(section: Section, known: Mapping[str, Rule | Correlation]) -> Correlation:
    """ValueError: why it can't be had."""
    if len(section.rules) > _RULES:
        raise ValueError(f"it refers to more than {_RULES} rules")
    if len(section.group_by) + len(section.counted) > _FIELDS:
        raise ValueError(f"it has more than {_FIELDS} fields")
    abouts = [_find(name, known).about for name in section.rules]
    keys = [about.key for about in abouts]
    if len(set(keys)) < len(keys):
        raise ValueError("it refers to the same rule twice")
    aliases = {
        alias: {_find(name, known).about.key: field for name, field in fields.items()}
        for alias, fields in section.aliases.items()
    }
    correlation = Correlation(
        about=replace(section.about, version=_version(section.about, abouts)),
        kind=section.kind,
        references=tuple(_reference(section, aliases, key) for key in keys),
        group_by=section.group_by,
        span_ns=section.span_ns,
        bounds=section.bounds or (Bound("gte", len(section.rules)),),
        expression=_expression(section),
        generates=section.generates,
    )
    _check(correlation)
    return correlation


def _find(name: str, known: Mapping[str, Rule | Correlation]) -> Rule | Correlation:
    if name not in known:
        raise ValueError(f"there is no rule with the name or id {name!r}")
    return known[name]


def _version(about: About, referred: Iterable[About]) -> str:
    versions = " ".join([about.version, *(other.version for other in referred)])
    return sha256(versions.encode()).hexdigest()[:12]


def _reference(section: Section, aliases: Mapping[str, Mapping[str, str]], key: str) -> Reference:
    """With each alias replaced by the field that it stands for in matches of this rule."""

    def field(name: str) -> str:
        if name in aliases and key not in aliases[name]:
            raise ValueError(f"alias {name!r} doesn't say which field of {key!r} it is")
        return aliases[name][key] if name in aliases else name

    return Reference(key, tuple(map(field, section.group_by)), tuple(map(field, section.counted)))


def _expression(section: Section) -> Expression | None:
    if section.expression is None:
        return None
    expression = parse(section.expression, section.rules)
    if section.kind is Kind.TEMPORAL_ORDERED:
        if not is_conjunction(expression):
            raise ValueError("where rules have an order, words can only join them by 'and'")
        return None
    if expression.test(frozenset()):
        raise ValueError("its condition holds where nothing happened")
    return expression


def _check(correlation: Correlation) -> None:
    """That its condition can be met, by numbers that it may come to."""
    if correlation.expression or correlation.kind in METRICS:
        return
    most = max(abs(bound.number) for bound in correlation.bounds)
    if most > _COUNT:
        raise ValueError(f"it counts to {most}, and {_COUNT} is the most that is kept")
    limit = len(correlation.references) if correlation.kind in PRESENCES else correlation.most
    # Between two bounds, one number is as good as another.
    steps = {math.floor(bound.number) + i for bound in correlation.bounds for i in (0, 1)}
    if not any(map(correlation.admits, (n for n in (steps | {1}) if 1 <= n <= limit))):
        raise ValueError("no number of events meets its condition")
