"""The tmux servers: what the kernel knows of them, and what they claim.

Invariant: a server exists because of what it does; its answers only name things. A pane is the
kernel's when its first process descends from the server, whatever the server says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar

from tracer.model.context import Place
from tracer.model.events import ProcessKey
from tracer.model.facts import ServerAsked, ServerClaims, Verdict
from tracer.model.findings import Lost, TmuxChanged

POSTPONED_NS: Final = 100_000_000
"""A question that is asked so long after its reason has waited for others."""
_Id = TypeVar("_Id", str, tuple[str, str])


class Ask(NamedTuple):
    """Wanted: what this server says of itself now."""

    server: ProcessKey


class Server:
    """One server, of the user `owner`, and its last answer. `was_there`: before tracing began."""

    def __init__(self, key: ProcessKey, was_there: bool = False, owner: int | None = None) -> None:
        self.key = key
        self._owner = owner
        self._was_there = was_there
        self._is_answered = False
        self.socket: bytes | None = None
        self.asked_ns: int | None = None
        self._verdict = self._told = Verdict.OK
        self._panes: dict[int, Place] = {}
        self._shown = _Shown({}, {}, {})
        self._commands_ns: list[int] = []
        self._is_late = False

    @property
    def place(self) -> Place:
        """The server as a whole."""
        return Place(self.key, self.socket, owner=self._owner)

    @property
    def news(self) -> str | None:
        """What to note on what the next answer shows."""
        return "was there before" if self._was_there and not self._is_answered else None

    def place_of(self, pane_tgid: int | None) -> Place:
        """Where the child of the server with that pid runs, named as far as tmux told."""
        pane = self._panes.get(pane_tgid or 0)
        return pane or self.place._replace(pane_pid=pane_tgid or None)

    @property
    def panes(self) -> list[Place]:
        """Those that the last answer has."""
        return list(self._shown.panes.values())

    def session_place(self, session_id: str) -> Place:
        """A session, with its name if the last answer has it."""
        return self._shown.sessions.get(session_id) or self.place._replace(session_id=session_id)

    def command_done(self, time_ns: int) -> None:
        """Somebody had it run a command, which may have changed what it shows."""
        self._commands_ns.append(time_ns)

    def take(self, asked: ServerAsked, time_ns: int) -> list[TmuxChanged | Lost]:
        """Takes an answer; returns what it tells to have changed.

        A server that didn't answer keeps the names that it told before.
        """
        note = self.news
        self.asked_ns = asked.asked_ns
        verdict, self._verdict = self._verdict, asked.claims.verdict
        if asked.claims.verdict is not Verdict.OK:
            return [*self._unverified(asked.claims, verdict, time_ns)]
        self._told = Verdict.OK
        self._is_answered = True
        self.socket = asked.socket
        before, self._shown = self._shown, _Shown.of(asked, self.place)
        panes = reversed(asked.claims.panes)
        self._panes = {pane.pid: self._shown.panes[pane.pane_id] for pane in panes if pane.pid}
        return [*self._unseen(asked.asked_ns), *_changes(before, self._shown, note, time_ns)]

    def gone(self, time_ns: int) -> list[TmuxChanged]:
        """The process is over, and all it showed with it."""
        closed = _changes(self._shown, _Shown({}, {}, {}), None, time_ns)
        return [*closed, TmuxChanged(time_ns, "server-gone", self.place, None, None)]

    def _unseen(self, asked_ns: int) -> list[Lost]:
        # Of several commands, the answer shows only what they led to together. That is told where
        # the question had to wait; within one moment nobody looks between two commands.
        done = [time_ns for time_ns in self._commands_ns if time_ns <= asked_ns]
        self._commands_ns = self._commands_ns[len(done) :]
        was_late = self._is_late
        self._is_late = len(done) > 1 and asked_ns - done[0] >= POSTPONED_NS
        if was_late or not self._is_late:
            return []  # once, until a question is in time again
        reason = "asked too often"
        return [Lost(asked_ns, "tmux-changed", reason, None, None, self.place, None, None)]

    def _unverified(self, claims: ServerClaims, before: Verdict, now: int) -> list[TmuxChanged]:
        # A server that is about to end is unreachable first, so that is told when it stays so.
        if claims.verdict is Verdict.UNREACHABLE and before is not Verdict.UNREACHABLE:
            return []
        if claims.verdict is self._told:
            return []
        self._told = claims.verdict
        note = ": ".join(filter(None, (str(claims.verdict), claims.message)))
        return [TmuxChanged(now, "server-unverified", self.place, None, note)]


class _Shown(NamedTuple):
    """What an answer shows: sessions by id, windows by session and id, panes by id."""

    sessions: dict[str, Place]
    windows: dict[tuple[str, str], Place]
    panes: dict[str, Place]

    @staticmethod
    def of(asked: ServerAsked, server: Place) -> _Shown:
        """A pane that several sessions show stands in the first of them."""
        sessions = {
            claim.session_id: server._replace(session_id=claim.session_id, session_name=claim.name)
            for claim in asked.claims.sessions
        }
        shown = _Shown(sessions, {}, {})
        for pane in asked.claims.panes:
            session = sessions.get(pane.session_id)
            session = session or server._replace(session_id=pane.session_id)
            window = session._replace(
                window_id=pane.window_id,
                window_index=pane.window_index,
                window_name=pane.window_name,
            )
            place = window._replace(pane_id=pane.pane_id, pane_pid=pane.pid, verified=pane.verified)
            shown.windows.setdefault((pane.session_id, pane.window_id), window)
            shown.panes.setdefault(pane.pane_id, place)
        return shown


def _changes(before: _Shown, after: _Shown, note: str | None, now: int) -> list[TmuxChanged]:
    """What two answers differ in: what went, from the inside, then what came; `note` on that."""

    def tell(action: str, places: Iterable[Place], note: str | None = None) -> list[TmuxChanged]:
        return [TmuxChanged(now, action, place, None, note) for place in places]

    return [
        *tell("pane-closed", _only(before.panes, after.panes)),
        *tell("window-unlinked", _only(before.windows, after.windows)),
        *tell("session-closed", _only(before.sessions, after.sessions)),
        *_renamed(before, after, now),
        *tell("session-created", _only(after.sessions, before.sessions), note),
        *tell("window-linked", _only(after.windows, before.windows), note),
        *tell("pane-opened", _only(after.panes, before.panes), note),
    ]


def _only(places: dict[_Id, Place], others: dict[_Id, Place]) -> list[Place]:
    return [place for id_, place in places.items() if id_ not in others]


def _renamed(before: _Shown, after: _Shown, now: int) -> list[TmuxChanged]:
    out = []
    for id_, place in after.sessions.items():
        was = before.sessions.get(id_)
        if was is not None and was.session_name != place.session_name:
            note = f"was {was.session_name}"
            out.append(TmuxChanged(now, "session-renamed", place, None, note))
    names = {place.window_id: place.window_name for place in before.windows.values()}
    # A window that several sessions show has one name.
    windows = {place.window_id: place for place in reversed(after.windows.values())}
    for window_id, place in windows.items():
        was_name = names.get(window_id, place.window_name)
        if was_name != place.window_name:
            out.append(TmuxChanged(now, "window-renamed", place, None, f"was {was_name}"))
    return out
