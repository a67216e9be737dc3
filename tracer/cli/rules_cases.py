"""`ttytrace rules test`: rules against the records that stand beside them.

NAME.yml has NAME.hit.jsonl and NAME.miss.jsonl beside it. Each line is a case: a record as the log
has it, with the fields that matter; or a list of records, of which the last are what it is about.
Where the file has a correlation, all its lines together are one case.

Invariant: a case goes through the Detector, as the log does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tracer.cli.hands import counted
from tracer.cli.rules_found import all_of, detector_of, rules_in
from tracer.cli.rules_records import records_of, whole
from tracer.codec.identity import Fields
from tracer.codec.safe import safe_text
from tracer.detect.correlation import Correlation
from tracer.detect.load import RuleSet
from tracer.detect.rule import Rule

HIT: Final = "hit"
MISS: Final = "miss"


class Case(NamedTuple):
    """Records in their order, and where they stand."""

    place: str
    records: list[Fields]


class Tested(NamedTuple):
    """A file of rules: how many cases went how, what is wrong, and which files it lacks."""

    path: Path
    cases: int
    problems: tuple[str, ...]
    missing: tuple[str, ...]


def passed(directories: Sequence[Path]) -> bool:
    """Prints how each file of rules did; whether all did well. Raises NoRules."""
    rules = rules_in(directories)
    broken = [each for each in rules.refusals if not each.is_foreign]
    for refusal in broken:
        _print(f"refused  {refusal.place}: {refusal.reason}")
    done = []
    for each in outcomes(rules):
        done.append(each)
        for line in _lines(each):
            _print(line)
    failed = sum(bool(each.problems) for each in done)
    untested = sum(bool(each.missing) for each in done)
    cases = sum(each.cases for each in done)
    _print(
        f"{counted(len(done), 'file')}, {counted(cases, 'case')}: {failed} failed, "
        f"{len(broken)} refused, {untested} without all tests"
    )
    return not failed and not broken


def outcomes(rules: RuleSet) -> Iterator[Tested]:
    """Each file that rules came from, in order."""
    for path in dict.fromkeys(each.about.place.path for each in all_of(rules)):
        yield _tested(Path(path), _of_file(rules, path))


def _tested(path: Path, rules: RuleSet) -> Tested:
    own = [each for each in _tellers(rules) if each.about.place.path == str(path)]
    cases, problems, missing = 0, list[str](), list[str]()
    hit: set[str] = set()
    hit_file = path.with_suffix(f".{HIT}.jsonl").name
    for kind in (HIT, MISS):
        beside = path.with_suffix(f".{kind}.jsonl")
        try:
            found = _cases(beside, is_stream=any(isinstance(each, Correlation) for each in own))
        except FileNotFoundError:
            missing.append(beside.name)
            continue
        except (OSError, ValueError) as error:
            problems.append(f"{beside}: {error}")
            continue
        cases += len(found)
        for case in found:
            told, troubles = _told(rules, case)
            problems += troubles
            hit |= told if kind == HIT else set()
            problems += _verdict(kind, case, told & {each.about.key for each in own})
    if hit_file not in missing:
        problems += [f"{e.about.title}: nothing raises it" for e in own if e.about.key not in hit]
    return Tested(path, cases, tuple(dict.fromkeys(problems)), tuple(missing))


def _lines(done: Tested) -> Iterator[str]:
    if done.problems:
        yield f"FAILED   {done.path}"
        yield from (f"         {problem}" for problem in done.problems)
    elif not done.missing:
        yield f"ok       {done.path}: {counted(done.cases, 'case')}"
    if done.missing:
        yield f"untested {done.path}: there is no {' and no '.join(done.missing)}"


def _print(line: str) -> None:
    print(safe_text(line), flush=True)


def _verdict(kind: str, case: Case, told: set[str]) -> list[str]:
    if kind == HIT and not told:
        return [f"{case.place}: raises no alert"]
    if kind == MISS and told:
        return [f"{case.place}: raises an alert"]
    return []


def _told(rules: RuleSet, case: Case) -> tuple[set[str], list[str]]:
    """The keys of the rules that alert, and what went wrong."""
    detector = detector_of(rules, repeat_s=0)
    alerts = [
        alert
        for sequence, record in enumerate(case.records)
        for alert in detector.feed(sequence, whole(record, sequence))
    ]
    alerts += detector.flush()
    troubles = [f"{each.key} was disabled: {each.reason}" for each in detector.take_troubles()]
    return {alert.about.key for alert in alerts}, troubles


def _cases(path: Path, *, is_stream: bool) -> list[Case]:
    """ValueError names the line that is none."""
    found = [
        Case(f"{path}:{number}", _records(line, number))
        for number, line in enumerate(path.read_bytes().splitlines(), 1)
        if line.strip()
    ]
    if not found:
        raise ValueError("there is no record in it")
    if not is_stream:
        return found
    return [Case(str(path), [record for case in found for record in case.records])]


def _records(line: bytes, number: int) -> list[Fields]:
    try:
        return records_of(line)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from None


def _of_file(rules: RuleSet, path: str) -> RuleSet:
    """The rules of a file, and those that they refer to."""
    needed: set[str] = set()
    correlations = []
    for each in reversed(rules.correlations):  # each stands behind those that it refers to
        if each.about.place.path == path or each.about.key in needed:
            needed.update(reference.key for reference in each.references)
            correlations.append(each)
    own = [e for e in rules.rules if e.about.place.path == path or e.about.key in needed]
    return RuleSet(tuple(own), tuple(reversed(correlations)))


def _tellers(rules: RuleSet) -> list[Rule | Correlation]:
    """Those that tests are for: correlations, if there are any."""
    told: list[Rule | Correlation] = [c for c in rules.correlations if not c.is_silent]
    return told or [rule for rule in rules.rules if not rule.is_silent]
