"""Records and facts into findings: who did it, in which pane of which session.

Invariant: findings leave in the order of what caused them. One whose place has no name yet waits
for the answer of its server, at most NAME_WAIT_NS, and goes without a name then: what the kernel
saw never depends on what tmux says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from tracer.correlate.access import Access, Change, server_of
from tracer.correlate.account import Account
from tracer.correlate.acts import Acts
from tracer.correlate.audited import Audited
from tracer.correlate.captures import Captures
from tracer.correlate.missing import lost_of
from tracer.correlate.people import People
from tracer.correlate.procs import ProcessTable
from tracer.correlate.servers import Ask, Server
from tracer.correlate.terminals import Terminals
from tracer.correlate.waiting import Waiting
from tracer.model.context import Place
from tracer.model.events import (
    ClientShown,
    ClientTty,
    Exec,
    Exit,
    Fork,
    Injection,
    Missing,
    PaneOutput,
    Peer,
    ProcessKey,
    Record,
    Resize,
    ServerFound,
    Traced,
)
from tracer.model.facts import (
    CgroupSeen,
    Fact,
    Followed,
    PaneAsked,
    PaneToAsk,
    PeerSeen,
    ServerAsked,
    ServerIgnored,
    ServerSeen,
    TtyState,
    Verdict,
)
from tracer.model.findings import (
    Finding,
    ProcessEnded,
    ProcessForked,
    ProgramStarted,
    TmuxChanged,
)
from tracer.model.hands import Attributed, Composed, Typed, Unread

_REFRESH_NS: Final = 30_000_000_000


class Correlator:
    """The stage. `feed` and `tick` return findings; `asks` and `wants_tty_states` say what the
    pipeline should find out."""

    def __init__(self) -> None:
        self._processes = ProcessTable()
        self._servers: dict[int, Server] = {}
        self._ignored: set[int] = set()
        self._asks: dict[int, Ask] = {}
        self.audited = Audited(self._processes, self._place, self._servers)
        self._people = People(self.audited.logins.address)
        self._access = Access(self._people, lambda server_tgid: self._place(server_tgid, None))
        self._terminals = Terminals(self._processes, self._place, self._access.at)
        self._acts = Acts(self._people, self._processes, self._place, self._access.is_attached)
        self._handlers: dict[type, Callable[[Any], Sequence[Finding | Change]]] = {
            Fork: self._fork,
            Exec: self._exec,
            Exit: self._exit,
            ServerFound: lambda r: self._server_found(r.key, r.who.uid, r.ktime_ns),
            Missing: self._missing,
            Resize: self._terminals.resized,
            Peer: self._peer,
            ClientTty: self._terminal,
            Unread: self._unread,
            Typed: self._typed,
            Composed: self._acts.composed,
            Injection: self._acts.injected,
            Traced: self._acts.traced,
        }
        self._captures = Captures()
        self._waiting = Waiting(
            self._servers, self._ignored, self._access, self._captures, self._place
        )
        self._epoch = 0  # counts what may change which process or place a pid means
        self._account = Account()
        self._left_out: set[int] = set()
        self._parting: list[Finding] = []  # before anything that waits

    # ---- what the pipeline feeds ----

    def feed(self, records: Iterable[Record | Attributed], now_ns: int) -> list[Finding]:
        """Records in kernel-time order."""
        for record in records:
            # Output is nearly all that comes, and most of it completes nothing.
            if self._terminals.extend(record, self._epoch):
                continue
            self._waiting.queue.extend(self._record(record))
        return self._waiting.release(now_ns)

    def learn(self, facts: Iterable[Fact], now_ns: int) -> list[Finding]:
        """What observe/ found out."""
        for fact in facts:
            self._epoch += 1
            self._waiting.queue.extend(self._fact(fact, now_ns))
        parting, self._parting = self._parting, []
        return parting + self._waiting.release(now_ns)

    def tick(self, now_ns: int) -> list[Finding]:
        """What waited long enough."""
        self._waiting.queue.extend(self._acts.tick(now_ns))
        self._waiting.queue.extend(self._terminals.tick(now_ns))
        self._waiting.queue.extend(self.audited.tick(now_ns))
        if (states := self._account.due(now_ns)) is not None:
            self._settle(states, now_ns)
        for server_tgid in self._access.commands.stayed(now_ns):
            self._ask_of(server_tgid)
        for pane in self._captures.ripe(now_ns):
            self._waiting.queue.extend(self._terminals.flush_pane(pane[1]))
            self._captures.place(pane, now_ns, self._waiting.queue)
        for server in self._servers.values():
            if server.asked_ns is None or now_ns - server.asked_ns > _REFRESH_NS:
                self._ask(server)
        return self._waiting.release(now_ns)

    def flush(self) -> list[Finding]:
        """Everything, when no more will come."""
        self._waiting.queue.extend(self._acts.flush())
        self._waiting.queue.extend(self._terminals.flush())
        return self._waiting.flush()

    # ---- what the pipeline asks ----

    def asks(self) -> list[Ask]:
        """Servers that should be asked what they are; empties the list."""
        asks = list(self._asks.values())
        self._asks.clear()
        return asks

    def panes_to_ask(self, now_ns: int) -> list[PaneToAsk]:
        """Panes whose screens should be asked for, each to be answered by a PaneAsked."""
        panes = self._captures.to_ask(now_ns)
        self._epoch += len(panes)  # what they show from now on stays apart
        return panes

    def wants_origins(self) -> list[ProcessKey]:
        """Processes whose user's way to this host should be found out; empties the list."""
        return self._people.wants_origins()

    def wants_tty_states(self, now_ns: int) -> bool:
        """Output is missing, and no later record has said where."""
        return self._account.is_wanted(self._terminals.is_owed, now_ns)

    def account(self, states: list[TtyState]) -> None:
        """Answers wants_tty_states with the kernel half's account of every pty, as it is now."""
        self._account.take(states)

    def settle(self, states: list[TtyState], now_ns: int) -> list[Finding]:
        """Compares with an account of which nothing is under way any more."""
        self._settle(states, now_ns)
        return self._waiting.release(now_ns)

    def knows_cgroup(self, cgroup_id: int) -> bool:
        """Whether its container is known (or known to be none)."""
        return self._processes.knows_cgroup(cgroup_id)

    @property
    def servers(self) -> dict[int, Server]:
        """Live servers by pid."""
        return self._servers

    @property
    def ignored(self) -> set[int]:
        """Pids that behave like a tmux server, and were found not to be one or are left out."""
        return self._ignored

    def _settle(self, states: list[TtyState], now_ns: int) -> None:
        # The kernel half keeps the account of a terminal also when its server has gone.
        live = filter(self._began_under_live_server, states)
        lost = self._terminals.settle(live, now_ns)
        self._captures.heal(lost)
        self._waiting.queue.extend(lost)

    def _began_under_live_server(self, state: TtyState) -> bool:
        server = self._servers.get(state.server_tgid)
        return server is not None and server.key.start_time_ns <= state.began_ns

    # ---- records ----

    def _record(self, record: Record | Attributed) -> Sequence[Finding | Change]:
        if isinstance(record, PaneOutput | ClientShown):
            return self._shown(record)
        self._epoch += 1
        self.audited.witness.note(record)
        handler = self._handlers.get(type(record))
        return handler(record) if handler else ()

    def _shown(self, record: PaneOutput | ClientShown) -> list[Finding]:
        apart: list[Finding] = []
        is_asked_for = isinstance(record, PaneOutput) and self._captures.note(record)
        if is_asked_for:
            apart += self._terminals.flush_pane(record.session or 0)
        shown = self._terminals.add(record, self._epoch)
        self._epoch += is_asked_for  # so the next record stays apart, too
        self._captures.heal(shown)
        return [*apart, *shown]

    def _fork(self, record: Fork) -> list[Finding]:
        process = self._processes.fork(record)
        place = self._place(record.who.server_tgid, record.who.pane_tgid)
        return [ProcessForked(record.ktime_ns, process, place)]

    def _exec(self, record: Exec) -> list[Finding]:
        process = self._processes.exec(record)
        who = record.who
        place = self._place(who.server_tgid, who.pane_tgid)
        server = self._servers.get(who.server_tgid)
        is_new_pane = who.pane_tgid == record.key.tgid == who.session
        if server and is_new_pane:
            self._waiting.expect(who.server_tgid, who.pane_tgid, record.ktime_ns)
            self._ask(server)
        command = self._acts.command(record.key, who.server_tgid)
        started = ProgramStarted(record.ktime_ns, process, place, command)
        return [*self._before(who.pane_tgid), started]

    def _typed(self, typed: Typed) -> list[Finding]:
        # Behind what it may answer: redact/ looks for a prompt for a secret there.
        shown = self._terminals.flush_pane(typed.session or 0)
        return [*shown, *self._acts.typed(typed)]

    def _before(self, pane_tgid: int) -> list[Finding]:
        """What came to a pane and what it showed, before what happens there next."""
        return [*self._acts.before(pane_tgid), *self._terminals.flush_pane(pane_tgid)]

    def _exit(self, record: Exit) -> Sequence[Finding | Change]:
        self._left_out.discard(record.key.tgid)
        left = self._asking(self._access.exit(record))
        self._note_commands()
        if record.is_peer:
            return left
        process = self._processes.exit(record)
        pane = process.who.pane_tgid if process.who else None
        place = self._place(record.server_tgid, pane)
        out: list[Finding | Change] = [*left, *self._before(pane or 0)]
        out.append(ProcessEnded(record.ktime_ns, process, place, record.status))
        server = self._servers.get(record.server_tgid)
        if server and record.key.tgid == pane:
            self._waiting.expect_no_more(record.server_tgid, pane)
            self._ask(server)
        if server and record.key.tgid == record.server_tgid:
            out += self._server_gone(server, record.ktime_ns)
        return out

    def _server_gone(self, server: Server, time_ns: int) -> list[Finding | Change]:
        tgid = server.key.tgid
        held, left = self._drop(tgid), self._access.server_gone(tgid, time_ns)
        return [*held, *left, *server.gone(time_ns)]

    def _drop(self, tgid: int) -> list[Finding]:
        del self._servers[tgid]
        self._waiting.forget(tgid)
        self._captures.forget(tgid)
        return [*self._acts.forget(tgid), *self._terminals.forget(tgid)]

    def _peer(self, record: Peer) -> list[Change]:
        if self._access.is_attached(record.key.tgid):
            self._ask_of(record.server_tgid)  # it was resized, or has left
        changes = self._access.peer(record)
        self._note_commands()
        return changes

    def _note_commands(self) -> None:
        for server_tgid, time_ns in self._access.commands.done():
            self._ask_of(server_tgid)
            if server_tgid in self._servers:
                self._servers[server_tgid].command_done(time_ns)

    def _asking(self, changes: list[Change]) -> list[Change]:
        for change in changes:
            self._ask_of(change.seat.server_tgid)
        return changes

    def _terminal(self, record: ClientTty) -> Sequence[Finding | Change]:
        shown = self._terminals.flush_client(record.tty_id)
        return [*shown, *self._asking(self._access.terminal(record))]

    def _unread(self, record: Unread) -> Sequence[Finding]:
        self._ask_of(record.server_tgid)  # what the keys did, it has done
        return ()

    def _server_found(
        self, key: ProcessKey, owner: int, time_ns: int, was_there: bool = False
    ) -> list[Finding]:
        if key.tgid in self._servers or key.tgid in self._left_out:
            return []
        self._ignored.discard(key.tgid)
        server = self._servers[key.tgid] = Server(key, was_there, owner)
        self._ask(server)
        return [TmuxChanged(time_ns, "server-seen", server.place, None, None)]

    def _missing(self, record: Missing) -> list[Finding]:
        return [] if self._terminals.owe(record.kind, record.records) else [lost_of(record)]

    # ---- facts ----

    def _fact(self, fact: Fact, now_ns: int) -> Sequence[Finding | Change]:
        match fact:
            case ServerSeen():
                key = ProcessKey(fact.pid, fact.start_time_ns)
                return self._server_found(key, fact.uid, now_ns, was_there=True)
            case Followed():
                if fact.pane_tgid == 0:  # a server, that may have been left out before
                    self._left_out.discard(fact.server_tgid)
                self._processes.seed(fact)
            case ServerIgnored():
                self._leave_out(fact, now_ns)
            case CgroupSeen():
                self._processes.learn_container(fact.cgroup_id, fact.container_id)
            case PeerSeen():
                self._people.learn(fact)
            case ServerAsked():
                return self._asked(fact, now_ns)
            case PaneAsked():
                self._captures.learn(fact)
        return self.audited.learn(fact)

    def _asked(self, asked: ServerAsked, now_ns: int) -> list[Finding | Change]:
        server = self._servers.get(asked.server_tgid)
        if server is None:
            return []
        if asked.claims.verdict is Verdict.NOT_TMUX and asked.is_system_program:
            # sshd with a forwarded agent, screen: nothing of it is ours to show.
            del self._servers[asked.server_tgid]
            self._ignored.add(asked.server_tgid)
            return []
        self._waiting.answered(asked.server_tgid, asked.asked_ns)
        note = server.news
        changed = server.take(asked, now_ns)
        if note is not None:
            self._waiting.queue.extend(self._captures.want(server.panes, now_ns))
        return [*changed, *self._access.answer(server, asked, note, now_ns)]

    def _leave_out(self, fact: ServerIgnored, now_ns: int) -> None:
        """What came of it before is told; then nothing of it is."""
        tgid = fact.pid
        if tgid in self._servers:
            before = [*self._waiting.queue, *self._drop(tgid)]
            self._parting += self._waiting.told(one for one in before if server_of(one) == tgid)
            self._access.server_gone(tgid, now_ns)
        place = Place(ProcessKey(tgid, fact.start_time_ns), fact.socket_path)
        self._parting.append(TmuxChanged(now_ns, "server-ignored", place, None, fact.reason))
        self._left_out.add(tgid)
        self._ignored.add(tgid)

    # ---- names ----

    def _ask(self, server: Server) -> None:
        self._asks[server.key.tgid] = Ask(server.key)

    def _ask_of(self, server_tgid: int) -> None:
        if server_tgid in self._servers:
            self._ask(self._servers[server_tgid])

    def _place(self, server_tgid: int, pane_tgid: int | None) -> Place:
        server = self._servers.get(server_tgid)
        if server is None:
            return Place(ProcessKey(server_tgid, 0), pane_pid=pane_tgid or None)
        return server.place_of(pane_tgid)
