"""What a single value is held against.

Invariant: meets() raises nothing and needs time linear in the value, whatever either side holds:
whatever is no plain piece of text is a regular expression of RE2, with bounded memory. Strings
are compared as they are here; who compares without case folds both sides before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from enum import Enum, StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Final, NamedTuple, Protocol

import re2  # type: ignore[import-untyped]

from tracer.detect.correlation import COMPARISONS
from tracer.detect.node import Witness

_REGEX_BYTES: Final = 1 << 20
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
_SHOWN: Final = 3


class Matcher(Protocol):
    """`str()` of it goes on where the name of a field stands: "ends with '/bash'"."""

    def meets(self, value: str) -> bool:
        """Whether the value is such a one."""

    @property
    def witness(self) -> Witness | None:
        """As of a node: one of these stands in any value that meets it, whatever its case."""


class Equals(NamedTuple):
    """It is one of them."""

    literals: frozenset[str]

    def meets(self, value: str) -> bool:
        return value in self.literals

    @property
    def witness(self) -> Witness | None:
        return _witness(self.literals)

    def __str__(self) -> str:
        return f"is {_listed(sorted(self.literals))}"


class StartsWith(NamedTuple):
    """One of them stands at its beginning."""

    literals: tuple[str, ...]

    def meets(self, value: str) -> bool:
        return value.startswith(self.literals)

    @property
    def witness(self) -> Witness | None:
        return _witness(self.literals)

    def __str__(self) -> str:
        return f"starts with {_listed(self.literals)}"


class EndsWith(NamedTuple):
    """One of them stands at its end."""

    literals: tuple[str, ...]

    def meets(self, value: str) -> bool:
        return value.endswith(self.literals)

    @property
    def witness(self) -> Witness | None:
        return _witness(self.literals)

    def __str__(self) -> str:
        return f"ends with {_listed(self.literals)}"


class Contains(NamedTuple):
    """One of them stands somewhere in it."""

    literals: tuple[str, ...]

    def meets(self, value: str) -> bool:
        return any(literal in value for literal in self.literals)

    @property
    def witness(self) -> Witness | None:
        return _witness(self.literals)

    def __str__(self) -> str:
        return f"contains {_listed(self.literals)}"


class Regex(NamedTuple):
    """`pattern` matches somewhere in it. `needed`: what that needs, as far as known."""

    pattern: Any
    words: str
    needed: Witness | None = None

    def meets(self, value: str) -> bool:
        # Half a surrogate pair has no bytes; no pattern can ask for one either.
        return self.pattern.search(value.encode("utf-8", "replace")) is not None

    @property
    def witness(self) -> Witness | None:
        return self.needed

    def __str__(self) -> str:
        return f"matches {self.words}"


class Within(NamedTuple):
    """It is an address of that network."""

    network: IPv4Network | IPv6Network

    def meets(self, value: str) -> bool:
        try:
            return ip_address(value) in self.network
        except ValueError:
            return False

    @property
    def witness(self) -> Witness | None:
        return None

    def __str__(self) -> str:
        return f"is an address of {self.network}"


class Compares(NamedTuple):
    """It is a number that compares so: gt, gte, lt or lte."""

    comparison: str
    number: int | float

    def meets(self, value: str) -> bool:
        number = _number(value)
        return number is not None and COMPARISONS[self.comparison](number, self.number)

    @property
    def witness(self) -> Witness | None:
        return None

    def __str__(self) -> str:
        return f"is {self.comparison} {self.number}"


class Part(StrEnum):
    """Of a time, as it is written: nothing is converted to another zone."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"  # of ISO 8601
    MONTH = "month"
    YEAR = "year"


class TimePart(NamedTuple):
    """It is a time of ISO 8601 whose part is that number."""

    part: Part
    number: int

    def meets(self, value: str) -> bool:
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            return False
        if self.part is Part.WEEK:
            return time.isocalendar().week == self.number
        return bool(getattr(time, self.part) == self.number)

    @property
    def witness(self) -> Witness | None:
        return None

    def __str__(self) -> str:
        return f"is a time of {self.part} {self.number}"


class Wild(Enum):
    """What a wildcard stands for, as a regular expression."""

    ONE = "."
    ANY = ".*"


class BadRegex(ValueError):
    """Why RE2 doesn't take it."""


def regex(pattern: str, flags: str = "") -> Any:
    """Compiled; `flags`: of i, m and s. BadRegex: it can't be, or would take too much memory."""
    options = re2.Options()
    options.max_mem = _REGEX_BYTES
    options.never_capture = True
    options.log_errors = False
    try:
        return re2.compile(f"(?{flags}){pattern}" if flags else pattern, options)
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace")
        raise BadRegex(f"{said} (RE2 has no lookaround and no backreferences)") from None


def wildcards(pieces: Sequence[str | Wild]) -> Regex:
    """What a value is from end to end. BadRegex: as of regex()."""
    pattern = "".join(each.value if isinstance(each, Wild) else re2.escape(each) for each in pieces)
    words = "".join("*?"[each is Wild.ONE] if isinstance(each, Wild) else each for each in pieces)
    longest = max((each for each in pieces if not isinstance(each, Wild)), key=len, default="")
    return Regex(regex(rf"\A(?:{pattern})\z", "s"), repr(words), _witness((longest,)))


def _witness(literals: Sequence[str] | frozenset[str]) -> Witness | None:
    lower = frozenset(map(str.lower, literals))
    return None if "" in lower else lower


def _number(value: str) -> int | float | None:
    if not _NUMBER.fullmatch(value):
        return None
    return float(value) if "." in value else int(value)


def _listed(literals: Sequence[str]) -> str:
    shown = " or ".join(map(repr, literals[:_SHOWN]))
    more = len(literals) - _SHOWN
    return f"{shown} or one of {more} more" if more > 0 else shown
