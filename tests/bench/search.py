"""The index: how fast it takes a log in, and how fast it answers over five million events.

The log is made of lines as the encoder writes them, with other words, people and times in their
places; its seals are none, which the index does not look at.
"""

from __future__ import annotations

import gc
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

import orjson

from tests.bench.report import Row
from tests.samples import ENDED, EXEC, HOST, OUTPUT, PLACE, FixedClock, names
from tests.stored import StoredLog
from tracer.codec.ecs import Encoder
from tracer.codec.moment import timestamp
from tracer.store.directory import Directory
from tracer.store.index import Index
from tracer.store.query import Query
from tracer.store.search import Searcher

_EVENTS = 5_000_000
_PER_SEGMENT = 100_000
_PER_SEAL = 100
_STEP_NS = 10_000_000
_WORDS = 20_000
_PANES, _USERS = 40, 12
_RARE = "zanzibar"
_RARE_EVERY = 400_000
_PLACES = (
    ("111111", "%(n)d"), ("TIME", "%(time)s"), ("222222", "%(ns)d"), ("TEXT", "%(text)s"),
    ("TOOL", "%(tool)d"), ("%PANE", "%%%(pane)d"), ("PANE", "%(pane)d"),
)  # fmt: skip
_SEAL = (
    '{"@timestamp":"%(time)s","event":{"kind":"event","action":"seal","sequence":%(n)d},'
    '"ttytrace":{"boottime_ns":%(ns)d,"log":{"root":"'
    + "r" * 44
    + '"}},"mac":"'
    + "m" * 22
    + '"}\n'
)


def measure(reps: int, scale: float, place: Path) -> Iterator[Row]:
    """Records a second into the index; milliseconds for each question, asked again and again."""
    count = round(_EVENTS * scale)
    root = place / "log-of-search"
    size = write_log(root, count)
    index = Index(Directory(root))
    gc.collect()
    start = time.process_time()
    began = time.monotonic()
    total = index.catch_up()
    rate = total / (time.monotonic() - began)
    cpu = total / (time.process_time() - start)
    stored = sum(file.stat().st_size for file in (root / "index").iterdir())
    notes = f"{total:,} records, {cpu:,.0f}/s of CPU; {stored / total:.0f} of {size / total:.0f} B"
    yield Row("index", "take a log in", None, None, (rate,), "records/s", notes)
    searcher = Searcher(index)
    for case, query in questions(count):
        times = [_ms(lambda query=query: _answer(searcher, query)) for _ in range(reps + 1)]
        found = len(searcher.find(query))
        notes = f"first {times[0]:.1f} ms, {found} found"
        yield Row("search", case, None, None, tuple(times[1:]), "ms", notes)
    searcher.close()
    index.close()
    shutil.rmtree(root)


def _answer(searcher: Searcher, query: Query) -> None:
    # As `ttytrace search` does, but for printing.
    for sequence in searcher.find(query):
        searcher.found(sequence)
    searcher.gaps(query)


def questions(count: int) -> Iterator[tuple[str, Query]]:
    """What is asked, with the newest hundred as answer."""
    middle = FixedClock().boot_ns // 1000 + count * _STEP_NS // 2000
    hour = {"since_us": middle, "until_us": middle + 3_600_000_000}
    yield "a user", Query(user="user3")
    yield "a user's commands in one hour", Query(user="user3", kinds=("exec",), **hour)
    yield "one hour", Query(**hour)
    yield "a rare word", Query(text=_RARE)
    yield "a frequent word", Query(text="w1")
    yield "a phrase", Query(text='"w1 w2"')
    yield "words that a user saw", Query(text="w1 w7", user="user5")
    yield "a rare word in one hour", Query(text=_RARE, **hour)
    yield "a command", Query(command="tool7 --verbose")
    yield "regex, nothing found", Query(regex=re.compile(r"zanz[b-h]bar \d+"))
    yield "regex, all rare ones", Query(regex=re.compile(r"zan[a-z]{2}bar"), limit=0)
    yield "regex, a frequent one", Query(regex=re.compile(r"w1 w[0-9]+ w2"))


def write_log(root: Path, count: int) -> int:
    """A log of about so many events; returns its bytes."""
    chance = random.Random(1)
    texts = _texts(chance)
    output, exec_, ended = _templates()
    log = StoredLog(root)
    file = log.segment(0).open("ab")
    boot_ns, sequence, offsets = FixedClock().boot_ns, log.size, [0] * _PANES
    for number in range(count):
        if number % _PER_SEGMENT == 0 and number:
            file.close()
            file = (root / "log" / f"{sequence:012d}.jsonl").open("wb", 1 << 20)
        ns, pane = number * _STEP_NS, number * 7 % _PANES
        values = {"n": sequence, "time": timestamp(boot_ns + ns), "ns": ns, "pane": pane}
        values |= {"user": pane % _USERS, "tool": number % 97, "offset": offsets[pane]}
        if number % 10 < 7:
            text = texts[chance.randrange(len(texts))]
            if number % _RARE_EVERY == 3:
                text += f" {_RARE} {number}"
            values |= {"text": text, "size": len(text) + 2}
            offsets[pane] += len(text) + 2
        line = (output if number % 10 < 7 else ended if number % 10 == 9 else exec_) % values
        file.write(line.encode())
        sequence += 1
        if number % _PER_SEAL == _PER_SEAL - 1:
            file.write((_SEAL % (values | {"n": sequence})).encode())
            sequence += 1
    file.close()
    return sum(segment.stat().st_size for segment in (root / "log").iterdir())


def _templates() -> tuple[str, str, str]:
    # Each as a line in which what changes from event to event has a name.
    encoder = Encoder(HOST, names, FixedClock())
    place = PLACE._replace(pane_id="%PANE", session_name="session-PANE")
    process = EXEC.process._replace(argv=(b"toolTOOL", b"--verbose", b"argument"))
    lines = []
    for finding in (
        OUTPUT._replace(place=place, process=process, data=b"TEXT\r\n"),
        EXEC._replace(place=place, process=process),
        ENDED._replace(place=place, process=process),
    ):
        event = encoder.encode(finding)
        event["event"]["sequence"], event["@timestamp"] = 111111, "TIME"
        event["ttytrace"] |= {"boottime_ns": 222222, "salt": "c2FsdHNhbHRzYWx0"}
        line = orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE).decode()
        line = line.replace('"total_bytes_captured":6', '"total_bytes_captured":%(size)d')
        for word, name in _PLACES:
            line = line.replace(word, name)
        line = line.replace('"offset":37', '"offset":%(offset)d').replace("alice", "user%(user)d")
        lines.append(line.replace('"minor":3', '"minor":%(pane)d'))
    return lines[0], lines[1], lines[2]


def _texts(chance: random.Random) -> list[str]:
    # Rows of words, frequent ones as in a language (Zipf), 86 characters on average.
    weights = list(accumulate(1 / rank for rank in range(1, _WORDS)))
    words = [f"w{number}" for number in range(1, _WORDS)]
    return [
        " ".join(chance.choices(words, cum_weights=weights, k=chance.randint(8, 30)))
        for _ in range(50_000)
    ]


def _ms(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000
