"""Anchors: tree heads that were remembered elsewhere, and the log held against them.

Invariant: every anchor that was given is either checked or reported as not checked. Whoever gives
one vouches for it, so its signatures are not looked at.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Final, NamedTuple

from tracer.seal.note import Head, note_text
from tracer.seal.report import Problem, Problems, Verdict

# A checkpoint's text, a blank line, signatures: the log's, and those of witnesses.
_NOTE: Final = re.compile(r"(?:[^\n]+\n){3,}\n(?:— [^\n]+\n)+")


class Anchor(NamedTuple):
    """The head of the log `origin`."""

    origin: str
    head: Head


def parse_anchors(text: str) -> list[Anchor]:
    """Those of a file: one checkpoint or more, one behind the other. ValueError if anything else is
    in it: what is given to be checked is not passed over."""
    text = text.replace("\r\n", "\n").rstrip() + "\n"
    notes = _NOTE.findall(text)
    if not notes or _NOTE.sub("", text).strip():
        raise ValueError("this is not checkpoints (signed notes), or not all of it is")
    return [_anchor(note) for note in notes]


def _anchor(note: str) -> Anchor:
    text = note_text(note)
    origin = text.partition("\n")[0]
    return Anchor(origin, Head.parse(text, origin))


class AnchorCheck:
    """The anchors of one log, met in the order of their sizes."""

    def __init__(self, anchors: Iterable[Anchor], problems: Problems) -> None:
        self._heads = sorted({anchor.head for anchor in anchors})
        self._problems = problems
        self._met = 0
        self.until = 0
        """Below this the log is as anchors say."""
        self._report_pairs()

    @property
    def next_size(self) -> int | None:
        """The size of the tree that the next anchor is about."""
        return self._heads[self._met].size if self._met < len(self._heads) else None

    def begin(self, first: int) -> None:
        """The log is kept from this record on only."""
        while (size := self.next_size) is not None and size < first:
            self._met += 1
            text = "an anchor can't be checked: it is about records that retention removed"
            self._add(Verdict.INCOMPLETE, text, f"size {size}")

    def meet(self, head: Head) -> None:
        """The log's head at next_size."""
        while self.next_size == head.size:
            anchor = self._heads[self._met]
            self._met += 1
            if anchor == head:
                self.until = head.size
            else:
                text = "the log is another one than when the anchor was taken"
                self._add(Verdict.ROLLBACK, text, _both(anchor, head))

    def end(self, head: Head) -> None:
        """The log's last head."""
        for anchor in self._heads[self._met :]:
            self._add(Verdict.ROLLBACK, "the log ends before the anchor", _both(anchor, head))

    def _report_pairs(self) -> None:
        for one, other in zip(self._heads, self._heads[1:], strict=False):
            if one.size == other.size:
                text = "two anchors of one size differ: the log was shown in two ways"
                self._add(Verdict.ROLLBACK, text, _both(one, other))

    def _add(self, verdict: Verdict, text: str, detail: str) -> None:
        self._problems.add(Problem(verdict, text, detail))


def _both(one: Head, other: Head) -> str:
    return f"{_text(one)} and {_text(other)}"


def _text(head: Head) -> str:
    return f"{head.size} {b64encode(head.root).decode()}"
