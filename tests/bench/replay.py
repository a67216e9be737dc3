"""Watching a recording again: how fast the index takes ten hours of one pane in, a gigabyte, how
fast a random moment of it is shown, how fast it is exported, and how fast its screen is searched.

The log is made of lines as the encoder writes them; a piece of a build in colours every 280 ms.
"""

from __future__ import annotations

import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from statistics import quantiles

import orjson

from tests.bench.render import built, worded
from tests.bench.report import Row
from tests.samples import HOST, OUTPUT, FixedClock, names
from tests.stored import StoredLog
from tracer.codec.ecs import Encoder
from tracer.codec.moment import timestamp
from tracer.export import asciicast, html, ndjson, text, typescript
from tracer.export.excerpt import Excerpt, excerpt
from tracer.replay.playback import Playback
from tracer.replay.stored import StoredRecording
from tracer.store.directory import Directory
from tracer.store.index import Index
from tracer.store.query import Query
from tracer.store.search import Searcher

_PIECES, _PIECE_BYTES, _STEP_NS = 128_000, 8_000, 280_000_000
_PER_SEGMENT, _PER_SEAL = 16_000, 100
_SEEKS = 200
_EXPORTED_NS = 1_800_000_000_000
_RARE, _RARE_EVERY = "zanzibar", 9973
_FORMATS: dict[str, Callable[[Excerpt, BytesIO], None]] = {
    "asciicast": asciicast.write_v2,
    "asciicast3": asciicast.write_v3,
    "typescript": lambda part, out: typescript.write(part, out, BytesIO()),
    "html": html.write,
    "ndjson": ndjson.write,
    "text": text.write,
}
_SEAL = (
    '{"@timestamp":"%(time)s","event":{"kind":"event","action":"seal","sequence":%(n)d},'
    f'"ttytrace":{{"boottime_ns":%(ns)d,"log":{{"root":"{"r" * 44}"}}}},"mac":"{"m" * 22}"}}\n'
)


def measure(reps: int, scale: float, place: Path) -> Iterator[Row]:
    """Megabytes are of what the pane showed."""
    root = place / "log-of-replay"
    shown = write_log(root, round(_PIECES * scale))
    with closing(Index(Directory(root))) as index:
        began = time.monotonic()
        index.catch_up(flush=True)
        rate = shown / (time.monotonic() - began) / 1e6
        stored = sum(file.stat().st_size for file in (root / "index").iterdir())
        notes = f"{shown / 1e6:,.0f} MB shown, {stored / 1e6:,.0f} MB of index"
        yield Row("replay", "take a log in", None, None, (rate,), "MB/s", notes)
        with closing(Searcher(index)) as asking:
            (track,) = asking.tracks(Query())
            recording = StoredRecording(asking, track, "pane")
            yield _seeks(recording)
            for name, write in _FORMATS.items():
                rates = tuple(_exported(recording, write) for _ in range(reps))
                yield Row("export", name, None, None, rates, "MB/s")
            yield from _searches(asking, reps)
    shutil.rmtree(root)


def write_log(root: Path, pieces: int) -> int:
    """Ten hours at most of one pane; returns the bytes that it showed."""
    chance, template = random.Random(1), _template()
    texts = [_piece(chance) for _ in range(200)]
    log = StoredLog(root)
    file = log.segment(0).open("ab")
    boot_ns, sequence, offset = FixedClock().boot_ns, log.size, 0
    for number in range(pieces):
        if number % _PER_SEGMENT == 0 and number:
            file.close()
            file = (root / "log" / f"{sequence:012d}.jsonl").open("wb", 1 << 20)
        ns, data = number * _STEP_NS, texts[chance.randrange(len(texts))]
        if number % _RARE_EVERY == 7:
            data += f"{_RARE} {number}\r\n"
        values = {"n": sequence, "time": timestamp(boot_ns + ns), "ns": ns, "offset": offset}
        size = len(data.encode())
        file.write((template % (values | {"size": size, "text": _escaped(data)})).encode())
        offset, sequence = offset + size, sequence + 1
        if number % _PER_SEAL == _PER_SEAL - 1:
            file.write((_SEAL % (values | {"n": sequence})).encode())
            sequence += 1
    file.close()
    return offset


def _template() -> str:
    event = Encoder(HOST, names, FixedClock()).encode(OUTPUT._replace(offset=333, data=b"TEXT"))
    event["event"]["sequence"], event["@timestamp"] = 111111, "TIME"
    event["ttytrace"] |= {"boottime_ns": 222222, "salt": "c2FsdHNhbHRzYWx0"}
    line = orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE).decode().replace("%", "%%")
    for said, meant in (
        ("111111", "%(n)d"), ("TIME", "%(time)s"), ("222222", "%(ns)d"), ("TEXT", "%(text)s"),
        ('"offset":333', '"offset":%(offset)d'),
        ('"total_bytes_captured":4', '"total_bytes_captured":%(size)d'),
    ):  # fmt: skip
        assert said in line, said
        line = line.replace(said, meant)
    return line


def _piece(chance: random.Random) -> str:
    text = ""
    while len(text) < _PIECE_BYTES:
        text += built(worded(chance))
    return text


def _escaped(data: str) -> str:
    return orjson.dumps(data).decode()[1:-1]


def _seeks(recording: StoredRecording) -> Row:
    chance, times = random.Random(2), []
    for _ in range(_SEEKS):
        began = time.perf_counter()
        Playback(recording).seek(chance.randrange(recording.duration_ns))
        times.append((time.perf_counter() - began) * 1000)
    hours, tail = recording.duration_ns / 3.6e12, quantiles(times, n=100)[98]
    notes = f"of {hours:.1f} hours; p99 {tail:.0f} ms, at most {max(times):.0f} ms"
    return Row("replay", f"{_SEEKS} random moments", None, None, tuple(times), "ms", notes)


def _exported(recording: StoredRecording, write: Callable[[Excerpt, BytesIO], None]) -> float:
    end_ns = min(recording.duration_ns, _EXPORTED_NS)
    part = excerpt(recording, 0, end_ns)
    size = (end_ns // _STEP_NS + 1) * _PIECE_BYTES
    start = time.process_time()
    write(part, BytesIO())
    return size / (time.process_time() - start) / 1e6


def _searches(asking: Searcher, reps: int) -> Iterator[Row]:
    for case, query in (
        ("a rare text", Query(text=_RARE)),
        ("a text that is everywhere", Query(text="warning")),
        ("regex, a rare text", Query(regex=re.compile(r"zan[a-z]{2}bar \d+"))),
        ("regex, nothing found", Query(regex=re.compile(r"zanz[b-h]bar"))),
    ):
        times = []
        for _ in range(reps):
            began = time.perf_counter()
            found = len(asking.find(query))
            times.append((time.perf_counter() - began) * 1000)
        yield Row("screen search", case, None, None, tuple(times), "ms", f"{found} found")
