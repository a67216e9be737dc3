"""What can be asked of the index, and the SQL that finds the labels which answer it.

Invariant: all that a Query holds must be true of a record in the answer; what is left empty is true
of any.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from tracer.settings import RULE_LEVELS

_SCREENS: Final = ("client_output", "terminal-resized", "pane-captured")
BACKGROUND: Final = frozenset(("fork", *_SCREENS, "segment", "seal", "rekey", "heartbeat"))
"""Kinds that are in an answer only when they are asked for."""

TMUX_KINDS: Final = tuple(
    """server-seen server-gone server-unverified server-ignored session-created session-closed
    session-renamed window-linked window-unlinked window-renamed pane-opened pane-closed
    client-attached client-detached client-suspended client-resumed client-resized
    client-session-changed""".split()
)
KINDS: Final = (
    *"exec end fork text_output text_input input-injected process-traced lost".split(),
    *TMUX_KINDS,
    *_SCREENS,
    "alert",
    *"start stop gap config clock suspend prune read sink erase rules response".split(),
    *"segment seal rekey heartbeat".split(),
)
"""All there are: docs/events.md, docs/format.md."""

_WORD: Final = re.compile(r'"([^"]*)"|([^\s"]+)')


class Query(NamedTuple):
    """`session`: id or name. `user`: who runs it, `typed_by`: whose hands were in it: a name or a
    uid, or "unknown". `command`, `text`: words and "phrases" of a command line or of what a pane
    showed. `regex`: found in a command line, or in a row that a pane showed. `rule`: of alerts,
    an id or a title; * and ? stand for others; `level`: of those of this level and above. Times:
    microseconds since 1970, both ends included. `limit`: so many of the newest; 0: all."""

    user: str = ""
    typed_by: str = ""
    session: str = ""
    pane: str = ""
    host: str = ""
    kinds: tuple[str, ...] = ()
    command: str = ""
    text: str = ""
    regex: re.Pattern[str] | None = None
    exit_code: int | None = None
    rule: str = ""
    level: str = ""
    since_us: int | None = None
    until_us: int | None = None
    limit: int = 100

    @property
    def is_of_any_kind(self) -> bool:
        """Whether it asks for nothing that a label says."""
        asked = (self.user, self.typed_by, self.session, self.pane, self.host, self.kinds)
        of_rules = (self.rule, self.level)
        return not any(asked + of_rules) and self.exit_code is None

    def takes_time(self, time_us: int) -> bool:
        """Whether that moment is asked for."""
        is_late_enough = self.since_us is None or self.since_us <= time_us
        return is_late_enough and (self.until_us is None or time_us <= self.until_us)

    def words(self) -> str:
        """The expression for FTS5; "" without words."""
        columns = (("command", self.command), ("shown", self.text))
        return " AND ".join(f"{name} : ({_fts(words)})" for name, words in columns if words)

    def label_sql(self) -> tuple[str, list[Any]]:
        """Selects the ids of the labels that fit, and its parameters; `account` has who has which
        uid."""
        conditions: list[str] = []
        values: list[Any] = []

        def add(condition: str, *parameters: Any) -> None:
            conditions.append(condition)
            values.extend(parameters)

        if self.kinds:
            add(f"kind IN ({', '.join('?' * len(self.kinds))})", *self.kinds)
        else:
            add(f"kind NOT IN ({', '.join('?' * len(BACKGROUND))})", *sorted(BACKGROUND))
        if self.user:
            add("? IN (user_name, user_id)", self.user)
        if self.typed_by:
            uids = "SELECT uid FROM account WHERE name = ?"
            is_named = f"name = ? OR name IN ({uids})"
            people = f"SELECT label FROM person WHERE {is_named}"
            add(f"id IN ({people})", self.typed_by, self.typed_by)
        if self.session:
            add("? IN (session_id, session_name)", self.session)
        if self.pane:
            add("pane = ?", self.pane)
        if self.host:
            add("host = ?", self.host)
        if self.exit_code is not None:
            add("exit_code = ?", self.exit_code)
        if self.rule:
            wanted = self.rule.replace("[", "[[]")
            add("(lower(rule) GLOB lower(?) OR lower(rule_name) GLOB lower(?))", wanted, wanted)
        if self.level:
            levels = RULE_LEVELS[RULE_LEVELS.index(self.level) :]
            add(f"level IN ({', '.join('?' * len(levels))})", *levels)
        return f"SELECT id FROM label WHERE {' AND '.join(conditions)}", values


def phrases(words: str) -> list[str]:
    """The words and "phrases" of what was asked; ValueError if there is none that can be found."""
    found = [phrase or word for phrase, word in _WORD.findall(words)]
    for each in found:
        if not any(char.isalnum() for char in each):
            raise ValueError(f"{each!r} has no letter and no digit")
    if not found:
        raise ValueError("there is no word in it")
    return found


def _fts(words: str) -> str:
    # In quotes nothing is an operator; several words in them are a phrase.
    return " AND ".join(f'"{phrase}"' for phrase in phrases(words))
