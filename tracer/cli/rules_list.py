"""`ttytrace rules list`: the rules in use, or those of a directory."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from tracer.cli.rules_check import source_text
from tracer.cli.rules_found import all_of, usable
from tracer.codec.identity import Fields, known
from tracer.codec.safe import safe_json, safe_text
from tracer.detect.correlation import Correlation
from tracer.detect.rule import Rule


def listed(directories: Sequence[Path], *, is_json: bool) -> None:
    """Prints those that alert by themselves, a line each. Raises NoRules."""
    for rule in all_of(usable(directories)):
        if rule.is_silent:
            continue
        if not is_json:
            print(safe_text(_as_text(rule)))
            continue
        line = orjson.dumps(_as_json(rule))
        print(safe_json(line) if sys.stdout.isatty() else line.decode())


def source_of(rule: Rule | Correlation) -> str:
    """What it looks at."""
    return rule.kind if isinstance(rule, Correlation) else source_text(rule.source)


def _as_text(rule: Rule | Correlation) -> str:
    about = rule.about
    name = about.name or about.key
    tags = f"  [{', '.join(about.tags)}]" if about.tags else ""
    return f"{about.level.name.lower():13} {name}  {about.title}  ({source_of(rule)}){tags}"


def _as_json(rule: Rule | Correlation) -> Fields:
    about = rule.about
    return known(
        id=about.key,
        name=about.name or None,
        title=about.title,
        level=about.level.name.lower(),
        source=source_of(rule),
        status=about.status or None,
        path=about.place.path,
        line=about.place.line,
    ) | {"tags": list(about.tags)}
