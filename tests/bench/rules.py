"""Rules: how many records a second go through them, what they take of memory, how long they load.

Invariant: records are lines as the log has them, and are parsed, as where rules run. How long it
takes from a key to the alert is in alerting.py.
"""

from __future__ import annotations

import gc
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import orjson

from tests.bench.report import Row, compared
from tests.bench.rule_files import WORDS, vocabulary, write_rules
from tests.samples import COMMANDED, ENDED, HOST, INPUT, METADATA, NOW, OUTPUT, FixedClock, names
from tracer.codec.ecs import Encoder
from tracer.codec.log import control
from tracer.detect.detector import Detector
from tracer.detect.load import RuleSet, load
from tracer.detect.views import Views
from tracer.model.findings import Finding, ProcessEnded, ProgramStarted, TextInput, TextOutput
from tracer.model.sealed import Stamp

_RECORDS = 20_000
_RULES = (0, 150, 1500)
_DOCUMENTS = (250, 3750)  # of this system, and of another
_STEP_NS = 2_000_000
_HEARTBEAT_EVERY = 500
_MIXED = (OUTPUT,) * 11 + (COMMANDED, ENDED) * 3 + (METADATA,) * 2 + (INPUT,)
_REPEAT_S = 60
_PACK = Path("rules")

_LOADING = """
import sys, time
start, cpu = time.perf_counter(), time.process_time()
from pathlib import Path
from tracer.detect.detector import Detector
from tracer.detect.load import RuleSet, load
from tracer.detect.views import Views
rules = load([Path(sys.argv[1])])
detector = Detector(rules, Views(), 60)
took, cpu = time.perf_counter() - start, time.process_time() - cpu
rss = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS"))
print(f"[{len(rules.rules)}, {took}, {cpu}, {rss}]")
"""


class Loaded(NamedTuple):
    """What a process that loaded rules says of itself."""

    rules: int
    seconds: float
    cpu_seconds: float
    rss_kib: int


def measure(reps: int, scale: float, place: Path) -> Iterator[Row]:
    """Speed as a ratio to that without rules, in the same round; memory and time of a fresh
    process."""
    counts = [round(count * scale) for count in _RULES]
    made = [write_rules(place / f"rules-{count}", count) for count in counts]
    for case, findings in (("all kinds", _MIXED), ("programs", (COMMANDED,))):
        yield from _speeds(case, list(_lines(findings, round(_RECORDS * scale))), made, reps)
    yield from _memory(made, reps)
    yield _load(place, scale, reps)


def _speeds(case: str, lines: Sequence[bytes], made: Sequence[Path], reps: int) -> Iterator[Row]:
    none, *others = (load([directory]) for directory in (*made, _PACK))
    measured = [[_rate(each, lines) for each in (none, *others)] for _ in range(reps)]
    baseline, *rates = zip(*measured, strict=True)
    yield Row("rules", f"{case}, no rules", None, None, baseline, "events/s")
    rounds = [[rate] for rate in baseline]
    for rules, values in zip(others, rates, strict=True):
        name = f"{case}, {len(rules.rules):,} rules"
        notes = _done(rules, lines) + ", our pack" * (rules is others[-1])
        yield compared("rules", name, values, rounds, unit="events/s", notes=notes)


def _done(rules: RuleSet, lines: Sequence[bytes]) -> str:
    detector = Detector(rules, Views(), _REPEAT_S)
    _feed(detector, lines)
    stats = detector.stats()
    return f"{stats.tests / stats.views:.1f} tests a view, {stats.matches} matches"


def _rate(rules: RuleSet, lines: Sequence[bytes]) -> float:
    detector = Detector(rules, Views(), _REPEAT_S)
    first = len(lines) // 10
    _feed(detector, lines[:first])  # the automaton is built as it is needed
    gc.collect()
    start = time.process_time()
    _feed(detector, lines[first:])
    return (len(lines) - first) / (time.process_time() - start)


def _feed(detector: Detector, lines: Sequence[bytes]) -> None:
    for line in lines:
        event = orjson.loads(line)
        detector.feed(event["event"]["sequence"], event)


def _memory(directories: Sequence[Path], reps: int) -> Iterator[Row]:
    none, *others = ([_in_fresh_process(each) for _ in range(reps)] for each in directories)
    base = [loaded.rss_kib / 1024 for loaded in none]
    yield Row("rules", "memory without rules", None, None, tuple(base), "MiB")
    for runs in others:
        values = [loaded.rss_kib / 1024 for loaded in runs]
        more = 1024 * (min(values) - min(base)) / runs[0].rules
        notes, case = f"{more:.1f} KiB a rule", f"memory, {runs[0].rules:,} rules"
        yield compared("rules", case, values, [[value] for value in base], unit="MiB", notes=notes)


def _load(place: Path, scale: float, reps: int) -> Row:
    ours, foreign = (round(count * scale) for count in _DOCUMENTS)
    directory = write_rules(place / "documents", ours)
    write_rules(directory, foreign, "windows")
    runs = [_in_fresh_process(directory) for _ in range(reps)]
    seconds = tuple(loaded.seconds for loaded in runs)
    cpu = median(loaded.cpu_seconds for loaded in runs)
    notes = f"{cpu:.2f} s of CPU, imports included; {runs[0].rules} of them are of use here"
    return Row("rules", f"load {ours + foreign:,} files", None, None, seconds, "s", notes)


def _in_fresh_process(directory: Path) -> Loaded:
    out = subprocess.check_output([sys.executable, "-c", _LOADING, directory])
    return Loaded(*json.loads(out))


def _lines(findings: Sequence[Finding], count: int) -> Iterator[bytes]:
    """A log of so many records, but for its seals, with other words in each, and heartbeats in
    between."""
    encoder = Encoder(HOST, names, FixedClock())
    chance, words = random.Random(1), vocabulary()
    frequent = [1 / rank for rank in range(1, WORDS + 1)]
    offsets: Counter[type[Finding]] = Counter()
    for number in range(count):
        finding, some = findings[number % len(findings)], chance.choices(words, frequent, k=9)
        text = f"{some[0]} --{' '.join(some[1:])}\r\n".encode()
        said = _saying(finding._replace(time_ns=NOW + number * _STEP_NS), text, offsets)
        event = encoder.encode(said)
        if number % _HEARTBEAT_EVERY == 0:
            ns = NOW + number * _STEP_NS
            event = control("heartbeat", Stamp(ns, FixedClock().at(ns)), events=number, lost=0)
        event["event"]["sequence"] = number
        yield orjson.dumps(event)


def _saying(finding: Finding, text: bytes, offsets: Counter[type[Finding]]) -> Finding:
    offset = offsets[type(finding)]
    offsets[type(finding)] += len(text)
    match finding:
        case ProgramStarted() | ProcessEnded():
            argv = tuple(text.split())
            path = b"/usr/bin/" + argv[0]
            process = finding.process._replace(exe=path, invoked=path, argv=argv)
            return finding._replace(process=process)
        case TextOutput():
            return finding._replace(data=text, offset=offset)
        case TextInput():
            author = finding.typed_by[0]._replace(size=len(text))
            data = text if finding.data else None
            return finding._replace(data=data, size=len(text), offset=offset, typed_by=(author,))
    return finding
