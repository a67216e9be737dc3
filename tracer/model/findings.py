"""What we derived: the enriched events that leave the pipeline, one class for each.

Times are CLOCK_BOOTTIME nanoseconds until codec adds the wall clock.
"""

from __future__ import annotations

from typing import NamedTuple

from tracer.model.audit import Said
from tracer.model.capture import Capture
from tracer.model.context import Client, Command, Person, Place, Process
from tracer.model.events import Tty
from tracer.model.hands import Confidence, How


class ProcessForked(NamedTuple):
    """A process under a tmux server was made; it still runs its parent's program."""

    time_ns: int
    process: Process
    place: Place


class ProgramStarted(NamedTuple):
    """A process under a tmux server runs a new program; `command`: whose hands made it."""

    time_ns: int
    process: Process
    place: Place
    command: Command | None = None


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


class ClientOutput(NamedTuple):
    """What a tmux server sent to the terminal of one of its clients: what that person's screen got,
    status line and all.

    As TextOutput, but `offset` counts from when this server was first seen to write there. `place`
    has no pane; its session is the one that the client was attached to then. `person`: who has that
    terminal, None where that isn't known.
    """

    time_ns: int
    end_ns: int
    person: Person | None
    place: Place
    tty: Tty
    rows: int
    columns: int
    offset: int
    data: bytes


class TerminalResized(NamedTuple):
    """A tmux server gave a pane another size, or found that a client's terminal has one.

    `offset`: of the output that comes next there. A client's `place` has no pane; `person` is as in
    ClientOutput, and None for a pane.
    """

    time_ns: int
    place: Place
    person: Person | None
    tty: Tty
    rows: int
    columns: int
    offset: int


class TypedBy(NamedTuple):
    """Bytes `start` to `start + size` of an input; see hands.Range, here with the person."""

    start: int
    size: int
    person: Person | None
    how: How
    confidence: Confidence
    reason: str


class TextInput(NamedTuple):
    """Bytes that came to a pane as input from `time_ns` to `end_ns`: a run of one author.

    `offset`: bytes that came to this pane before, since its recording began. `data` is None where
    the bytes were not kept, and `withheld` says why: "no-echo" (a secret: they never left the
    kernel), "prompt" (they answer what looks like a prompt for one), "nested" (they go to a tmux
    in this pane, whose panes tell them), "not-captured" (TIOCSTI) or "policy" (input =
    "metadata"). `process` leads the foreground process group.
    """

    time_ns: int
    end_ns: int
    process: Process | None
    place: Place
    tty: Tty
    offset: int
    size: int
    data: bytes | None
    withheld: str | None
    typed_by: tuple[TypedBy, ...]


class InputInjected(NamedTuple):
    """Somebody put input into the terminal of a pane or client past the keyboard.

    `way`: "tiocsti", "tioclinux" or "foreign-master"; `times`: how often, in one run.
    """

    time_ns: int
    end_ns: int
    person: Person
    place: Place
    tty: Tty
    way: str
    times: int


class ProcessTraced(NamedTuple):
    """Somebody took hold of a process in a pane; `request` as ptrace(2) names it."""

    time_ns: int
    person: Person
    process: Process
    place: Place
    request: str


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

    `action`: server-seen, server-gone, server-ignored, session-created, session-closed,
    session-renamed, window-linked, window-unlinked, window-renamed, pane-opened, pane-closed,
    client-attached, client-detached, client-suspended, client-resumed, client-session-changed,
    client-resized.
    Those of clients come from the kernel and wait for a session's name a moment; what else changed
    is what two answers of tmux differ in.
    """

    time_ns: int
    action: str
    place: Place
    client: Client | None
    note: str | None


class PaneCaptured(NamedTuple):
    """What a pane showed by its server's word: one that was there before tracing began, or of which
    output was lost.

    Rule of its place: what the server read from the pane before it was asked (`time_ns`) stands
    before this, all that it read later behind it. The server took the picture a moment after it was
    asked, so the first `unsure` bytes behind it may be in it already, and stand twice then. Mostly
    there are none: a pane that showed something in that moment is asked again, a few times.
    `tty` is the kernel's, None where the pane isn't verified.
    """

    time_ns: int
    place: Place
    tty: Tty | None
    capture: Capture
    unsure: int = 0


class UserLogin(NamedTuple):
    """Somebody logged in to this host, could not, or left; heard from the audit stream.

    `action`: login, login-failed, logout. `loginuid` and `audit_session` are the kernel's, `said`
    is the claim of the program that let them in. `place` is none: it is no act in tmux.
    """

    time_ns: int
    action: str
    pid: int
    loginuid: int | None
    audit_session: int | None
    said: Said
    place: Place | None = None


class AuditChanged(NamedTuple):
    """Somebody changed what the kernel audits, while its stream was heard; `note`: its words."""

    time_ns: int
    note: str
    loginuid: int | None
    audit_session: int | None
    place: Place | None = None


Finding = (
    ProcessForked
    | ProgramStarted
    | ProcessEnded
    | TextOutput
    | ClientOutput
    | TerminalResized
    | TextInput
    | InputInjected
    | ProcessTraced
    | Lost
    | TmuxChanged
    | PaneCaptured
    | UserLogin
    | AuditChanged
)


class AlertRaised(NamedTuple):
    """Stored records met a rule: no finding of the stream, but told as one.

    `level`, `title` and `rule` (its id) are the rule's. `person`: whose doing it was, if it was one
    person's; `uid`: of the process. `repeated`: so many more matches are told by this one. `place`
    is none where no tmux server has to do with it.
    """

    time_ns: int
    level: str
    title: str
    rule: str
    repeated: int
    person: Person | None
    uid: int | None
    place: Place | None


Told = Finding | AlertRaised
"""What a stored record can tell."""
