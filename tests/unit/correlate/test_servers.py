"""One server: what its answers change, and what they can't."""

from __future__ import annotations

from tests.playbook import PANE, PTS, SERVER, asked, at_ns, key, pane_claim, seen
from tracer.correlate.servers import Server
from tracer.model.context import Client, Place
from tracer.model.facts import ClientClaim, ServerAsked, ServerClaims, SessionClaim, Verdict
from tracer.model.findings import TmuxChanged

SOCKET = b"/tmp/tmux-1000/default"


def actions(changes: list[TmuxChanged]) -> list[str]:
    return [change.action for change in changes]


def verdict(verdict_: Verdict, message: str | None = None) -> ServerAsked:
    return ServerAsked(SERVER, 0, None, ServerClaims(verdict_, message))


def with_clients(*clients: ClientClaim, sessions: int = 1) -> ServerAsked:
    names = tuple(SessionClaim(f"${n}", f"s{n}") for n in range(sessions))
    claims = ServerClaims(Verdict.OK, None, names, clients=clients)
    return ServerAsked(SERVER, 0, SOCKET, claims, (seen(501),))


def test_a_pane_has_no_name_before_the_first_answer() -> None:
    """The kernel's own facts are there at once."""
    place = Server(key(SERVER)).place_of(PANE)
    assert place == Place(key(SERVER), None, pane_pid=PANE)


def test_an_answer_names_a_pane() -> None:
    """Session, window and pane, found by the pid of the pane's first process."""
    server = Server(key(SERVER))
    server.take(asked(pane_claim()), at_ns(0))
    assert server.place_of(PANE) == Place(
        key(SERVER), SOCKET, "$0", "work", "@0", 0, "shell", "%0", PANE, True
    )
    assert server.place_of(999).pane_id is None
    assert server.place_of(None) == Place(key(SERVER), SOCKET)
    assert server.names_pane(PANE) and not server.names_pane(999)


def test_an_unverified_claim_stays_marked() -> None:
    """A pane that the kernel doesn't know of has a name that isn't verified."""
    server = Server(key(SERVER))
    server.take(asked(pane_claim()._replace(verified=False)), at_ns(0))
    assert not server.place_of(PANE).verified


def test_a_window_in_two_sessions_is_one_pane() -> None:
    """The first session that tmux lists names it."""
    server = Server(key(SERVER))
    server.take(asked(pane_claim(), pane_claim()._replace(session_id="$9")), at_ns(0))
    assert server.place_of(PANE).session_id == "$0"


def test_what_appears_is_told_once() -> None:
    """The same answer again changes nothing."""
    server = Server(key(SERVER))
    first = server.take(asked(pane_claim()), at_ns(0))
    assert actions(first) == ["session-created", "pane-opened"]
    assert first[1].place.pane_id == "%0"
    assert server.take(asked(pane_claim()), at_ns(1)) == []


def test_a_renamed_session() -> None:
    """With the name that it had, and from then on by its new one."""
    server = Server(key(SERVER))
    server.take(asked(pane_claim()), at_ns(0))
    (change,) = server.take(asked(pane_claim(), session="prod"), at_ns(1))
    assert (change.action, change.note) == ("session-renamed", "was work")
    assert server.place_of(PANE).session_name == "prod"


def test_what_goes_is_told_with_the_name_that_it_had() -> None:
    """A pane and then its session."""
    server = Server(key(SERVER))
    server.take(asked(pane_claim(), pane_claim(201, "%1")), at_ns(0))
    (closed,) = server.take(asked(pane_claim()), at_ns(1))
    assert (closed.action, closed.place.pane_id, closed.place.session_name) == (
        "pane-closed",
        "%1",
        "work",
    )
    empty = ServerAsked(SERVER, 0, SOCKET, ServerClaims(Verdict.OK, None))
    assert actions(server.take(empty, at_ns(2))) == ["session-closed", "pane-closed"]


def test_clients_come_change_session_and_go() -> None:
    """Uid and terminal of a client are the kernel's, its size is tmux's."""
    server = Server(key(SERVER))
    claim = ClientClaim(501, "$0", 80, 24, True)
    changes = server.take(with_clients(claim), at_ns(0))
    assert changes[-1].client == Client(501, 1000, PTS, 80, 24, True)
    moved = server.take(with_clients(claim._replace(session_id="$1"), sessions=2), at_ns(1))
    assert actions(moved) == ["session-created", "client-session-changed"]
    assert actions(server.take(with_clients(sessions=2), at_ns(2))) == ["client-detached"]


def test_a_client_that_is_gone_has_no_uid() -> None:
    """It attached and left before /proc was read."""
    changes = Server(key(SERVER)).take(with_clients(ClientClaim(502, "$0", None, None)), at_ns(0))
    assert changes[-1].client == Client(502, None, None, None, None, False)


def test_a_server_that_does_not_answer_keeps_its_names() -> None:
    """A user who stops his server can't erase what panes were called."""
    server = Server(key(SERVER))
    server.take(asked(pane_claim()), at_ns(0))
    changes = server.take(verdict(Verdict.HOSTILE, "wants a shell"), at_ns(1))
    assert [(change.action, change.note) for change in changes] == [
        ("server-unverified", "hostile: wants a shell")
    ]
    assert server.place_of(PANE).pane_id == "%0"
    assert server.take(verdict(Verdict.HOSTILE, "wants a shell"), at_ns(2)) == []
    server.take(asked(pane_claim()), at_ns(3))
    assert actions(server.take(verdict(Verdict.TIMEOUT), at_ns(4))) == ["server-unverified"]


def test_unreachable_is_told_when_it_stays_so() -> None:
    """A server that is about to end is unreachable first."""
    server = Server(key(SERVER))
    server.take(asked(pane_claim()), at_ns(0))
    assert server.take(verdict(Verdict.UNREACHABLE), at_ns(1)) == []
    assert actions(server.take(verdict(Verdict.UNREACHABLE), at_ns(2))) == ["server-unverified"]


def test_a_server_that_ends_closes_everything() -> None:
    """Its panes, its sessions, its clients, then itself."""
    server = Server(key(SERVER))
    server.take(asked(pane_claim()), at_ns(0))
    assert actions(server.gone(at_ns(1))) == ["session-closed", "pane-closed", "server-gone"]
