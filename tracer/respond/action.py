"""What an action is, and what can come of one.

Invariant: whatever happens, an Outcome says it in words that hold no secret.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Protocol

from tracer.codec.identity import Fields
from tracer.respond.alert import SealedAlert


class State(StrEnum):
    """What came of it."""

    DONE = "done"
    FAILED = "failed"  # it was tried
    DRY_RUN = "dry-run"  # it would have been tried
    LIMITED = "limited"  # it is not done so often
    REFUSED = "refused"  # it must not be tried
    LATE = "late"  # the alert is too old


class Outcome(NamedTuple):
    """`hit`: fields of the `response` record that say what was acted on, and how that ended."""

    state: State
    reason: str | None = None
    hit: Fields = {}  # noqa: RUF012 - never changed


class Refused(Exception):
    """Why something must not be tried, as a sentence."""


class Action(Protocol):
    """One way to act on alerts. Both methods may raise Refused, and OSError where it failed."""

    def check(self) -> None:
        """Whether it can be done at all, as far as that is known without an alert."""

    def act(self, alert: SealedAlert) -> Outcome:
        """Does it; in some seconds at most."""
