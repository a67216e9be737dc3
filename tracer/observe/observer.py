"""Asks the world on behalf of the stages: what is there at the start, and what a server says.

Invariant: it never blocks the stream. What may wait for another process (a tmux server, NSS) runs
in a worker thread and comes back as a fact; what reads /proc is bounded.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Final, Protocol

from tracer.clock import boot_ns
from tracer.model.events import ProcessKey
from tracer.model.facts import (
    CgroupSeen,
    Fact,
    Followed,
    PaneAsked,
    PaneToAsk,
    PeerSeen,
    ProcSeen,
    ServerAsked,
    ServerClaims,
    ServerIgnored,
    ServerSeen,
    Verdict,
)
from tracer.observe import captures, logins, procfs, servers, tmux
from tracer.observe.scope import Scope
from tracer.observe.verify import verify
from tracer.settings import ScopeSettings

_ASKERS: Final = 4
_BURST: Final = 32
_REFILL_NS: Final = 100_000_000
_PEERS_WAITING: Final = 1024
_EVERYTHING: Final = Scope(ScopeSettings())
_NO_SOCKET: Final = ServerClaims(Verdict.UNREACHABLE, None)


class Follower(Protocol):
    """The kernel half's table of processes to look at."""

    def follow(self, tgid: int, server_tgid: int, pane_tgid: int) -> None:
        """Puts a process under a server; its children inherit it."""

    def unfollow(self, tgid: int) -> None:
        """Takes a process out."""

    def ignore_server(self, tgid: int) -> None:
        """Reads nothing more of what looked like a tmux server and isn't one."""


