"""Who is attached: clients from when a server takes their terminal until they are gone.

Invariant: that a client came, was suspended, went on or left is the kernel's; its session, size and
modes are tmux's claims. Only where the kernel shows nothing (a client in control mode takes no
terminal, one may have been there before us) does a claim make a client, if it is verified.
"""

from __future__ import annotations

from collections.abc import Callable
from signal import Signals
from typing import Final, NamedTuple

from tracer.correlate.commands import Commands
from tracer.correlate.people import People
from tracer.correlate.servers import Server
from tracer.model.context import Client, Person, Place
from tracer.model.events import ClientTty, Exit, Peer, ProcessKey, Tty
from tracer.model.facts import ClientClaim, ProcSeen, ServerAsked, Verdict
from tracer.model.findings import Finding, TmuxChanged

WAIT_NS: Final = 300_000_000
"""How long a change waits for what belongs to it: a name, a person, the end that explains it."""
RECORD_NS: Final = 100_000_000
"""How long the record of what an answer shows may take to arrive."""
_LEFT_KEPT: Final = 1024
_At = tuple[int, Tty]


class Seat:
    """One client, from its attach on. `key` is None while no connected process fits."""

    def __init__(self, server_tgid: int) -> None:
        self.server_tgid = server_tgid
        self.key: ProcessKey | None = None
        self.tty: Tty | None = None
        self.columns: int | None = None
        self.rows: int | None = None
        self.claim: ClientClaim | None = None
        self.place: Place | None = None
        self.is_taken = False  # a record showed how its terminal was taken
        self.is_told = False
        self.put_back_ns: int | None = None
        self.left_ns: int | None = None

    @property
    def has_terminal(self) -> bool:
        """Whether it is known whose terminal it is, and that it is taken."""
        is_sure = self.key is not None and (self.is_taken or self.is_told)
        return is_sure and self.put_back_ns is None


class Change(NamedTuple):
    """What happened to a client; it is told when it has waited for what belongs to it."""

    time_ns: int
    action: str
    seat: Seat
    note: str | None = None
    is_claimed: bool = False


