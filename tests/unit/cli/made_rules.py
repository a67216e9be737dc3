"""Rule files for the tests of `ttytrace rules`, and records that meet them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from tests.samples import EXEC, HOST, FixedClock, names
from tracer.codec.ecs import Encoder

LS = """
title: Somebody looks
id: 11111111-1111-4111-8111-111111111111
name: looks
status: test
level: high
tags: [attack.discovery, attack.t1083]
logsource: {category: process_creation, product: linux}
detection:
    selection: {Image|endswith: /ls, CommandLine|contains: "my file"}
    condition: selection
"""
MANY = """
title: Somebody looks a lot
id: 22222222-2222-4222-8222-222222222222
status: test
level: critical
correlation:
    type: event_count
    rules: [looks]
    group-by: [User]
    timespan: 1m
    condition: {gte: 3}
"""
WINDOWS = """
title: Elsewhere
id: 33333333-3333-4333-8333-333333333333
level: high
logsource: {category: process_creation, product: windows}
detection: {selection: {Image: x}, condition: selection}
"""
BROKEN = """
title: Half a rule
id: 44444444-4444-4444-8444-444444444444
level: high
logsource: {category: process_creation, product: linux}
detection: {selection: {Image: x}, condition: selection and nothing}
"""


def rules(directory: Path, **documents: str) -> Path:
    """A directory with these files."""
    directory.mkdir(exist_ok=True)
    for name, text in documents.items():
        (directory / f"{name}.yml").write_text(text)
    return directory


def looks(*words: str, after_s: int = 0) -> dict[str, Any]:
    """Somebody runs ls."""
    process = EXEC.process._replace(argv=tuple(word.encode() for word in words))
    finding = EXEC._replace(time_ns=EXEC.time_ns + after_s * 10**9, process=process)
    return Encoder(HOST, names, FixedClock()).encode(finding)


def jsonl(path: Path, *records: object) -> Path:
    """A file of records."""
    path.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))
    return path
