"""Alerts as the log has them, for those who act on them; and which of them an action is for.

Invariant: what isn't an alert, or has no part that is looked for, is None: an alert is made of
records, and those of what anybody can choose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple

from tracer.codec.alert import happened
from tracer.codec.identity import Fields
from tracer.codec.log import parse
from tracer.settings import RULE_LEVELS, ActionSettings
from tracer.store.follow import Line

# A quote in anything captured is escaped, so only `event` can have a key that is written like this.
_MARK: Final = re.compile(rb'"action":"alert"')
_RULE: Final = ("id", "uuid", "name")


class SealedAlert(NamedTuple):
    """`line`: the record as it stands in the log."""

    sequence: int
    line: bytes
    event: Fields

    def part(self, *path: str) -> Any:
        """What the record has there; None if nothing."""
        return part(self.event, *path)

    @property
    def level(self) -> str:
        """Of its rule."""
        return str(self.part("ttytrace", "alert", "level"))

    @property
    def rule(self) -> str:
        """What its rule is called in settings and commands."""
        return str(self.part("rule", "id"))

    @property
    def names(self) -> list[str]:
        """All that its rule may be called by: ids, title, tags."""
        tags = self.part("ttytrace", "alert", "tags") or []
        return [str(self.part("rule", key)) for key in _RULE if self.part("rule", key)] + tags

    def age_s(self, now_ns: int) -> float:
        """How long ago its last cause was, at `now_ns` of the wall clock; a time that can't be is
        long ago."""
        try:
            return abs(now_ns - happened(self.event).wall_ns) / 1e9
        except (KeyError, TypeError, ValueError):
            return float("inf")


def part(fields: object, *path: str) -> Any:
    """What stands there in nested objects; None if nothing does."""
    for key in path:
        fields = fields.get(key) if isinstance(fields, dict) else None
    return fields


def alert_of(line: Line) -> SealedAlert | None:
    """The alert that a record is."""
    if not _MARK.search(line.data):
        return None
    try:
        event = parse(line.data)
    except ValueError:  # damaged
        return None
    return SealedAlert(line.sequence, line.data, event) if is_alert(event) else None


def is_alert(event: Fields) -> bool:
    """Whether a record is one."""
    return part(event, "event", "kind") == "alert" and part(event, "ttytrace", "alert") is not None


class Wanted:
    """Which alerts an action is for."""

    def __init__(self, settings: ActionSettings) -> None:
        self._globs = [each.lower() for each in settings.rules]
        self._level = RULE_LEVELS.index(settings.level)

    def takes(self, alert: SealedAlert) -> bool:
        """Whether it is for this one."""
        is_high = alert.level in RULE_LEVELS[self._level :]
        return is_high and (not self._globs or self._is_named(alert.names))

    def _is_named(self, names: Sequence[str]) -> bool:
        return any(fnmatchcase(name.lower(), glob) for name in names for glob in self._globs)
