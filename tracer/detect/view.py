"""A record as rules see it: the fields that Sigma rules name, and the text that keywords are looked
for in.

Invariant: a field that isn't known is absent. One record may have several views (a program that
starts has those of `process_creation` and of auditd), and each is matched by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final, NamedTuple

Values = tuple[str, ...]
"""What a field holds; a test is met if one of them meets it. Numbers in decimal."""


class LogSource(NamedTuple):
    """Where a record comes from, in Sigma's terms; None, in a rule: any."""

    category: str | None = None
    product: str | None = None
    service: str | None = None

    def covers(self, other: LogSource) -> bool:
        """Whether a rule of this source is for records of that one."""
        return all(mine in (None, its) for mine, its in zip(self, other, strict=True))


PROCESS_CREATION: Final = LogSource("process_creation", "linux")
AUDITD: Final = LogSource(None, "linux", "auditd")
TMUX_CLIENT: Final = LogSource("tmux_client", "linux", "ttytrace")
TTY_INPUT: Final = LogSource("tty_input", "linux", "ttytrace")
TTY_OUTPUT: Final = LogSource("tty_output", "linux", "ttytrace")
TTY_INJECT: Final = LogSource("tty_inject", "linux", "ttytrace")
TTYTRACE: Final = LogSource("ttytrace", "linux", "ttytrace")

SOURCES: Final = (
    PROCESS_CREATION,
    AUDITD,
    TMUX_CLIENT,
    TTY_INPUT,
    TTY_OUTPUT,
    TTY_INJECT,
    TTYTRACE,
)
"""All that there are views of."""


class View:
    """One way to see a record. `text`: what keywords are looked for in. `is_cut`: some of what the
    fields hold was too long and isn't there whole."""

    __slots__ = ("__dict__", "fields", "is_cut", "source", "text")

    def __init__(
        self, source: LogSource, fields: Mapping[str, Values], text: str, *, is_cut: bool = False
    ) -> None:
        self.source: Final = source
        self.fields: Final = fields
        self.text: Final = text
        self.is_cut: Final = is_cut

    @cached_property
    def folded(self) -> dict[str, Values]:
        """The fields in lower case, as nearly all tests compare."""
        return {name: tuple(map(str.lower, values)) for name, values in self.fields.items()}

    @cached_property
    def folded_text(self) -> str:
        """The text in lower case."""
        return self.text.lower()
