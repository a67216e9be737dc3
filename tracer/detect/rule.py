"""Rules as they are once they were read, and where they came from.

Invariant: a Rule can be evaluated; what can't be is a Refusal, with its place and the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from tracer.detect.node import Node
from tracer.detect.view import LogSource


class Level(IntEnum):
    """How much a match matters, by its author's judgement."""

    INFORMATIONAL = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Place(NamedTuple):
    """Of a rule: its file and the first line of its document, from 1."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class About:
    """What a rule says of itself. `key` names it in settings, commands and alerts: its id, else
    its name, else its place. `version`: of its text, 12 hex digits of SHA-256. `tags` as written,
    like attack.t1059.004."""

    key: str
    place: Place
    title: str
    level: Level
    version: str
    id: str = ""
    name: str = ""
    status: str = ""
    description: str = ""
    author: str = ""
    license: str = ""
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One that looks at single records. `is_silent`: only correlations use it."""

    about: About
    source: LogSource
    node: Node
    is_silent: bool = False


class Refusal(NamedTuple):
    """Why a document is not used. `is_foreign`: nothing is wrong with it, but no record here can
    ever match it."""

    place: Place
    title: str
    reason: str
    is_foreign: bool = False
