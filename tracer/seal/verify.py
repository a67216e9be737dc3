"""Verifies a log in one pass, in memory that does not grow with it: docs/format.md.

Invariant: no content is trusted before something vouches for it, and none makes this raise:
whatever is wrong becomes a problem in the report. Behind the first place that was tampered with
nothing is looked at: what would be found there is its consequence. How files are read is
store/check.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from hashlib import sha256
from typing import Final, NamedTuple

import orjson

from tracer.codec.identity import Fields
from tracer.codec.log import log_part
from tracer.codec.moment import timestamp
from tracer.model.sealed import End, Previous
from tracer.seal.anchor import Anchor, AnchorCheck
from tracer.seal.chain import KeyChain
from tracer.seal.claims import (
    Altered,
    Header,
    LostKeys,
    Rekey,
    Seal,
    UnknownFormat,
    digest,
    number,
    shown,
    stamp_of,
)
from tracer.seal.erased import erased_leaf
from tracer.seal.keys import first_signer
from tracer.seal.liveness import Liveness, boot_ns
from tracer.seal.note import Head, PublicKey
from tracer.seal.removed import Removed
from tracer.seal.report import HASHES, Layer, Problem, Problems, Report, Verdict
from tracer.seal.segment import Span
from tracer.seal.tree import Frontier

_MAX_DELAYED: Final = 100_000
_VERDICTS: Final = {UnknownFormat: Verdict.UNVERIFIABLE, LostKeys: Verdict.ROLLBACK}
_ENDS: Final = {
    End.TORN: (Verdict.INCOMPLETE, "a run crashed: what it had not synced may be missing"),
    End.IO_ERROR: (Verdict.INCOMPLETE, "the disk failed; what was not synced was written again"),
    End.BEHIND: (Verdict.ROLLBACK, "the disk lost records that had been synced"),
}


_NO_TRUST: Final = (
    "nothing from elsewhere was given to hold the log against: give --key (what `ttytrace init` "
    "showed), --seed or --anchor (what `ttytrace head` showed)"
)
_NO_CHAIN: Final = (
    "so no signature can be traced to the key: give --seed, or an --anchor from after that"
)


class Trust(NamedTuple):
    """What is known from elsewhere: a public key, the seed, anchors."""

    key: PublicKey | None = None
    seed: bytes | None = None
    anchors: tuple[Anchor, ...] = ()

    @property
    def signer(self) -> PublicKey | None:
        """The key that signatures must come from."""
        return first_signer(self.seed).public if self.seed and not self.key else self.key


class Verifier:
    """Is fed a log in order: begin(), feed() and end() or fail() for each segment; then report().

    `epochs`: the lines of log/epochs.jsonl, read only where retention removed segments.
    """

    def __init__(self, trust: Trust, epochs: Iterable[bytes] = ()) -> None:
        self._trust = trust
        self._epochs = epochs
        self._problems = Problems()
        self._anchors = AnchorCheck(trust.anchors, self._problems)
        self._live = Liveness(self._problems)
        self._removed = Removed()
        self._tree = Frontier()
        self._leaves: list[bytes] = []  # not in the tree yet: it grows by batches
        self._chain: KeyChain | None = None
        self._unreached: str | None = None  # why no signature can be trusted
        self._delayed: list[Callable[[], None]] = []
        self._last: tuple[str, Fields] = "", {}  # the record before, if it is about the log
        self._first = self._size = self._hashed = 0
        self._span: Span | None = None
        self._before: Span | None = None
        self.is_broken = False
        """Whether nothing of what comes is looked at any more."""

    def begin(self, first: int, name: str, until: int | None) -> None:
        """A segment; `first`: the index that its name says, `name`: of its file, `until`: where the
        one that follows it begins."""
        if self._span is None:
            self._first = self._size = self._hashed = first
        self._before, self._span = self._span, Span(first, name, until)

    def feed(self, lines: list[bytes]) -> None:
        """Lines of the segment, without their newlines."""
        if self._span is None or self.is_broken:
            return
        try:
            self._records(self._span, self._span.records(lines, self._size))
            self._grow()
        except ValueError as error:
            self._break(error)

    def end(self, tail: Iterable[bytes] = ()) -> None:
        """The segment was read; `tail`: what stands behind its last line."""
        if self._span is None or self.is_broken:
            return
        try:
            self._span.end(self._size, tail)
        except ValueError as error:
            self._break(error)
            return
        if self._span.is_torn:
            self._add(Verdict.INCOMPLETE, "the last line is not whole: a crash cut it off")

    def fail(self, reason: str) -> None:
        """The segment can't be read as one."""
        if not self.is_broken:
            self._break(ValueError(reason))

    def report(self, now_ns: int) -> Report:
        """After all segments; `now_ns`: since 1970."""
        if not self.is_broken:
            self._end(now_ns)
        elif self._chain is not None:
            with suppress(ValueError):
                self._chain.settle()
        layers = tuple(self._layers())
        if not self.is_broken and not any(layer.is_trusted for layer in layers):
            self._problems.add(Problem(Verdict.UNVERIFIABLE, self._why_unverifiable()))
        return Report(
            origin=self._chain.origin if self._chain else "",
            first=self._first,
            head=self._head(),
            layers=layers,
            checkpoint=self._chain.signed if self._chain else None,
            problems=tuple(self._problems),
            is_whole=not self.is_broken,
        )

    # ---- records ----

    def _records(self, span: Span, lines: list[bytes]) -> None:
        loads, add_leaf = orjson.loads, self._leaves.append
        for line in lines:
            event = loads(line)
            try:
                about, ours = event["event"], event["ttytrace"]
                action, place, fields = about["action"], about["sequence"], ours.get("log")
            except (TypeError, KeyError, AttributeError):
                self._erased(span, line)
                continue
            if type(place) is not int or place != self._size:
                raise ValueError(f"this should be record {self._size}, it is {shown(place)}")
            if fields is not None or place == span.first:
                self._control(span, event, line)
            else:
                self._last = "", {}
                if action == "lost":
                    self._add(Verdict.INCOMPLETE, "records were lost, as `lost` events say")
            add_leaf(sha256(b"\0" + line).digest())
            self._size += 1

    def _erased(self, span: Span, line: bytes) -> None:
        leaf = erased_leaf(line)
        if leaf is None or self._size == span.first:
            raise ValueError("this is no record")
        self._removed.erased(self._size, leaf)
        self._leaves.append(leaf)
        self._last = "", {}
        self._size += 1

    def _control(self, span: Span, event: Fields, line: bytes) -> None:
        found = log_part(event)
        if found is None:
            raise ValueError("this is no record about the log, and should be one")
        action, fields = found
        if (self._size == span.first) != (action == "segment"):
            raise ValueError("a segment begins with its `segment` record, and has no other")
        match action:
            case "segment":
                self._header(Header.parse(fields))
            case "seal":
                self._seal(Seal.parse(fields), event, line)
            case "rekey":
                self._rekey(Rekey.parse(fields))
            case "gap":
                text = "not everything was recorded, as `gap` records say"
                self._add(Verdict.INCOMPLETE, text, shown(fields.get("reason")))
            case "start":
                self._delay(partial(self._live.start, self._size, boot_ns(event)))
            case "stop":
                self._delay(self._live.stop)
            case "erase":
                erased = number(fields, "index"), digest(fields, "leaf")
                self._delay(partial(self._removed.erase, *erased))
                self._add(Verdict.OK, "records were erased, as `erase` records say")
            case "prune":
                self._delay(partial(self._removed.prune, number(fields, "until")))
        self._last = action, fields

    def _header(self, header: Header) -> None:
        self._grow()
        if self._chain is None:
            self._chain = self._begin_log(header)
        elif header.previous is None or self._before is None:
            raise ValueError("it says that it is the log's first segment")
        else:
            self._before.check(header.previous)
            self._check_end(header.previous)
            self._chain.resume(header)
        if (self._tree.root(), self._tree.nodes) != (header.root, header.frontier):
            raise ValueError("the tree before this segment is another one than it says")

    def _begin_log(self, header: Header) -> KeyChain:
        trust = self._trust
        for anchor in trust.anchors:
            if anchor.origin != header.origin:
                other = f"the log is {shown(header.origin)}, an anchor is of {shown(anchor.origin)}"
                raise ValueError(other)
        chain = KeyChain(header, trust.signer, trust.seed)
        if self._first == 0:
            if header.previous is not None:
                raise ValueError("the log begins with a segment that is not its first")
            chain.begin()
        else:
            self._tree = Frontier(self._first, header.frontier)
            self._unreached = chain.walk(self._epochs)
        self._anchors.begin(self._first)
        self._grow()
        return chain

    def _check_end(self, previous: Previous) -> None:
        if self._last[0] not in ("seal", "rekey"):
            raise ValueError("the segment before this one does not end with a seal")
        if previous.end in _ENDS:
            self._add(*_ENDS[previous.end])

    def _seal(self, seal: Seal, event: Fields, line: bytes) -> None:
        assert self._chain is not None  # a header came first
        self._grow()
        if self._tree.root() != seal.root:
            text = f"one of the records {self._hashed} to {self._size - 1} is not as it was sealed"
            raise Altered(text, self._hashed)
        self._chain.seal(seal, self._size, line)
        now = stamp_of(event)
        if seal.note is not None:
            self._chain.checkpoint(seal.note, self._head(), timestamp(now.wall_ns))
        self._hashed = self._size
        if seal.note is not None or self._trust.seed is not None:
            self._settle()
            self._live.seal(self._size, now)

    def _rekey(self, rekey: Rekey) -> None:
        assert self._chain is not None
        action, fields = self._last
        if action != "seal" or "note" not in fields:
            raise ValueError("a rekey stands directly behind a checkpoint")
        self._grow()
        if self._tree.root() != rekey.root:
            raise ValueError("the rekey stood at another place")
        self._chain.rekey(rekey)

    # ---- what counts only once it is sealed: anybody can add lines behind the last seal ----

    def _delay(self, act: Callable[[], None]) -> None:
        if len(self._delayed) == _MAX_DELAYED:
            raise ValueError("there was no seal for longer than can be")
        self._delayed.append(act)

    def _settle(self) -> None:
        for act in self._delayed:
            act()
        self._delayed.clear()

    # ---- the tree ----

    def _head(self) -> Head:
        return Head(self._tree.size, self._tree.root())

    def _grow(self) -> None:
        while (size := self._anchors.next_size) is not None:
            count = size - self._tree.size
            if count > len(self._leaves):
                break
            self._tree.extend(self._leaves[:count])
            del self._leaves[:count]
            self._anchors.meet(self._head())
        self._tree.extend(self._leaves)
        self._leaves.clear()

    # ---- the end ----

    def _end(self, now_ns: int) -> None:
        try:
            if self._chain is not None:
                self._chain.settle()
        except ValueError as error:
            self._break(error)
            return
        self._anchors.end(self._head())
        self._live.end(now_ns)
        self._check_removed()
        if self._chain is not None and not self._chain.has_reached_key and not self._unreached:
            text = "the log ends before the key that was given"
            self._problems.add(Problem(Verdict.ROLLBACK, text))

    def _check_removed(self) -> None:
        erased = self._removed.undeclared
        if erased is not None:
            text = "the record is erased, and no `erase` record says so"
            self._problems.add(Problem(Verdict.TAMPERED, text, record=erased))
        if not self._removed.accounts_for(self._first):
            text = f"the records below {self._first} are gone, and no `prune` record says so"
            self._problems.add(Problem(Verdict.TAMPERED, text, record=0))
        elif self._first:
            text = "older records are gone, as `prune` records say"
            self._problems.add(Problem(Verdict.OK, text, f"all below {self._first}"))

    def _layers(self) -> Iterator[Layer]:
        chain, first, is_anchored = self._chain, self._first, self._anchors.until > self._first
        if chain is None:
            return
        # Below an anchor stands the header that names the first key.
        is_signed = chain.signed is not None and (chain.is_trusted or is_anchored)
        if is_anchored:
            yield Layer("anchors", self._anchors.until)
        if chain.signed is not None and is_signed and chain.signed.head.size > first:
            yield Layer("signatures", chain.signed.head.size)
        if chain.maced:
            yield Layer("mac", chain.maced)
        yield Layer(HASHES, self._hashed)

    def _why_unverifiable(self) -> str:
        if self._chain is None:
            return "there are no records"
        if self._trust == Trust():
            return _NO_TRUST
        if self._unreached:
            return f"{self._unreached}, {_NO_CHAIN}"
        if self._trust.signer is None:
            return "no anchor is about records that are kept"
        return "nothing in it is sealed yet"

    # ---- problems ----

    def _break(self, error: ValueError) -> None:
        self.is_broken = True
        verdict = _VERDICTS.get(type(error), Verdict.TAMPERED)
        index = error.index if isinstance(error, Altered) else self._size
        text = "this is not JSON" if isinstance(error, orjson.JSONDecodeError) else str(error)
        self._problems.add(Problem(verdict, text, "", index, self._place(index)))

    def _add(self, verdict: Verdict, text: str, detail: str = "") -> None:
        self._problems.add(Problem(verdict, text, detail, self._size, self._place(self._size)))

    def _place(self, index: int) -> str:
        for span in (self._span, self._before):
            if span is not None and span.first <= index:
                return f"{span.name}:{index - span.first + 1}"
        return ""
