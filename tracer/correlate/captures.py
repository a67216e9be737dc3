"""Which panes' screens are asked for, and where in the stream the answers stand.

A pane that was there before tracing began is asked for once its server is known; one of which
output was lost, once more. What a server reads from a pane between our question and its answer may
be in the picture or not. So while a pane is asked for, each record of its output stays apart, and
waits for the answer with all that comes behind; if any was read in that moment, the pane is asked
again.

Invariant: findings.PaneCaptured states where a picture stands; one for which that can't be made
true is not used, and told as lost. Nothing waits longer than HOLD_NS.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

from tracer.correlate.access import Change
from tracer.model.context import Place
from tracer.model.events import PaneOutput, Tty
from tracer.model.facts import PaneAsked, PaneToAsk, Verdict
from tracer.model.findings import Finding, Lost, PaneCaptured, TextOutput

HOLD_NS: Final = 300_000_000
UNDER_WAY_NS: Final = 10_000_000
"""How long after a moment all records of it have come; decode/ holds them for half of that."""
AGAIN_NS: Final = 10_000_000_000
"""How often at most a pane that loses output is asked for."""
TRIES: Final = 4
AT_ONCE: Final = 4
MOST: Final = 1024
_KEPT: Final = 1024

Pane = tuple[int, int]
"""The pids of its server and of its first process."""


class _Wish(NamedTuple):
    place: Place
    tries: int


class _Question:
    """One pane that is asked for since `since_ns`. `reads`: when its server read how much since."""

    def __init__(self, wish: _Wish, since_ns: int) -> None:
        self.place, self.tries, self.since_ns = wish.place, wish.tries, since_ns
        self.reads: list[tuple[int, int]] = []
        self.answer: PaneAsked | None = None

    def holds(self, now_ns: int) -> bool:
        """Whether what the pane showed has to wait."""
        return bool(self.reads) and now_ns - self.since_ns < HOLD_NS

    def is_ripe(self, now_ns: int) -> bool:
        """Whether all is known that was read before the answer."""
        return self.answer is not None and now_ns - self.answer.heard_ns >= UNDER_WAY_NS

    def unsure(self, answer: PaneAsked) -> int:
        """Bytes that may be in the picture or not."""
        times = range(answer.asked_ns + 1, answer.heard_ns + 1)
        return sum(size for time_ns, size in self.reads if time_ns in times)


class Captures:
    """The panes that should be asked for, and those that are."""

    def __init__(self) -> None:
        self._wishes: dict[Pane, _Wish] = {}
        self._asked: dict[Pane, _Question] = {}
        self._healed_ns: dict[Pane, int] = {}

    # ---- what should be asked ----

    def want(self, places: Iterable[Place], now_ns: int) -> list[Lost]:
        """Panes of one server whose screens aren't known. A server can claim as many as it likes:
        what isn't verified comes last, and what is too much is told as lost."""
        panes = sorted(
            (each for each in places if each.pane_id), key=lambda each: not each.verified
        )
        for place in panes[:MOST]:
            self._wishes.setdefault(_pane_of(place), _Wish(place, TRIES))
        return [_lost(now_ns, "too many panes", each, None) for each in panes[MOST : MOST + 1]]

    def heal(self, findings: Iterable[Finding]) -> None:
        """Panes of which output was lost: what they show now ends the doubt."""
        for finding in findings:
            if isinstance(finding, Lost) and finding.place and finding.kind == "text_output":
                self._heal(finding.place, finding.time_ns)

    def _heal(self, place: Place, now_ns: int) -> None:
        pane = _pane_of(place)
        if now_ns - self._healed_ns.get(pane, -AGAIN_NS) < AGAIN_NS:
            return
        self._healed_ns[pane] = now_ns
        if len(self._healed_ns) > _KEPT:
            del self._healed_ns[next(iter(self._healed_ns))]
        self.want([place], now_ns)

    def to_ask(self, now_ns: int) -> list[PaneToAsk]:
        """What to ask now; each will be answered by a fact."""
        begun = list(islice(self._free(), AT_ONCE - len(self._asked)))
        for pane in begun:
            self._asked[pane] = _Question(self._wishes.pop(pane), now_ns)
        return [PaneToAsk(*pane, self._asked[pane].place.pane_id or "") for pane in begun]

    def _free(self) -> Iterator[Pane]:
        # One of a server, so that one that is slow leaves room for others.
        busy = {server_tgid for server_tgid, _ in self._asked}
        for pane in list(self._wishes):
            if pane[0] not in busy:
                busy.add(pane[0])
                yield pane

    def forget(self, server_tgid: int) -> None:
        """A server is gone, or doesn't answer."""
        for panes in (self._wishes, self._asked, self._healed_ns):
            _drop(panes, server_tgid)

    # ---- what comes meanwhile ----

    def note(self, record: PaneOutput) -> bool:
        """A server read from a pane. Whether that one is asked for."""
        question = self._asked.get((record.server.tgid, record.session or 0))
        if question is not None:
            question.reads.append((record.ktime_ns, len(record.data)))
        return question is not None

    def holds(self, now_ns: int) -> bool:
        """Whether nothing may leave yet."""
        return any(question.holds(now_ns) for question in self._asked.values())

    # ---- answers ----

    def learn(self, answer: PaneAsked) -> None:
        """What a server said."""
        question = self._asked.get((answer.server_tgid, answer.pane_pid))
        if question is not None:
            question.answer = answer

    def ripe(self, now_ns: int) -> list[Pane]:
        """Panes whose answers can be placed, once all is there that was read before."""
        return [pane for pane, question in self._asked.items() if question.is_ripe(now_ns)]

    def place(self, pane: Pane, now_ns: int, waiting: deque[Finding | Change]) -> None:
        """Puts the answer about a pane in its place among what waits."""
        question = self._asked.pop(pane)
        answer, where = question.answer, question.place
        assert answer is not None
        unsure = question.unsure(answer)
        is_late = bool(question.reads) and not question.holds(now_ns)
        tty = answer.tty if where.verified else None
        if answer.capture is None:
            if answer.verdict not in (Verdict.OK, Verdict.TOO_BIG):
                self.forget(answer.server_tgid)
            elif answer.is_there:
                waiting.append(_lost(now_ns, "not understood", where, tty))
        elif (unsure or is_late) and question.tries > 1:
            self._wishes[pane] = _Wish(where, question.tries - 1)
        elif is_late:
            waiting.append(_lost(now_ns, "answered late", where, tty))
        else:
            found = PaneCaptured(answer.asked_ns, where, tty, answer.capture, unsure)
            waiting.insert(_first_behind(found, waiting), found)


def _pane_of(place: Place) -> Pane:
    return place.server.tgid, place.pane_pid or 0


def _lost(now_ns: int, reason: str, place: Place, tty: Tty | None) -> Lost:
    return Lost(now_ns, "pane-captured", reason, None, None, place, tty, None)


def _drop(panes: dict[Pane, Any], server_tgid: int) -> None:
    for pane in [pane for pane in panes if pane[0] == server_tgid]:
        del panes[pane]


def _first_behind(found: PaneCaptured, waiting: deque[Finding | Change]) -> int:
    # While the pane was asked for, each output is one record, and the rest of a character that one
    # before began: by its end, not by its start.
    pane = _pane_of(found.place)
    for nth, one in enumerate(waiting):
        if (
            isinstance(one, TextOutput)
            and one.end_ns > found.time_ns
            and _pane_of(one.place) == pane
        ):
            return nth
    return len(waiting)
