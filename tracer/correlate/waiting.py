"""What waits until it has a name, or for the picture of a pane, and lets nothing pass it.

Invariant: findings leave in the order in which they came, none later than NAME_WAIT_NS or
captures.HOLD_NS.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Final

from tracer.correlate.access import Access, Change
from tracer.correlate.captures import HOLD_NS, Captures
from tracer.correlate.servers import Server
from tracer.model.context import Place
from tracer.model.findings import ClientOutput, Finding, TerminalResized

NAME_WAIT_NS: Final = 300_000_000


class Waiting:
    """`place_of` names the pane of a server, as far as that is known."""

    def __init__(
        self,
        servers: Mapping[int, Server],
        ignored: Set[int],
        access: Access,
        captures: Captures,
        place_of: Callable[[int, int | None], Place],
    ) -> None:
        self._servers, self._ignored = servers, ignored
        self._access, self._captures, self._place_of = access, captures, place_of
        self.queue: Final = deque[Finding | Change]()
        self._expected: dict[tuple[int, int], int] = {}

    # ---- names that will come ----

    def expect(self, server_tgid: int, pane_pid: int, since_ns: int) -> None:
        """A pane was made, of which its server will tell when it is asked."""
        self._expected[server_tgid, pane_pid] = since_ns

    def expect_no_more(self, server_tgid: int, pane_pid: int) -> None:
        """It is gone."""
        self._expected.pop((server_tgid, pane_pid), None)

    def answered(self, server_tgid: int, asked_ns: int) -> None:
        """A server told of all panes that it had then."""
        for key, since_ns in list(self._expected.items()):
            if key[0] == server_tgid and asked_ns >= since_ns:
                del self._expected[key]

    def forget(self, server_tgid: int) -> None:
        """A server is gone."""
        for key in [key for key in self._expected if key[0] == server_tgid]:
            del self._expected[key]

    # ---- findings ----

    def release(self, now_ns: int) -> list[Finding]:
        """Those that need not wait, up to the first that must."""
        out: list[Finding] = []
        is_held = self._captures.holds(now_ns)
        while self.queue and not self._must_wait(self.queue[0], now_ns):
            # One question after the other may hold, but none what has waited for another.
            if is_held and now_ns - self.queue[0].time_ns < HOLD_NS:
                break
            out += self.told([self.queue.popleft()])
        return out

    def flush(self) -> list[Finding]:
        """All of them."""
        out = self.told(self.queue)
        self.queue.clear()
        return out

    def told(self, waited: Iterable[Finding | Change]) -> list[Finding]:
        """As they are told now; nothing of what is ignored."""
        out = []
        for one in waited:
            finding = self._access.tell(one) if isinstance(one, Change) else self._named(one)
            place = finding.place if finding else None
            if finding and not (place and place.server.tgid in self._ignored):
                out.append(finding)
        return out

    def _named(self, finding: Finding) -> Finding:
        place = finding.place
        if place is None or place.pane_id:
            return finding
        if not place.pane_pid:
            return self._seated(finding)
        better = self._place_of(place.server.tgid, place.pane_pid)
        return finding._replace(place=better) if better.pane_id else finding

    def _seated(self, finding: Finding) -> Finding:
        """What a client shows, with what is known of it by now."""
        if not isinstance(finding, ClientOutput | TerminalResized):
            return finding
        person, place = self._access.at(finding.place.server.tgid, finding.tty)
        if person is None or (finding.person is not None and finding.person.key != person.key):
            return finding
        return finding._replace(person=person, place=place)

    def _must_wait(self, finding: Finding | Change, now_ns: int) -> bool:
        if isinstance(finding, Change):
            return self._access.must_wait(finding, now_ns)
        place = finding.place
        server = self._servers.get(place.server.tgid) if place else None
        if place is None or server is None or place.pane_id:
            return False
        if server.asked_ns is None:
            return now_ns - finding.time_ns < NAME_WAIT_NS
        since_ns = self._expected.get((server.key.tgid, place.pane_pid or 0))
        return since_ns is not None and now_ns - since_ns < NAME_WAIT_NS
