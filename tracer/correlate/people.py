"""Who is who: the processes that speak to tmux servers, or put their hands on panes.

Invariant: a person is what the kernel says of a process, in a record or in /proc, never what tmux
says. That a client has a terminal is told by `access`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tracer.model.context import Origin, Person
from tracer.model.events import ProcessKey, Tty, Who
from tracer.model.facts import PeerSeen, ProcSeen
from tracer.model.hands import Hand

_ENDED_KEPT: Final = 1024

AddressOf = Callable[[int | None], str | None]


class People:
    """Living processes, and those that ended just now. `address_of`: where the login of an audit
    session came from, as the audit stream says."""

    def __init__(self, address_of: AddressOf = lambda _session: None) -> None:
        self._address_of = address_of
        self._people: dict[ProcessKey, Person] = {}
        self._living: dict[int, ProcessKey] = {}
        # What a process sent is read after it, and what it had typed is told later still.
        self._ended: dict[ProcessKey, None] = {}
        self._seats: dict[tuple[int, Tty], ProcessKey] = {}
        self._asked: set[ProcessKey] = set()
        self._wanted: list[ProcessKey] = []

    def meet(self, key: ProcessKey, who: Who) -> None:
        """A record shows a process."""
        known = self._begin(key)
        if known in self._ended:
            return  # its message was read when it was over, and its terminal gone
        before = self._people.get(known)
        origin = before.origin if before else None
        self._people[known] = _person(known, who)._replace(origin=origin)

    def see(self, process: ProcSeen) -> ProcessKey:
        """/proc shows a process; what a record said of it wins. Returns the key it is known by."""
        known = self._begin(ProcessKey(process.tgid, process.start_time_ns))
        self._people.setdefault(known, _person(known, process))
        return known

    def learn(self, seen: PeerSeen) -> None:
        """How the user of a process came to this host."""
        key = self.key(seen.key)
        if key is not None:
            self._people[key] = self._people[key]._replace(origin=seen.origin)

    def end(self, key: ProcessKey) -> None:
        """A process is over."""
        known = self._living.get(key.tgid)
        if known is None or not known.may_be(key):
            return
        del self._living[key.tgid]
        self._asked.discard(known)
        self._ended[known] = None
        if len(self._ended) > _ENDED_KEPT:
            oldest = next(iter(self._ended))
            del self._ended[oldest], self._people[oldest]

    def key(self, key: ProcessKey) -> ProcessKey | None:
        """The key by which a process is known; a start time of 0 is that of the one that lives."""
        living = self._living.get(key.tgid)
        if living is not None and living.may_be(key):
            return living
        return key if key in self._people else None

    def person(self, key: ProcessKey) -> Person | None:
        """Who that process is."""
        known = self.key(key)
        if known is None:
            return None
        person = self._people[known]
        origin = self._with_address(person.origin, person.audit_session)
        return person._replace(is_client=known in self._seats.values(), origin=origin)

    def person_of(self, hand: Hand, server_tgid: int) -> Person | None:
        """Who has that terminal now as a client of that server, or is behind that process."""
        key = self._seats.get((server_tgid, hand.tty)) if hand.tty else hand.process
        if key is None:
            return None
        self.want_origin(key)
        return self.person(key)

    def latest(self, person: Person) -> Person:
        """The same person, with what was learned since of how the user came."""
        known = self._people.get(person.key)
        if known is None:
            return person
        return person._replace(origin=self._with_address(known.origin, known.audit_session))

    # ---- who has which terminal ----

    def seat(self, server_tgid: int, tty: Tty, key: ProcessKey) -> None:
        """This process is the client from whose terminal that server reads."""
        self._seats[server_tgid, tty] = key

    def unseat(self, server_tgid: int, tty: Tty) -> None:
        """That server reads no more from that terminal."""
        self._seats.pop((server_tgid, tty), None)

    # ---- how they came ----

    def want_origin(self, key: ProcessKey) -> None:
        """It acts: how its user came is to be looked up, once, while it lives."""
        known = self._living.get(key.tgid)
        if known is not None and known.may_be(key) and known not in self._asked:
            self._asked.add(known)
            self._wanted.append(known)

    def wants_origins(self) -> list[ProcessKey]:
        """Processes that should be looked up; empties the list. The answers are PeerSeen."""
        wanted, self._wanted = self._wanted, []
        return wanted

    def _with_address(self, origin: Origin | None, audit_session: int | None) -> Origin | None:
        """How they came; where that isn't known, at least where their login came from."""
        address = self._address_of(audit_session)
        if address is None or origin is None or origin.kind != "unknown":
            return origin
        return origin._replace(address=address, is_heard=True)

    def _begin(self, key: ProcessKey) -> ProcessKey:
        before = self._living.get(key.tgid)
        if before is not None:
            if before.may_be(key):
                return before
            self.end(before)  # that was not seen, and its pid is another's now
        if key in self._ended:
            return key
        self._living[key.tgid] = key
        return key


def _person(key: ProcessKey, said: Who | ProcSeen) -> Person:
    return Person(key, said.uid, said.loginuid, said.audit_session, said.tty, None, is_client=False)
