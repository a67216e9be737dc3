"""Rules as we evaluate them, and as pySigma's SQLite backend does, on the same events.

What both leave to pySigma (parsing, applying modifiers), and what SQLite can't do or does less
exactly (several values in a field, lists, networks of IPv6, weeks, anchors), is compared with
expectations in tests/unit/detect/test_compile.py.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection

from tests.differential.generated import FIELDS, KEYWORDS, NUMBER, Case, Event, case
from tracer.detect import matchers, node
from tracer.detect.load import load
from tracer.detect.rule import Rule
from tracer.detect.view import PROCESS_CREATION, View

CASES = 400

Verdicts = list[list[bool]]
"""Of each case, on each of its events."""


class Compared(NamedTuple):
    """The rules as we read them, their events, and what SQLite says."""

    rules: list[Rule]
    views: list[list[View]]
    expected: Verdicts


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    cases = [case(seed) for seed in range(CASES)]
    rules = read(cases, tmp_path_factory.mktemp("rules"))
    views = [[view_of(event) for event in each.events] for each in cases]
    return Compared(rules, views, in_sqlite(cases))


def read(cases: list[Case], directory: Path) -> list[Rule]:
    """Each case from a file of its own, so that a filter is for its rule only."""
    found = []
    for number, each in enumerate(cases):
        path = directory / f"{number}.yml"
        path.write_text("\n---\n".join(map(json.dumps, each.documents)))
        rules = load([path])
        assert not rules.refusals, (rules.refusals, each.documents)
        found += rules.rules
    return found


def view_of(event: Event) -> View:
    fields = {name: (text,) for name, text in event.items() if name != KEYWORDS}
    return View(PROCESS_CREATION, fields, event.get(KEYWORDS, ""))


def in_sqlite(cases: list[Case]) -> Verdicts:
    database = sqlite3.connect(":memory:")
    database.create_function("regexp", 2, regexp, deterministic=True)
    columns = [f"{f} {'NUMERIC' if f == NUMBER else 'TEXT'} COLLATE NOCASE" for f in FIELDS]
    database.execute(f"CREATE TABLE logs ({', '.join(columns)})")
    return [list(judged(database, each)) for each in cases]


def regexp(pattern: str, text: str | None) -> bool:
    return text is not None and re.search(pattern, text) is not None


def judged(database: sqlite3.Connection, each: Case) -> Iterator[bool]:
    """What its query says of each event."""
    rules = SigmaCollection.from_dicts(each.documents)
    [query] = sqliteBackend(fulltext_field=KEYWORDS).convert(rules)
    rows = [[e.get(f, "" if f == KEYWORDS else None) for f in FIELDS] for e in each.events]
    database.execute("DELETE FROM logs")
    database.executemany(f"INSERT INTO logs VALUES ({','.join('?' * len(FIELDS))})", rows)
    met = {row[0] for row in database.execute(query.replace("*", "rowid", 1))}
    for (rowid,) in database.execute("SELECT rowid FROM logs ORDER BY rowid"):
        yield rowid in met


def verdicts(compared: Compared) -> Verdicts:
    """Ours. Views are new each time: they remember what they folded."""
    return [
        [rule.node.test(View(v.source, v.fields, v.text)) for v in views]
        for rule, views in zip(compared.rules, compared.views, strict=True)
    ]


def test_every_verdict_is_that_of_sqlite(compared: Compared) -> None:
    """On all events, the same of them meet a rule."""
    assert verdicts(compared) == compared.expected


def test_the_events_tell_rules_apart(compared: Compared) -> None:
    """Most rules are met by one of their events and not by another: equal says something."""
    both = [len(set(each)) == 2 for each in compared.expected]
    assert sum(both) > CASES * 2 / 3


@contextmanager
def changed(kind: type, name: str, value: Any) -> Iterator[None]:
    before = getattr(kind, name)
    setattr(kind, name, value)
    try:
        yield
    finally:
        setattr(kind, name, before)


COMPARES = matchers.Compares.meets

MUTANTS: dict[str, tuple[type, str, Callable[..., Any]]] = {
    "and is or": (node.And, "test", lambda self, view: any(n.test(view) for n in self.nodes)),
    "or is and": (node.Or, "test", lambda self, view: all(n.test(view) for n in self.nodes)),
    "not is nothing": (node.Not, "test", lambda self, view: self.node.test(view)),
    "there is all": (node.Exists, "test", lambda self, view: True),
    "case always counts": (
        node.Holds,
        "_compared",
        lambda self, view: view.fields.get(self.field, ()) if self.field else (view.text,),
    ),
    "case never counts": (
        node.Holds,
        "_compared",
        lambda self, view: view.folded.get(self.field, ()) if self.field else (view.folded_text,),
    ),
    "absent is empty": (
        node.Holds,
        "test",
        lambda self, view: any(map(self.matcher.meets, self._compared(view) or ("",))),
    ),
    "begins is contains": (
        matchers.StartsWith,
        "meets",
        lambda self, value: any(each in value for each in self.literals),
    ),
    "ends is contains": (
        matchers.EndsWith,
        "meets",
        lambda self, value: any(each in value for each in self.literals),
    ),
    "contains is begins": (
        matchers.Contains,
        "meets",
        lambda self, value: value.startswith(self.literals),
    ),
    "equals is begins": (
        matchers.Equals,
        "meets",
        lambda self, value: value.startswith(tuple(self.literals)),
    ),
    "the first literal only": (
        matchers.Contains,
        "meets",
        lambda self, value: self.literals[0] in value,
    ),
    "searched from the start": (
        matchers.Regex,
        "meets",
        lambda self, value: self.pattern.match(value) is not None,
    ),
    "at most is less": (
        matchers.Compares,
        "meets",
        lambda self, value: COMPARES(matchers.Compares(self.comparison[:2], self.number), value),
    ),
    "a network is its first address": (
        matchers.Within,
        "meets",
        lambda self, value: value == str(self.network[0]),
    ),
    "each hour is right": (matchers.TimePart, "meets", lambda self, value: True),
    "refers is contains": (
        node.Refers,
        "_met",
        lambda self, view: (
            place
            for place, value in enumerate(view.folded.get(self.field, ()))
            if any(other in value for other in view.folded.get(self.other, ()))
        ),
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_caught(compared: Compared, mutant: str) -> None:
    """An evaluator that is wrong in one way says something else of one event at least."""
    with changed(*MUTANTS[mutant]):
        assert verdicts(compared) != compared.expected
