"""The tmux servers: what the kernel knows of them, and what they claim.

Invariant: a server exists because of what it does; its answers only name things. A pane is the
kernel's when its first process descends from the server, whatever the server says.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.model.context import Client, Place
from tracer.model.events import ProcessKey
from tracer.model.facts import PaneClaim, ServerAsked, ServerClaims, Verdict
from tracer.model.findings import TmuxChanged

_NOTHING: Final = ServerClaims(Verdict.OK, None)


class Ask(NamedTuple):
    """Wanted: what this server says of itself now."""

    server: ProcessKey


class Server:
    """One server and its last answer."""

    def __init__(self, key: ProcessKey) -> None:
        self.key = key
        self.socket: bytes | None = None
        self.asked_ns: int | None = None
        self._claims = _NOTHING
        self._verdict = self._told = Verdict.OK
        self._panes: dict[int, Place] = {}
        self._sessions: dict[str, str] = {}
        self._clients: dict[int, tuple[str, Client]] = {}

    @property
    def place(self) -> Place:
        """The server as a whole."""
        return Place(self.key, self.socket)

    def place_of(self, pane_tgid: int | None) -> Place:
        """Where the child of the server with that pid runs, named as far as tmux told."""
        pane = self._panes.get(pane_tgid or 0)
        return pane or Place(self.key, self.socket, pane_pid=pane_tgid or None)

    def names_pane(self, pane_tgid: int) -> bool:
        """Whether the last answer has a pane with that first process."""
        return pane_tgid in self._panes

    def take(self, asked: ServerAsked, time_ns: int) -> list[TmuxChanged]:
        """Takes an answer; returns what it tells to have changed.

        A server that didn't answer keeps the names that it told before.
        """
        self.asked_ns = asked.asked_ns
        verdict, self._verdict = self._verdict, asked.claims.verdict
        if asked.claims.verdict is not Verdict.OK:
            return self._unverified(asked.claims, verdict, time_ns)
        return self._take_claims(asked, time_ns)

    def _take_claims(self, asked: ServerAsked, time_ns: int) -> list[TmuxChanged]:
        sessions, clients = self._sessions, self._clients
        places = self._places(self._claims)
        self._claims, self.socket = asked.claims, asked.socket
        self._told = Verdict.OK
        self._sessions = {s.session_id: s.name for s in asked.claims.sessions}
        panes = reversed(asked.claims.panes)
        self._panes = {pane.pid: self._pane_place(pane) for pane in panes if pane.pid}
        self._clients = _clients(asked)
        return [
            *self._session_changes(sessions, time_ns),
            *self._pane_changes(places, time_ns),
            *self._client_changes(clients, sessions, time_ns),
        ]

    def gone(self, time_ns: int) -> list[TmuxChanged]:
        """The process is over, and all it showed with it."""
        closed = self.take(ServerAsked(self.key.tgid, time_ns, self.socket, _NOTHING), time_ns)
        return [*closed, TmuxChanged(time_ns, "server-gone", self.place, None, None)]

    def _pane_place(self, pane: PaneClaim) -> Place:
        return Place(
            self.key,
            self.socket,
            pane.session_id,
            self._sessions.get(pane.session_id),
            pane.window_id,
            pane.window_index,
            pane.window_name,
            pane.pane_id,
            pane.pid,
            pane.verified,
        )

    def _session_place(self, session_id: str, name: str | None) -> Place:
        return Place(self.key, self.socket, session_id, name)

    def _places(self, claims: ServerClaims) -> dict[str, Place]:
        return {pane.pane_id: self._pane_place(pane) for pane in claims.panes}

    def _session_changes(self, before: dict[str, str], now: int) -> list[TmuxChanged]:
        out = []
        for session_id, name in self._sessions.items():
            place = self._session_place(session_id, name)
            if session_id not in before:
                out.append(TmuxChanged(now, "session-created", place, None, None))
            elif before[session_id] != name:
                note = f"was {before[session_id]}"
                out.append(TmuxChanged(now, "session-renamed", place, None, note))
        for session_id, name in before.items():
            if session_id not in self._sessions:
                place = self._session_place(session_id, name)
                out.append(TmuxChanged(now, "session-closed", place, None, None))
        return out

    def _pane_changes(self, before: dict[str, Place], now: int) -> list[TmuxChanged]:
        after = self._places(self._claims)
        opened = [after[pane] for pane in after if pane not in before]
        closed = [before[pane] for pane in before if pane not in after]
        return [
            *(TmuxChanged(now, "pane-opened", place, None, None) for place in opened),
            *(TmuxChanged(now, "pane-closed", place, None, None) for place in closed),
        ]

    def _client_changes(
        self, before: dict[int, tuple[str, Client]], sessions: dict[str, str], now: int
    ) -> list[TmuxChanged]:
        out = []
        for pid, (session_id, client) in self._clients.items():
            place = self._session_place(session_id, self._sessions.get(session_id))
            if pid not in before:
                out.append(TmuxChanged(now, "client-attached", place, client, None))
            elif before[pid][0] != session_id:
                out.append(TmuxChanged(now, "client-session-changed", place, client, None))
        for pid, (session_id, client) in before.items():
            if pid not in self._clients:
                place = self._session_place(session_id, sessions.get(session_id))
                out.append(TmuxChanged(now, "client-detached", place, client, None))
        return out

    def _unverified(self, claims: ServerClaims, before: Verdict, now: int) -> list[TmuxChanged]:
        # A server that is about to end is unreachable first, so that is told when it stays so.
        if claims.verdict is Verdict.UNREACHABLE and before is not Verdict.UNREACHABLE:
            return []
        if claims.verdict is self._told:
            return []
        self._told = claims.verdict
        note = ": ".join(filter(None, (str(claims.verdict), claims.message)))
        return [TmuxChanged(now, "server-unverified", self.place, None, note)]


def _clients(asked: ServerAsked) -> dict[int, tuple[str, Client]]:
    seen = {process.tgid: process for process in asked.clients}
    found = {}
    for claim in asked.claims.clients:
        process = seen.get(claim.pid)
        uid, tty = (process.uid, process.tty) if process else (None, None)
        client = Client(claim.pid, uid, tty, claim.columns, claim.rows, claim.verified)
        found[claim.pid] = (claim.session_id, client)
    return found
