"""What a server has read and not yet written, and what it has written and isn't explained yet.

Invariant: `at` is the place of a read or write among all of its server, so that what was written
before a read can't be made of it.
"""

from __future__ import annotations

from typing import NamedTuple

from tracer.attribute.keys import is_answer, unfinished
from tracer.model.events import ClientInput, PaneInput, ProcessKey, Tty
from tracer.model.hands import How, Range

# So much in one write means that more may follow: tty_write() passes 2 KiB at a time.
WIDE_BYTES = 1024


class Read:
    """One read of a client's terminal; where its last key is unfinished, that is one of its own."""

    __slots__ = (
        "at", "before", "client", "data", "gone_at", "is_answer", "is_told", "is_unfinished",
        "is_used", "is_whole", "is_withheld", "ktime_ns", "panes", "parts", "prior", "size",
    )  # fmt: skip

    def __init__(
        self,
        record: ClientInput,
        data: bytes,
        at: int,
        parts: tuple[tuple[int, How], ...],
        prior: Read | None,
    ) -> None:
        self.at = at
        self.client: Tty = record.tty
        self.ktime_ns = record.ktime_ns
        self.size = len(data) or record.size
        self.data = data
        self.is_withheld = record.is_withheld
        self.parts = parts
        self.is_answer = is_answer(data)
        self.is_unfinished = unfinished(data) > 0
        self.is_told = False  # as one that went to no pane
        self.panes: set[int] = set()  # to which it went for sure
        self.is_used = False  # it was written
        self.is_whole = False  # all of it was, and no other read instead
        self.gone_at: int | None = None  # writes after this place are not of it
        self.before: Read | None = None  # the read before it of this client
        self.prior = prior  # the read before it, when its last key was unfinished

    def chain(self) -> list[Read]:
        """The reads that make up its first key, it being the last."""
        return [*(self.prior.chain() if self.prior else ()), self]


class Write:
    """One write to the master of a pane; `ranges` once it is known whose it is."""

    __slots__ = (
        "askers",
        "at",
        "data",
        "is_wide",
        "ktime_ns",
        "pane",
        "ranges",
        "record",
        "size",
        "suspects",
    )

    def __init__(self, record: PaneInput, at: int, is_wide: bool, askers: list[ProcessKey]) -> None:
        self.record = record
        self.askers = askers
        self.at = at
        self.pane = record.tty_id
        self.ktime_ns = record.ktime_ns
        self.size = record.size
        self.data = record.data
        self.is_wide = is_wide or record.size >= WIDE_BYTES
        # Reads that may be behind it in another way than by their bytes.
        self.suspects: list[Read] = []
        self.ranges: tuple[Range, ...] | None = None


class Rest(NamedTuple):
    """What is left of a read that was written in part, because the terminal was full."""

    read: Read
    offset: int
    is_copy: bool


class Piece(NamedTuple):
    """The next `size` bytes of a write: of a read from `offset`, with the `joined` reads before
    it; without a read it is what tmux itself answers. `is_copy`: the read went to another pane in
    the same turn. `is_picked`: tmux kept some keys of the read. `is_asked`: of a process."""

    size: int
    read: Read | None = None
    offset: int = 0
    joined: int = 0
    is_copy: bool = False
    is_picked: bool = False
    is_asked: bool = False

    def reads(self) -> list[Read]:
        """All reads that are in it."""
        return self.read.chain()[-1 - self.joined :] if self.read else []
