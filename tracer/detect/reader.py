"""Documents -> rules, correlations and refusals.

Invariant: each document becomes one of them, or a filter of rules; filters are applied when all
have been read. Files are found in load.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer.detect.about import read_about, read_source, version
from tracer.detect.compile import all_of, compile_detection
from tracer.detect.correlation import Correlation, silenced
from tracer.detect.correlation_compile import Draft, compile_correlations
from tracer.detect.document import (
    BadDocument,
    Document,
    Unsupported,
    parse,
    read,
    read_text,
    shown,
)
from tracer.detect.node import Node
from tracer.detect.rule import About, Place, Refusal, Rule
from tracer.detect.view import SOURCES, LogSource

_SHOWN_CHARS: Final = 300
_LIST: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}")


class Read(NamedTuple):
    """What all files hold, as a RuleSet does."""

    rules: tuple[Rule, ...]
    correlations: tuple[Correlation, ...]
    refusals: tuple[Refusal, ...]


class _Filter(NamedTuple):
    """`rules`: names and ids; None: all of that source."""

    place: Place
    title: str
    source: LogSource
    rules: tuple[str, ...] | None
    node: Node
    text: str


class Reader:
    """Reads files, one after the other."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._filters: list[_Filter] = []
        self._drafts: list[Draft] = []
        self._refusals: list[Refusal] = []
        self._refused: dict[str, Refusal] = {}
        self._owners: dict[str, Place] = {}

    def refuse(
        self, place: Place, reason: str, value: Any = None, *, foreign: bool = False
    ) -> None:
        """`value`: of the document, which may be anything."""
        said = value if isinstance(value, dict) else {}
        title = said.get("title")
        title = title[:_SHOWN_CHARS] if isinstance(title, str) else ""
        refusal = Refusal(place, title, reason[:_SHOWN_CHARS], foreign)
        self._refusals.append(refusal)
        names = [name for name in (said.get("id"), said.get("name")) if isinstance(name, str)]
        self._refused.update(dict.fromkeys(names, refusal))

    def refuse_path(self, path: Path, reason: str) -> None:
        """What no document can be read from."""
        self.refuse(Place(shown(path), 1), reason)

    def read(self, path: Path) -> None:
        """All documents of a file."""
        self._all(path, read(path))

    def take(self, path: Path, text: str) -> None:
        """All documents of a file with this text."""
        self._all(path, parse(shown(path), text))

    def finish(self) -> Read:
        """When all files were read."""
        for each in self._filters:
            self._apply(each)
        known = {name: rule for rule in self._rules for name in _names(rule.about)}
        correlations, refusals = compile_correlations(self._drafts, known, self._refused)
        silent = silenced(correlations)
        rules = [replace(r, is_silent=True) if r.about.key in silent else r for r in self._rules]
        return Read(tuple(rules), correlations, (*self._refusals, *refusals))

    def _all(self, path: Path, documents: Iterator[Document]) -> None:
        try:
            for document in documents:
                self._document(document, _Lists(path.parent / "lists"))
        except BadDocument as error:
            self.refuse(error.place, error.reason)

    def _document(self, document: Document, lists: _Lists) -> None:
        try:
            if not isinstance(document.value, dict):
                raise Unsupported("it is no Sigma rule, which is a map of keys and values")
            self._sort(document, lists)
        except Unsupported as error:
            self.refuse(document.place, str(error), document.value)

    def _sort(self, document: Document, lists: _Lists) -> None:
        value = document.value
        if "action" in value:
            raise Unsupported("`action` (global, reset, repeat) is of old: write out each rule")
        if "correlation" in value:
            self._drafts.append(Draft(self._owned(read_about(document)), value))
        elif "detection" not in value and "filter" not in value:
            raise Unsupported("it is no Sigma rule: no detection, correlation or filter is in it")
        else:
            self._found(document, read_source(document), lists)

    def _found(self, document: Document, source: LogSource, lists: _Lists) -> None:
        """A rule or a filter."""
        if not any(source.covers(each) for each in SOURCES):
            reason = f"nothing is recorded of {_words(source)}"
            self.refuse(document.place, reason, document.value, foreign=True)
        elif "filter" in document.value:
            self._filter(document, source, lists)
        else:
            self._rule(document, source, lists)

    def _rule(self, document: Document, source: LogSource, lists: _Lists) -> None:
        about = read_about(document)
        node = compile_detection(_section(document, "detection"), lists)
        about = replace(about, version=version(document.text, *lists.used))
        self._rules.append(Rule(self._owned(about), source, node))

    def _filter(self, document: Document, source: LogSource, lists: _Lists) -> None:
        section = _section(document, "filter")
        about = read_about(document)
        rules = _referred(section.pop("rules", None))
        node = compile_detection(section, lists)
        text = "\0".join((document.text, *lists.used))
        self._filters.append(_Filter(document.place, about.title, source, rules, node, text))

    def _apply(self, each: _Filter) -> None:
        """A filter says what else must hold."""
        wanted = None if each.rules is None else set(each.rules)
        for place, rule in enumerate(self._rules):
            named = wanted is None or not wanted.isdisjoint(_names(rule.about))
            if named and each.source.covers(rule.source):
                about = replace(rule.about, version=version(rule.about.version, each.text))
                node = all_of((rule.node, each.node))
                self._rules[place] = replace(rule, about=about, node=node)
        missing = (wanted or set()) - {name for r in self._rules for name in _names(r.about)}
        if missing:
            reason = f"it is for {sorted(missing)[0]!r}, and no rule that is used is named so"
            self._refusals.append(Refusal(each.place, each.title, reason))

    def _owned(self, about: About) -> About:
        """Names are for one rule only."""
        for name in _names(about):
            if name in self._owners:
                raise Unsupported(f"{self._owners[name]} has its id or name already: {name}")
        self._owners.update(dict.fromkeys(_names(about), about.place))
        return about


class _Lists:
    """The values of placeholders: the lines of NAME.txt in a directory. `used`: what was read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.used: list[str] = []

    def __call__(self, name: str) -> Sequence[str]:
        if not _LIST.fullmatch(name):
            raise Unsupported(f"%{name[:40]}% can't be the name of a list")
        path = self._directory / f"{name}.txt"
        try:
            text = read_text(path)
        except Unsupported as error:
            raise Unsupported(f"%{name}% stands for the lines of {path}: {error}") from None
        self.used.append(text)
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        if not lines:
            raise Unsupported(f"%{name}% stands for the lines of {path}, which has none")
        return lines


def _section(document: Document, key: str) -> dict[Any, Any]:
    section = document.value[key]
    if not isinstance(section, dict):
        raise Unsupported(f"its {key} must be a map")
    return dict(section)


def _referred(rules: Any) -> tuple[str, ...] | None:
    """Of a filter's `rules`."""
    if rules == [] or (isinstance(rules, str) and rules.lower() == "any"):
        return None
    rules = [rules] if isinstance(rules, str) else rules
    if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
        raise Unsupported("its filter needs `rules`: any, or the names or ids of rules")
    return tuple(rules)


def _names(about: About) -> set[str]:
    return {name for name in (about.key, about.id, about.name) if name}


def _words(source: LogSource) -> str:
    pairs = zip(source._fields, source, strict=True)
    return ", ".join(f"{key} {value}" for key, value in pairs if value)
