"""Whose hand: what attribute/ concludes from records of input, in the vocabulary of the kernel.

Invariant: a `Hand` is a terminal or a process, never a name; who sits there is joined to it in
correlate/. A hand is given only where the records leave no other; else it is None, and `reason`
says why.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from tracer.model.events import ProcessKey, Tty


class How(StrEnum):
    """By what way bytes came to a pane."""

    KEYSTROKE = "keystroke"
    PASTE = "paste"  # bracketed paste of a terminal, or a paste buffer of tmux
    SEND_KEYS = "send-keys"  # a process asked the server to type: send-keys, paste-buffer
    SYNC_PANES = "sync-panes"  # a key that went to another pane too
    TIOCSTI = "tiocsti"
    FOREIGN_MASTER = "foreign-master"  # a process that isn't the server has the master open
    TERMINAL_REPLY = "terminal-reply"  # a terminal or the server answered a program: nobody
    UNKNOWN = "unknown"


class Confidence(StrEnum):
    """How sure an attribution is."""

    EXACT = "exact"  # the bytes are those that were read from this terminal, and no other fits
    LIKELY = "likely"  # all that was observed fits, but the bytes could not be compared
    NONE = "none"  # nobody is named


class Hand(NamedTuple):
    """Who put bytes in: the terminal of a client of that server, or a process."""

    tty: Tty | None
    process: ProcessKey | None


class Range(NamedTuple):
    """The next `size` bytes; `hand` is None for nobody, or where it isn't known."""

    size: int
    hand: Hand | None
    how: How
    confidence: Confidence
    reason: str


class Typed(NamedTuple):
    """Bytes that came to a pane as input, with whose they are; stands where the PaneInput stood.

    `ranges` cover `size` bytes without a hole. Other fields as in events.PaneInput.
    """

    ktime_ns: int
    server_tgid: int
    tty_id: int
    offset: int
    session: int | None
    foreground: int | None
    tty: Tty
    lflag: int
    size: int
    is_withheld: bool
    data: bytes
    ranges: tuple[Range, ...]


class Composed(NamedTuple):
    """Whose hands made the command that the program of the next Exec of `key` comes from.

    `composed_by`: hands (None: unknown) with how many bytes of the line each put in, Enter not
    counted. `submitted_by`: who pressed Enter, None where unknown. `is_partial`: the line is not
    all of the command, or not only this command; `reason` says why.
    """

    ktime_ns: int
    key: ProcessKey
    composed_by: tuple[tuple[Hand | None, int], ...]
    submitted_by: Hand | None
    is_partial: bool
    reason: str


class Unread(NamedTuple):
    """A server read `size` bytes from a client's terminal that went to no pane: keys of its own.

    What they did, tmux can be asked.
    """

    ktime_ns: int
    server_tgid: int
    tty: Tty
    size: int


Attributed = Typed | Composed | Unread
