"""Files and directories of rules -> a RuleSet.

Invariant: load() raises nothing and waits for nothing: whatever stands in a file, each document
becomes a rule, a correlation, a filter of rules, or a Refusal that names its place and the reason.
What documents mean is in reader.py, which loads pySigma; importing this doesn't.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from tracer.detect.correlation import Correlation
from tracer.detect.rule import About, Level, Refusal, Rule

_NONE: Final[Mapping[Path, str]] = {}
_SUFFIXES: Final = (".yml", ".yaml")
_Refuse = Callable[[Path, str], None]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """What was read. No two rules or correlations have one key."""

    rules: tuple[Rule, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    def wanted(self, level: Level, without: Sequence[str] = ()) -> RuleSet:
        """Those of that level and above but for `without`: names, ids, tags; * stands for others.
        What a wanted correlation refers to stays, silent if it isn't wanted itself."""
        patterns = [pattern.lower() for pattern in without]
        needed: set[str] = set()
        correlations: list[Correlation] = []
        for each in reversed(self.correlations):  # each stands behind those that it refers to
            is_wanted = not each.is_silent and _is_wanted(each.about, level, patterns)
            if is_wanted or each.about.key in needed:
                needed.update(reference.key for reference in each.references)
                correlations.append(replace(each, is_silent=not is_wanted))
        rules: list[Rule] = []
        for rule in self.rules:
            is_wanted = not rule.is_silent and _is_wanted(rule.about, level, patterns)
            if is_wanted or rule.about.key in needed:
                rules.append(replace(rule, is_silent=not is_wanted))
        return RuleSet(tuple(rules), tuple(reversed(correlations)), self.refusals)


def load(paths: Iterable[Path], texts: Mapping[Path, str] = _NONE) -> RuleSet:
    """The rules of files, and of directories with all *.yml and *.yaml below them. `texts`: of
    files that were read already."""
    from tracer.detect.reader import Reader  # noqa: PLC0415 - pySigma is large

    reader = Reader()
    for path, text in texts.items():
        reader.take(path, text)
    for path in dict.fromkeys(paths):
        for file in _files(path, reader.refuse_path):
            reader.read(file)
    return RuleSet(*reader.finish())


def _files(path: Path, refuse: _Refuse) -> Iterator[Path]:
    """In the same order everywhere; what begins with a dot is left out."""
    if not _is(Path.is_dir, path):
        yield path
        return

    def failed(error: OSError) -> None:
        refuse(Path(error.filename), f"it can't be read: {error.strerror}")

    for directory, directories, names in os.walk(path, onerror=failed):
        here = Path(directory)
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        for name in directories:
            if _is(Path.is_symlink, here / name):
                refuse(here / name, "a link to a directory: name what it links to")
        for name in sorted(names):
            if name.endswith(_SUFFIXES) and not name.startswith("."):
                yield here / name


def _is(what: Callable[[Path], bool], path: Path) -> bool:
    """Whoever may not look there learns it from the refusal of what is below."""
    try:
        return what(path)
    except OSError:
        return False


def _is_wanted(about: About, level: Level, without: Sequence[str]) -> bool:
    names = [name.lower() for name in (about.key, about.id, about.name, *about.tags)]
    return about.level >= level and not any(
        fnmatchcase(name, pattern) for name in names for pattern in without
    )
