"""What we derived: the enriched events that leave the pipeline, one class for each.

Times are CLOCK_BOOTTIME nanoseconds until codec adds the wall clock.
"""

from __future__ import annotations

from typing import NamedTuple

from tracer.model.context import Client, Place, Process
from tracer.model.events import Tty


class ProcessForked(NamedTuple):
    """A process under a tmux server was made; it still runs its parent's program."""

    time_ns: int
    process: Process
    place: Place


class ProgramStarted(NamedTuple):
    """A process under a tmux server runs a new program."""

    time_ns: int
    process: Process
    place: Place


class ProcessEnded(NamedTuple):
    """A process under a tmux server is over; `status` as wait(2) gives it."""

    time_ns: int
    process: Process
    place: Place
    status: int


class TextOutput(NamedTuple):
    """What a pane's terminal showed from `time_ns` to `end_ns`, coalesced.

    `offset`: bytes that this terminal showed before, since it was opened. `process` leads the
    foreground process group (None where unknown). A UTF-8 character is never cut, unless it
    stayed incomplete.
    """

    time_ns: int
    end_ns: int
    process: Process | None
    place: Place
    tty: Tty
    rows: int
    columns: int
    offset: int
    data: bytes


class Lost(NamedTuple):
    """Something happened here that was not recorded.

    `kind`: the event.action that is missing. `records` and `bytes`: how much, None where it
    can't be known. `offset`: where in the pane's output.
    """

    time_ns: int
    kind: str
    reason: str
    records: int | None
    bytes: int | None
    place: Place | None
    tty: Tty | None
    offset: int | None


class TmuxChanged(NamedTuple):
    """Something of tmux appeared, went or changed its name.

    `action`: server-seen, server-gone, session-created, session-closed, session-renamed,
    window-linked, window-unlinked, pane-opened, pane-closed, client-attached, client-detached,
    client-session-changed.
    """

    time_ns: int
    action: str
    place: Place
    client: Client | None
    note: str | None


Finding = ProcessForked | ProgramStarted | ProcessEnded | TextOutput | Lost | TmuxChanged
