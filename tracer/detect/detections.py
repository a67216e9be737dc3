"""The `detection` section of a rule or filter -> pySigma's objects.

Invariant: what can't be had is an Unsupported, in words. pySigma applies the modifiers and parses
the condition; here stands only what it leaves to others: lists (expand), where regular expressions
are anchored, and limits, so that a small file doesn't become a large rule.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from sigma.exceptions import SigmaError
from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RegexEngine, RegexPattern
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaDetections

from tracer.detect.document import Unsupported
from tracer.detect.matchers import BadRegex, regex

Lists = Callable[[str], Sequence[str]]
"""The values that a placeholder stands for, by its name; an Unsupported if there are none."""

_PLACEHOLDER: Final = re.compile(r"%([^%\\]+)%")
_WORD: Final = re.compile(r"[()]|[^\s()]+")
_CONDITION_CHARS: Final = 4096
_BRACKETS: Final = 32
_VALUES: Final = 50_000
_REGEXES: Final = 512
_EXPANDED_CHARS: Final = 4 << 20
_COST: Final = 200_000
_BECOMES: Final = {"windash": 125, "base64offset": 3}
_ANCHORED: Final = {"startswith": r"\A(?:{})", "endswith": r"(?:{})\z", "contains": "{}"}


class _Re2(RegexEngine):
    """pySigma's door to regular expressions."""

    def compile(self, pattern: str, flags: int = 0) -> RegexPattern:
        on = [letter for letter, flag in _FLAGS if flags & flag]
        compiled: RegexPattern = regex(pattern, "".join(on))
        return compiled

    @property
    def error(self) -> type[Exception]:
        return BadRegex


_FLAGS: Final = (("i", re.IGNORECASE), ("m", re.MULTILINE), ("s", re.DOTALL))
POLICY: Final = SigmaPolicy(regex_engine=_Re2())


def read_detections(section: Mapping[Any, Any], lists: Lists) -> SigmaDetections:
    """All of a section but its conditions are detections. Unsupported, or what pySigma raises."""
    conditions = section.get("condition")
    if isinstance(conditions, str):
        conditions = [conditions]
    if not isinstance(conditions, list) or not all(isinstance(c, str) for c in conditions):
        raise Unsupported("its condition must be text, or a list of texts")
    reader = _Reader(lists)
    detections = {
        str(name): reader.detection(str(name), definition)
        for name, definition in section.items()
        if name != "condition"
    }
    _check_size(conditions, reader.values)
    return SigmaDetections(detections, conditions, policy=POLICY)


def _check_size(conditions: list[str], values: int) -> None:
    """A condition may name each detection many times, and each time all of its values come."""
    words = [word for condition in conditions for word in _WORD.findall(condition)]
    if sum(map(len, conditions)) > _CONDITION_CHARS:
        raise Unsupported(f"its condition is longer than {_CONDITION_CHARS} characters")
    if words.count("(") > _BRACKETS or words.count("not") > _BRACKETS:
        raise Unsupported(f"its condition has more than {_BRACKETS} brackets or nots")
    if len(words) * values > _COST:
        raise Unsupported(
            f"it is too large: {values} values, after modifiers, in a condition of "
            f"{len(words)} words; split it"
        )


class _Reader:
    """`values`: so many were read, as they will be once modifiers are applied."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._regexes = 0
        self.values = 0

    def detection(self, name: str, definition: Any) -> SigmaDetection:
        """A map of fields, all of which must hold; or a list, or a value, one of which must."""
        if isinstance(definition, dict):
            items = [self._item(key, value) for key, value in definition.items()]
        elif isinstance(definition, list) and any(isinstance(e, dict | list) for e in definition):
            return self._nonempty(name, [self.detection(name, each) for each in definition])
        else:
            items = [self._item("", definition)]
        return self._nonempty(name, items)

    def _nonempty(self, name: str, items: Sequence[Any]) -> SigmaDetection:
        if not items:
            raise Unsupported(f"the detection {name!r} is empty")
        return SigmaDetection(list(items))

    def _item(self, key: Any, value: Any) -> SigmaDetectionItem:
        if not isinstance(key, str):
            raise Unsupported(f"the field {key!r} must be text: put it in quotes")
        field, *modifiers = key.split("|")
        values = value if isinstance(value, list) else [value]
        _check_values(key, values)
        if "expand" in modifiers:
            values = self._expanded(key, modifiers, values)
        if "re" in modifiers:
            modifiers, values = _anchored(key, modifiers, values)
        self._count(modifiers, values)
        known = ["wide" if m == "utf16le" else m for m in modifiers if m != "expand"]
        whole = "|".join([field, *known]) if key else None
        try:
            return SigmaDetectionItem.from_mapping(whole, values, policy=POLICY)
        except SigmaError as error:
            raise Unsupported(f"{key!r}: {' '.join(str(error).split())}") from None

    def _count(self, modifiers: list[str], values: list[Any]) -> None:
        """Before any of them is made."""
        each = math.prod(_BECOMES.get(modifier, 1) for modifier in modifiers)
        patterns = values if "re" in modifiers else list(filter(_has_wildcard, values))
        self.values += len(values) * each
        self._regexes += len(patterns) * each
        if self.values > _VALUES or self._regexes > _REGEXES:
            raise Unsupported(
                f"it has more than {_VALUES} values, or {_REGEXES} regular expressions or values "
                "with wildcards inside, after modifiers: split it"
            )

    def _expanded(self, key: str, modifiers: list[str], values: list[Any]) -> list[Any]:
        """Before pySigma sees them, so that other modifiers apply to what the lists hold."""
        if "all" in modifiers:
            raise Unsupported(f"{key!r}: all of a list, or one of it? expand can't be with all")
        found: list[Any] = []
        chars = 0
        for value in values:
            for each in self._lines(key, value):
                found.append(each)
                chars += len(str(each))
                if len(found) > _VALUES or chars > _EXPANDED_CHARS:
                    raise Unsupported(
                        f"{key!r} stands for more than {_VALUES} values, or {_EXPANDED_CHARS} "
                        "characters"
                    )
        return found

    def _lines(self, key: str, value: Any) -> Iterator[Any]:
        """What a value stands for."""
        names = _PLACEHOLDER.findall(value) if isinstance(value, str) else []
        if len(names) > 1:
            raise Unsupported(f"{key!r}: a value can have one placeholder only")
        if not names:
            yield value
        for line in self._lists(names[0]) if names else ():
            yield value.replace(f"%{names[0]}%", line)


def _has_wildcard(value: Any) -> bool:
    """Of those that are no plain beginning or end."""
    return isinstance(value, str) and ("?" in value or "*" in value.strip("*"))


def _check_values(key: str, values: list[Any]) -> None:
    if not values:
        raise Unsupported(f"{key!r} is an empty list")
    for value in values:
        if value is not None and not isinstance(value, str | int | float | bool):
            raise Unsupported(
                f"{key!r}: a value is text, a number, true, false or null, and no "
                f"{type(value).__name__}; put dates in quotes"
            )


def _anchored(key: str, modifiers: list[str], values: list[Any]) -> tuple[list[str], list[Any]]:
    """A regular expression is looked for anywhere, so a wildcard before or behind it, as pySigma
    has it, says nothing."""
    if not all(isinstance(value, str) for value in values):
        raise Unsupported(f"{key!r}: a regular expression is text: put it in quotes")
    for place in [m for m in modifiers if m in _ANCHORED]:
        values = [_ANCHORED[place].format(value) for value in values]
    return [m for m in modifiers if m not in _ANCHORED], values
