"""`ttytrace rules explain`: why a rule is met by a record, or isn't.

Invariant: what is said to hold is what the matching finds, on the same views. What fields hold is
printed as safe text alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from tracer.cli.indexed import note_reader
from tracer.cli.labels import duration
from tracer.cli.logs import open_log
from tracer.cli.rules_check import source_text
from tracer.cli.rules_found import all_of, rule_named, rules_in
from tracer.cli.rules_records import records_of, whole
from tracer.codec.identity import Fields
from tracer.codec.log import parse
from tracer.codec.safe import cut, safe_text
from tracer.detect.correlation import Correlation
from tracer.detect.explain import Explained, explain
from tracer.detect.load import RuleSet
from tracer.detect.rule import Rule
from tracer.detect.view import View
from tracer.detect.views import Views
from tracer.errors import BadRecord
from tracer.store.directory import Directory
from tracer.store.follow import Follower
from tracer.workers.rules_log import before

_HANDLE: Final = re.compile("#?([0-9]{1,18})")
_MAX_BYTES: Final = 16 << 20
_HELD_COLUMNS: Final = 160
_MARKS: Final = {True: "yes", False: "no "}


class Seen(NamedTuple):
    """A record as rules see it."""

    place: str
    action: str
    views: list[View]


def explained(log: Path | None, directories: Sequence[Path], name: str, record: str) -> bool:
    """Prints why a rule is met by a record, or isn't; whether it is. Raises NoRules, UnknownRule,
    BadRecord, and as open_log() and note_reader() do."""
    rules = rules_in(directories)
    rule = rule_named(rules, name)
    if handle := _HANDLE.fullmatch(record):
        segments = open_log(log).inside("log")
        note_reader(log)
        return told(rules, rule, of_log(segments, int(handle[1])))
    return told(rules, rule, of_file(Path(record)))


def of_log(segments: Directory, sequence: int) -> Seen:
    """A record of the log, with what was known then. Raises BadRecord, BadLog."""
    place, views = f"#{sequence}", Views(wants_output=True)
    with closing(Follower(segments, sequence)) as follower:
        line = next(iter(follower.take()), None)
    if line is None or line.sequence != sequence:
        raise BadRecord(place=place, reason="the log has no such record")
    for earlier in before(segments, sequence):
        views.feed(_record(earlier.data))
    return _seen(place, views, _record(line.data))


def of_file(path: Path) -> Seen:
    """The last line of a file, or of standard input; those before are what was before. Raises
    BadRecord."""
    try:
        with sys.stdin.buffer if str(path) == "-" else path.open("rb") as file:
            lines = file.read(_MAX_BYTES).splitlines()
    except OSError as error:
        raise BadRecord(place=path, reason=f"it can't be read: {error.strerror}") from None
    try:
        records = [record for line in filter(None, lines) for record in records_of(line)]
    except ValueError as error:
        raise BadRecord(place=path, reason=error) from None
    *earlier, last = map(whole, records or [{}], count())
    views = Views(wants_output=True)
    for record in earlier:
        views.feed(record)
    return _seen(str(path), views, last)


def told(rules: RuleSet, rule: Rule | Correlation, seen: Seen) -> bool:
    """Prints each view of the record, and what of the rule it meets; whether one meets it all."""
    if isinstance(rule, Correlation):
        return _correlation(rules, rule, seen)
    about, fitting = rule.about, [v for v in seen.views if rule.source.covers(v.source)]
    _print(f"{about.title} ({about.level.name.lower()}) {about.place}")
    if not fitting:
        others = ", ".join(dict.fromkeys(source_text(view.source) for view in seen.views))
        what = f"is seen as {others}" if others else "is seen by no rule"
        _print(f"  it is for {source_text(rule.source)}; {seen.place} ({seen.action}) {what}")
    for view in fitting:
        root = explain(rule.node, view)
        _print(f"  {seen.place} ({seen.action}) as {source_text(view.source)}: {_verdict(root)}")
        for line in _tree(root, 2):
            _print(line)
    return any(rule.node.test(view) for view in fitting)


def _correlation(rules: RuleSet, rule: Correlation, seen: Seen) -> bool:
    about, by = rule.about, f" by {', '.join(rule.group_by)}" if rule.group_by else ""
    _print(f"{about.title} ({about.level.name.lower()}) {about.place}")
    _print(f"  {rule.kind} within {duration(rule.span_ns)}{by}; of these rules:")
    known = {each.about.key: each for each in all_of(rules)}
    met = [told(rules, known[reference.key], seen) for reference in rule.references]
    return any(met)


def _verdict(root: Explained) -> str:
    return "met" if root.is_met else "not met"


def _tree(part: Explained, depth: int) -> Iterator[str]:
    text = f"{'  ' * depth}{_MARKS[part.is_met]} {part.text}"
    if not part.parts:
        held = ", ".join(f"'{safe_text(value)}'" for value in part.held) or "nothing"
        text += f"; it has {cut(held, _HELD_COLUMNS)}"
    yield text
    for each in part.parts:
        yield from _tree(each, depth + 1)


def _seen(place: str, views: Views, record: Fields) -> Seen:
    match record:
        case {"event": {"action": str(action)}}:
            return Seen(place, action, views.feed(record))
    raise BadRecord(place=place, reason="it is none, or was erased")


def _record(line: bytes) -> Fields:
    """Nothing where it is damaged."""
    try:
        return parse(line)
    except ValueError:
        return {}


def _print(text: str) -> None:
    print(safe_text(text))