class Observer:
    """The I/O half of correlate."""

    def __init__(self, follower: Follower, scope: Scope = _EVERYTHING) -> None:
        self._follower = follower
        self._scope = scope
        self._left_out: set[int] = set()
        self._workers = ThreadPoolExecutor(_ASKERS, thread_name_prefix="ask")
        # Of their own: who asks servers waits for them, and names must not wait for pictures.
        self._peer_worker = ThreadPoolExecutor(1, thread_name_prefix="peers")
        self._pane_workers = ThreadPoolExecutor(_ASKERS, thread_name_prefix="panes")
        self._peers_waiting = 0
        self._facts = _Answers()
        self._limits: dict[int, _Limit] = {}
        self._postponed: set[int] = set()
        self._busy: set[int] = set()
        self._adopted: set[int] = set()
        self._ignored: set[int] = set()

    def seed(self) -> list[Fact]:
        """Every server that runs now, with all that descends from it, followed from now on.

        To be called when the hooks are in place: what forks meanwhile is found by the next pass,
        or is followed already because its parent was.
        """
        return self._seed(servers.find_servers())

    def rescope(self, scope: Scope) -> list[Fact]:
        """Takes another scope: servers that it leaves out are, others come back."""
        self._scope = scope
        facts: list[Fact] = []
        for tgid in sorted(self._adopted - self._left_out):
            facts += self._leave_out(tgid)
        return facts + self._seed(s for s in servers.find_servers() if s.pid in self._left_out)

    def adopt(self, server_tgid: int) -> list[Fact]:
        """Follows a server and its descendants, until a pass finds no new one.

        What descends from another server in between is that one's.
        """
        self._adopted.add(server_tgid)
        facts = self._leave_out(server_tgid)
        if facts:
            return facts
        known: set[int] = set()
        while new := self._pass(server_tgid, known):
            facts += new
        return facts

    def ask(self, server_tgids: Iterable[int]) -> None:
        """Asks servers what they are, soon; the answers come as facts."""
        self._postponed.update(server_tgids)
        now = boot_ns()
        for tgid in list(self._postponed):
            limit = self._limits.setdefault(tgid, _Limit(now))
            if tgid not in self._busy and limit.take(now):
                self._postponed.discard(tgid)
                self._busy.add(tgid)
                self._workers.submit(self._ask, tgid)

    def ask_panes(self, panes: Iterable[PaneToAsk]) -> None:
        """Asks servers what these panes show, soon; each is answered by a PaneAsked."""
        for pane in panes:
            self._pane_workers.submit(self._ask_pane, pane)

    def look_at_peers(self, keys: Iterable[ProcessKey]) -> None:
        """Finds out how the users of these processes came, soon; PeerSeen facts tell it.

        A user who connects without end makes no longer queue: who finds it full stays unknown.
        """
        for key in keys:
            self._peers_waiting += 1
            if self._peers_waiting > _PEERS_WAITING:
                self._facts.put(PeerSeen(key, None, logins.UNKNOWN))
            else:
                self._peer_worker.submit(self._look, key)

    def facts(self) -> list[Fact]:
        """The answers that have come."""
        found = self._facts.take()
        for fact in found:
            if isinstance(fact, ServerAsked):
                self._busy.discard(fact.server_tgid)
            if isinstance(fact, PeerSeen):
                self._peers_waiting -= 1
        return found

    def fileno(self) -> int:
        """Readable when there are answers."""
        return self._facts.fd

    def container(self, cgroup_id: int, tgid: int) -> CgroupSeen | None:
        """The container of a cgroup, read from a process that is in it; None if that has gone."""
        process = procfs.process(tgid)
        return CgroupSeen(cgroup_id, process.container_id) if process else None

    def forget(self, live: set[int]) -> None:
        """Drops what is remembered of servers that aren't in `live`."""
        for tgid in [tgid for tgid in self._limits if tgid not in live]:
            del self._limits[tgid]
        self._postponed &= live
        self._adopted &= live | self._left_out

    def ignore(self, server_tgids: set[int]) -> None:
        """Reads nothing more of these."""
        for tgid in server_tgids - self._ignored:
            self._follower.ignore_server(tgid)
            if procfs.is_over(tgid):
                self._follower.unfollow(tgid)
        self._ignored = set(server_tgids)

    def close(self) -> None:
        """Leaves the workers to end by themselves, within their deadlines."""
        for workers in (self._workers, self._peer_worker, self._pane_workers):
            workers.shutdown(wait=False, cancel_futures=True)
        self._facts.close()

    def _seed(self, found: Iterable[ServerSeen]) -> list[Fact]:
        seen = list(found)
        self._adopted.update(server.pid for server in seen)
        facts: list[Fact] = []
        for server in seen:
            was_out = server.pid in self._left_out
            below = self.adopt(server.pid)
            if server.pid not in self._left_out:
                facts += [*below, server]
            elif not was_out:
                facts += below
        return facts

    def _leave_out(self, tgid: int) -> list[Fact]:
        """What the scope makes of a server: nothing if it is in."""
        reason = self._scope.excludes(tgid)
        if reason is None:
            self._left_out.discard(tgid)
            return []
        seen = procfs.process(tgid)
        if seen is None:
            return []
        self._left_out.add(tgid)
        self._follower.ignore_server(tgid)
        path = next(iter(servers.socket_paths(tgid)), None)
        return [ServerIgnored(tgid, seen.start_time_ns, path, reason)]

    def _pass(self, server_tgid: int, known: set[int]) -> list[Fact]:
        panes = {server_tgid: 0} if server_tgid not in known else {}
        stats = procfs.stats()
        for pid in procfs.descendants([server_tgid]) - known:
            server, child = _nearest(self._adopted, pid, stats)
            if server == server_tgid:
                panes[pid] = child
        known.update(panes)
        followed = (self._followed(pid, server_tgid, pane, stats) for pid, pane in panes.items())
        return [fact for fact in followed if fact is not None]

    def _followed(
        self, pid: int, server_tgid: int, pane: int, stats: dict[int, procfs.Stat]
    ) -> Followed | None:
        # Followed first, looked at after: were it over before (/proc shows zombies), the kernel
        # half would not notice, and would later take a stranger with this pid for it.
        self._follower.follow(pid, server_tgid, pane)
        seen = procfs.process(pid)
        is_it = seen and pid in stats and seen.start_time_ns == stats[pid].start_time_ns
        if seen is None or not is_it or procfs.is_over(pid):
            self._follower.unfollow(pid)
            return None
        return Followed(seen, server_tgid, pane)

    def _ask(self, tgid: int) -> None:
        asked_ns = boot_ns()
        try:
            fact = answer(tgid, asked_ns)
        except Exception as error:  # noqa: BLE001 - a door: a worker's error must not go unheard
            claims = ServerClaims(Verdict.UNREACHABLE, type(error).__name__)
            fact = ServerAsked(tgid, asked_ns, None, claims)
        self._facts.put(fact)

    def _ask_pane(self, pane: PaneToAsk) -> None:
        try:
            fact = captures.ask(pane)
        except Exception:  # noqa: BLE001 - a door: a worker's error must not leave it unanswered
            now = boot_ns()
            tgid, pane_pid = pane.server_tgid, pane.pane_pid
            fact = PaneAsked(tgid, pane_pid, now, now, Verdict.UNREACHABLE)
        self._facts.put(fact)

    def _look(self, key: ProcessKey) -> None:
        try:
            fact = logins.look(key, self._ignored)
        except Exception:  # noqa: BLE001 - a door: a worker's error must not leave it unanswered
            fact = PeerSeen(key, None, logins.UNKNOWN)
        self._facts.put(fact)


