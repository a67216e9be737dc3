"""Sigma rules as public ones are, with other words: where they look, what they ask for, and how
often which."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

WORDS = 2000
"""Programs and arguments have names of so many, and some have more often than others."""

_HEAD = """\
title: {title}
id: {id}
status: test
description: Made for measuring how long rules take, so it detects nothing, and is as long as most.
references:
    - https://example.org/{title}
author: somebody
date: 2026-01-01
tags:
    - attack.execution
    - attack.t1059.004
logsource:
    product: {product}
    {source}
detection:
"""
_TAIL = """\
falsepositives:
    - Ordinary work
level: high
"""
_PROGRAM = """\
    image:
        Image|endswith:
            - /{}
            - /{}
    words:
        CommandLine|contains|all:
            - ' --{}'
            - {}
    others:
        CommandLine|contains:
            - {}/
            - .{}
    filter:
        ParentImage|endswith: /{}
    condition: image and 1 of words* or others and words and not filter
"""
_EXECVE = """\
    selection:
        type: EXECVE
        a0|endswith: {}
        a1|contains:
            - --{}
            - {}={}
    condition: selection
"""
_KEYWORDS = """\
    keywords:
        - '{} --{} '
        - '/{}/{}'
        - '{}.{}('
    condition: keywords
"""
_TYPED = """\
    selection:
        Text|contains:
            - {} --{}
            - sudo {}
            - '>/etc/{}'
    condition: selection
"""
_REGEX = """\
    selection:
        Image|endswith: /{}
        CommandLine|re: '\\s--{}(=|\\s+)[0-9a-f]{{8,}}.*{}'
    condition: selection
"""
_KINDS = (
    ("category: process_creation", _PROGRAM, 54),
    ("service: auditd", _EXECVE, 21),
    ("", _KEYWORDS, 11),
    ("category: tty_input", _TYPED, 9),
    ("category: process_creation", _REGEX, 5),
)


def vocabulary() -> list[str]:
    """Words of four to nine letters, the same ones each time."""
    chance = random.Random(7)
    return ["".join(chance.choices("etaoinshrdlu", k=chance.randint(4, 9))) for _ in range(WORDS)]


def write_rules(directory: Path, count: int, product: str = "linux") -> Path:
    """A file for each, some hundred in a folder; returns the directory."""
    chance, words = random.Random(count), vocabulary()
    often = [rank**-0.5 for rank in range(1, WORDS + 1)]
    directory.mkdir(exist_ok=True)
    for number in range(count):
        folder = directory / f"{product}-{number // 200}"
        folder.mkdir(parents=True, exist_ok=True)
        some = chance.choices(words, often, k=8)
        text = _rule(chance, some, f"{product}-{number}", product)
        (folder / f"{number}.yml").write_text(text)
    return directory


def _rule(chance: random.Random, words: Sequence[str], title: str, product: str) -> str:
    source, detection, _ = chance.choices(_KINDS, [weight for *_, weight in _KINDS])[0]
    if product != "linux":
        source = "category: process_creation"
    named = {"title": title, "id": UUID(int=chance.getrandbits(128), version=4)}
    head = _HEAD.format(**named, product=product, source=source)
    return head + detection.format(*words) + _TAIL