class Access:
    """The clients of all servers. `place_of` says where a server is."""

    def __init__(self, people: People, place_of: Callable[[int], Place]) -> None:
        self._people = people
        self._place_of = place_of
        self.commands = Commands()
        self._seats: dict[int, Seat] = {}
        self._terminals: dict[_At, Seat] = {}
        # Of those on one terminal, who spoke to a server last: for whom it takes the terminal.
        self._callers: dict[_At, ProcessKey] = {}
        self._left: dict[int, int] = {}

    def is_attached(self, pid: int) -> bool:
        """Whether that process is a client now."""
        return pid in self._seats

    def at(self, server_tgid: int, tty: Tty) -> tuple[Person | None, Place]:
        """Who has that terminal as a client of that server, and which session it shows. A client in
        control mode takes no terminal; it is who spoke from there last."""
        seat = self._terminals.get((server_tgid, tty))
        key = seat.key if seat else self._callers.get((server_tgid, tty))
        person = self._people.person(key) if key else None
        place = seat.place if seat and seat.place else self._place_of(server_tgid)
        return person and person._replace(is_client=True), place

    # ---- records ----

    def peer(self, record: Peer) -> list[Change]:
        """A server got a message from a process, or found that it has closed its end."""
        if not record.size:
            return self._closed(self._people.key(record.key) or record.key, record)
        if record.who is not None:
            self._people.meet(record.key, record.who)
        key = self._people.key(record.key) or record.key
        if key.tgid not in self._seats:
            self.commands.hear(record)
        if record.who is not None and record.who.tty is not None:
            at = record.server_tgid, record.who.tty
            self._callers[at] = key
            seat = self._terminals.get(at)
            if seat is not None and seat.key is None:
                self._name(seat, key)
        return []

    def terminal(self, record: ClientTty) -> list[Change]:
        """A server took a terminal, or put it back."""
        at = record.server.tgid, record.tty
        if not record.is_taken:
            return self._put_back(at, record.ktime_ns)
        seat = self._terminals.get(at)
        if seat is not None and seat.has_terminal:
            return []  # set up once more
        key = self._callers.get(at)
        if key is not None:
            seat = self._seats.get(key.tgid)
        if seat is None:
            seat = Seat(record.server.tgid)
            seat.key = key
        return self._take(seat, at, record)

    def exit(self, record: Exit) -> list[Change]:
        """A process is over, wherever it ran."""
        key = self._people.key(record.key)
        if key is None:
            return []
        seat = self._seats.get(key.tgid)
        changes = [self._leave(seat, record.ktime_ns, _ending(record.status))] if seat else []
        self._forget(key, record.ktime_ns)
        self.commands.end(key.tgid, record.ktime_ns)
        self._people.end(key)
        return changes

    def server_gone(self, server_tgid: int, time_ns: int) -> list[Change]:
        """A server is over, and nobody is attached to it any more."""
        for at in [at for at in self._callers if at[0] == server_tgid]:
            del self._callers[at]
        seats = dict.fromkeys([*self._seats.values(), *self._terminals.values()])
        there = [seat for seat in seats if seat.server_tgid == server_tgid]
        return [self._leave(seat, time_ns, "server gone") for seat in there]

    def _closed(self, key: ProcessKey, record: Peer) -> list[Change]:
        seat = self._seats.get(key.tgid)
        is_it = seat is not None and seat.server_tgid == record.server_tgid
        changes = [self._leave(seat, record.ktime_ns, None)] if seat and is_it else []
        self._forget(key, record.ktime_ns)
        self.commands.leave(key.tgid, record.ktime_ns)
        if record.is_over:
            self._people.end(key)
        return changes

    def _take(self, seat: Seat, at: _At, record: ClientTty) -> list[Change]:
        before = self._terminals.get(at)
        changes = []
        if before is not None and before is not seat and before.key is None:
            changes.append(self._leave(before, record.ktime_ns, None))
        is_back, seat.put_back_ns = seat.put_back_ns is not None, None
        seat.tty, seat.columns, seat.rows = record.tty, record.columns, record.rows
        self._terminals[at] = seat
        if seat.key is not None:
            self._name(seat, seat.key)
        if not seat.is_taken and not seat.is_told:
            seat.is_taken = True
            changes.append(Change(record.ktime_ns, "client-attached", seat))
        elif is_back:
            changes.append(Change(record.ktime_ns, "client-resumed", seat))
        return changes

    def _put_back(self, at: _At, time_ns: int) -> list[Change]:
        seat = self._terminals.get(at)
        if seat is None or seat.put_back_ns is not None:
            return []
        seat.put_back_ns = time_ns
        self._people.unseat(*at)
        if seat.key is None:
            return [self._leave(seat, time_ns, None)]  # there is no end of it to wait for
        return [Change(time_ns, "client-suspended", seat)]

    def _name(self, seat: Seat, key: ProcessKey) -> None:
        seat.key = key
        self._seats[key.tgid] = seat
        self.commands.attach(key.tgid)
        self._people.want_origin(key)
        if seat.tty is not None:
            self._people.seat(seat.server_tgid, seat.tty, key)

    def _leave(self, seat: Seat, time_ns: int, note: str | None) -> Change:
        seat.left_ns = time_ns
        if seat.key is not None:
            del self._seats[seat.key.tgid]
        if seat.tty is not None and self._terminals.get((seat.server_tgid, seat.tty)) is seat:
            del self._terminals[seat.server_tgid, seat.tty]
            self._people.unseat(seat.server_tgid, seat.tty)
        if note is None and seat.put_back_ns is not None:
            note = "terminal put back"
        return Change(time_ns, "client-detached", seat, note)

    def _forget(self, key: ProcessKey, time_ns: int) -> None:
        for at in [at for at, caller in self._callers.items() if caller == key]:
            del self._callers[at]
        self._left.pop(key.tgid, None)  # the newest stand at the end
        self._left[key.tgid] = time_ns
        if len(self._left) > _LEFT_KEPT:
            del self._left[next(iter(self._left))]

    # ---- claims ----

    def answer(
        self, server: Server, asked: ServerAsked, note: str | None, now_ns: int
    ) -> list[Change | TmuxChanged]:
        """Takes what a server says of its clients. `note`: on those who are new by it."""
        if asked.claims.verdict is not Verdict.OK:
            return []
        out: list[Change | TmuxChanged] = []
        seen = {process.tgid: process for process in asked.clients}
        for claim in asked.claims.clients:
            seat = self._seats.get(claim.pid)
            process = seen.get(claim.pid)
            if seat is None and process is not None and self._is_there(claim, asked):
                seat = self._claimed_seat(server, claim, process)
                if not seat.is_taken:
                    out.append(Change(now_ns, "client-attached", seat, note, is_claimed=True))
            if seat is not None and seat.server_tgid == server.key.tgid:
                out += self._compare(seat, claim, server, now_ns)
        return out

    def _is_there(self, claim: ClientClaim, asked: ServerAsked) -> bool:
        return claim.verified and self._left.get(claim.pid, 0) < asked.asked_ns

    def _claimed_seat(self, server: Server, claim: ClientClaim, process: ProcSeen) -> Seat:
        seat = Seat(server.key.tgid)
        if process.tty is not None and not claim.is_control:
            there = self._terminals.setdefault((server.key.tgid, process.tty), seat)
            if there.key is None:
                seat = there
                seat.tty = process.tty
        self._name(seat, self._people.see(process))
        return seat

    def _compare(
        self, seat: Seat, claim: ClientClaim, server: Server, now_ns: int
    ) -> list[TmuxChanged]:
        before, was, size = seat.claim, seat.place, (seat.columns, seat.rows)
        seat.claim, seat.place = claim, server.session_place(claim.session_id)
        if claim.columns is not None and claim.rows is not None:  # as while it is suspended
            seat.columns, seat.rows = claim.columns, claim.rows
        if before is None or was is None or not seat.is_told:
            return []
        out = []
        client = self._client(seat)
        if before.session_id != claim.session_id:
            note = f"was {was.session_name}"
            out.append(TmuxChanged(now_ns, "client-session-changed", seat.place, client, note))
        if (seat.columns, seat.rows) != size:
            note = f"was {size[0]}x{size[1]}"
            out.append(TmuxChanged(now_ns, "client-resized", seat.place, client, note))
        return out

    # ---- telling ----

    def must_wait(self, change: Change, now_ns: int) -> bool:
        """Whether more that belongs to it may come."""
        seat, age_ns = change.seat, now_ns - change.time_ns
        if age_ns >= WAIT_NS or seat.left_ns is not None:
            return False
        if change.action == "client-suspended":
            return seat.put_back_ns == change.time_ns
        if change.action != "client-attached" or (change.is_claimed and seat.is_taken):
            return False
        person = self._people.person(seat.key) if seat.key else None
        is_known = seat.claim is not None and person is not None and person.origin is not None
        return not is_known or (change.is_claimed and age_ns < RECORD_NS)

    def tell(self, change: Change) -> TmuxChanged | None:
        """The finding; None for what turned out to be part of another change."""
        seat = change.seat
        if change.is_claimed and seat.is_taken:
            return None  # the record of it came, and is told
        is_over = seat.left_ns is not None and seat.left_ns - change.time_ns < WAIT_NS
        if change.action == "client-suspended" and is_over:
            return None  # the terminal was put back because the client left
        seat.is_told = True
        place = seat.place or self._place_of(seat.server_tgid)
        return TmuxChanged(change.time_ns, change.action, place, self._client(seat), change.note)

    def _client(self, seat: Seat) -> Client:
        claim = seat.claim
        person = self._people.person(seat.key) if seat.key else None
        if person is not None:
            person = person._replace(is_client=seat.tty is not None)
        return Client(
            pid=seat.key.tgid if seat.key else None,
            uid=person.uid if person else None,
            tty=seat.tty or (person.tty if person else None),
            columns=seat.columns,
            rows=seat.rows,
            verified=seat.is_taken or (claim is not None and claim.verified),
            is_read_only=claim.is_read_only if claim else None,
            is_control=claim.is_control if claim else None,
            person=person,
        )


def _ending(status: int) -> str | None:
    """How a process ended, unless as it should."""
    if number := status & 0x7F:
        known = {signal.value: signal.name for signal in Signals}
        return f"killed by {known.get(number, f'signal {number}')}"
    return f"exit status {status >> 8}" if status >> 8 else None


def server_of(waited: Finding | Change) -> int | None:
    """The pid of the server that it is about."""
    if isinstance(waited, Change):
        return waited.seat.server_tgid
    return waited.place.server.tgid if waited.place else None