def answer(tgid: int, asked_ns: int) -> ServerAsked:
    """Asks a server what it is; waits for it, at most twice reply.DEADLINE_S."""
    paths = servers.socket_paths(tgid)
    claims = _NO_SOCKET
    if paths:
        claims = tmux.server_facts(paths[0], tgid)
        claimed = {client.pid for client in claims.clients}
        claims = verify(claims, procfs.descendants([tgid]), servers.connected(tgid, claimed))
    clients = _processes(client.pid for client in claims.clients)
    socket = paths[0] if paths else None
    return ServerAsked(tgid, asked_ns, socket, claims, clients, procfs.is_system_program(tgid))


class _Answers:
    """What threads found out, and a descriptor that is readable while there is any."""

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._lock = Lock()
        self._waiting: list[Fact] = []

    def put(self, fact: Fact) -> None:
        """Of any thread; of one that comes too late nothing is kept."""
        with self._lock:
            if self.fd >= 0:
                self._waiting.append(fact)
                os.eventfd_write(self.fd, 1)

    def take(self) -> list[Fact]:
        """All that wait."""
        if not self._waiting:
            return []
        with self._lock:
            found, self._waiting = self._waiting, []
            os.eventfd_read(self.fd)
        return found

    def close(self) -> None:
        """Nobody asks any more."""
        with self._lock:
            os.close(self.fd)
            self.fd = -1
            self._waiting.clear()


class _Limit:
    """A token bucket: a user who makes us ask can do so only so often."""

    def __init__(self, now_ns: int) -> None:
        self._tokens = float(_BURST)
        self._at_ns = now_ns

    def take(self, now_ns: int) -> bool:
        self._tokens = min(_BURST, self._tokens + (now_ns - self._at_ns) / _REFILL_NS)
        self._at_ns = now_ns
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def _nearest(server_tgids: Set[int], pid: int, stats: Mapping[int, procfs.Stat]) -> tuple[int, int]:
    """The first server above a process, and the child of it that the process descends from."""
    child = pid
    while (seen := stats.get(child)) is not None:
        above = procfs.above(seen, stats)
        if above in server_tgids:
            return above, child
        child = above
    return 0, 0


def _processes(pids: Iterable[int]) -> tuple[ProcSeen, ...]:
    found = (procfs.process(pid) for pid in pids)
    return tuple(process for process in found if process is not None)


def own_sessions() -> set[int]:
    """Sessions of ours, of all our ancestors, and on the terminals that we print to: a pane among
    them shows what we print."""
    stats = procfs.stats()
    found, pid = set[int](), os.getpid()
    while (seen := stats.get(pid)) is not None:
        found.add(seen.session)
        pid = seen.ppid
    terminals = {procfs.tty_of(fd) for fd in (1, 2) if os.isatty(fd)}
    found.update(seen.session for seen in stats.values() if seen.tty in terminals)
    return found - {0}
