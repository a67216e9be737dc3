"""Clients: what records and claims show of them, in every order, and how they end."""

from __future__ import annotations

import pytest

from tests.playbook import CLIENT_PTS, PTS, SERVER, at_ns, client_tty, exit_, key, peer, seen, who
from tracer.correlate.access import RECORD_NS, WAIT_NS, Access, Change
from tracer.correlate.people import People
from tracer.correlate.servers import Server
from tracer.model.context import Client, Origin, Place
from tracer.model.events import ClientTty, Exit, Peer, Tty
from tracer.model.facts import (
    ClientClaim,
    PeerSeen,
    ServerAsked,
    ServerClaims,
    SessionClaim,
    Verdict,
)
from tracer.model.findings import TmuxChanged
from tracer.model.hands import Hand

SOCKET = b"/tmp/tmux-1000/default"
WAIT_MS = WAIT_NS // 1_000_000
RECORD_MS = RECORD_NS // 1_000_000
ALICE = Hand(CLIENT_PTS, None)


class Scene:
    """One server, and the findings in the order in which they are told."""

    def __init__(self) -> None:
        self.server = Server(key(SERVER))
        self.people = People()
        self.access = Access(self.people, lambda _: self.server.place)
        self.waiting: list[Change | TmuxChanged] = []

    def play(self, *records: Peer | ClientTty | Exit) -> Scene:
        """Records in their order."""
        for record in records:
            match record:
                case Peer():
                    self.waiting += self.access.peer(record)
                case ClientTty():
                    self.waiting += self.access.terminal(record)
                case Exit():
                    self.waiting += self.access.exit(record)
        return self

    def claim(
        self, *clients: ClientClaim, ms: float, note: str | None = None, asked_ms: float = -1
    ) -> Scene:
        """The server says that these are attached, to sessions $0 "red" and $1 "blue"; /proc shows
        each on the client's terminal."""
        sessions = (SessionClaim("$0", "red"), SessionClaim("$1", "blue"))
        claims = ServerClaims(Verdict.OK, None, sessions, clients=clients)
        there = tuple(seen(client.pid)._replace(tty=CLIENT_PTS) for client in clients)
        asked_ns = at_ns(ms if asked_ms < 0 else asked_ms)
        answer = ServerAsked(SERVER, asked_ns, SOCKET, claims, there)
        self.server.take(answer, at_ns(ms))
        self.waiting += self.access.answer(self.server, answer, note, at_ns(ms))
        return self

    def told(self, ms: float = 10_000) -> list[TmuxChanged]:
        """What is told by then."""
        out = []
        while self.waiting:
            first = self.waiting[0]
            if isinstance(first, Change) and self.access.must_wait(first, at_ns(ms)):
                break
            del self.waiting[0]
            found = self.access.tell(first) if isinstance(first, Change) else first
            out += [found] if found else []
        return out

    def actions(self, ms: float = 10_000) -> list[str]:
        return [change.action.removeprefix("client-") for change in self.told(ms)]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def says(pid: int = 500, ms: float = 0, size: int = 32, tty: Tty | None = CLIENT_PTS) -> Peer:
    """A process on the client's terminal sends a message."""
    return peer(pid, size, ms, who_=who(pane=0)._replace(tty=tty))


def attached(scene: Scene) -> Scene:
    """Client 500 is attached since 1 ms and told, in session $0."""
    scene.play(says(ms=0), client_tty(ms=1)).claim(claim(), ms=2)
    assert scene.actions(ms=1 + WAIT_MS) == ["attached"]
    return scene


def claim(pid: int = 500, session: str = "$0", columns: int = 80, **how: bool) -> ClientClaim:
    return ClientClaim(pid, session, columns, 24, **({"verified": True} | how))


def test_a_client_attaches(scene: Scene) -> None:
    """Its process and user are the kernel's, its session is the server's word."""
    scene.play(says(ms=0), client_tty(ms=1)).claim(claim(is_read_only=True), ms=2)
    (change,) = scene.told()
    person = scene.people.person(key(500))
    assert person is not None and person.is_client
    assert change == TmuxChanged(
        at_ns(1),
        "client-attached",
        Place(key(SERVER), SOCKET, "$0", "red"),
        Client(500, 1000, CLIENT_PTS, 80, 24, True, True, False, person),
        None,
    )
    assert scene.people.person_of(ALICE, SERVER) == person


def test_the_message_may_come_after_the_terminal(scene: Scene) -> None:
    """The change waits for it, and it is one change."""
    scene.play(client_tty(ms=1))
    assert scene.told(ms=2) == []
    scene.play(says(ms=2))
    (change,) = scene.told(ms=1 + WAIT_MS)
    assert change.client is not None and change.client.pid == 500


def test_who_attached_may_be_known_by_the_claim_alone(scene: Scene) -> None:
    """The message was lost; /proc shows the process that is claimed on that terminal."""
    scene.play(client_tty(ms=1)).claim(claim(), ms=2)
    (change,) = scene.told()
    assert change.client is not None and change.client.pid == 500
    assert change.time_ns == at_ns(1)


def test_a_terminal_that_nobody_known_is_at(scene: Scene) -> None:
    """It is told, with the terminal, and nobody is named; when it is put back, that is the end."""
    scene.play(says(tty=PTS), client_tty(ms=1), client_tty(False, ms=900))
    attach, detach = scene.told()
    assert attach.client == detach.client == Client(None, None, CLIENT_PTS, 80, 24, True)
    assert (detach.action, detach.note) == ("client-detached", "terminal put back")


def test_an_attach_waits_for_its_session_and_origin(scene: Scene) -> None:
    """Whichever comes last, and no longer than it may."""
    scene.play(says(ms=0), client_tty(ms=1))
    assert scene.told(ms=WAIT_MS) == []
    scene.claim(claim(), ms=2)
    assert scene.told(ms=WAIT_MS) == []
    scene.people.learn(PeerSeen(key(500), None, Origin("console")))
    assert scene.actions(ms=2) == ["attached"]


def test_two_clients_on_one_server(scene: Scene) -> None:
    """Each has its own terminal."""
    other = Tty(136, 8)
    scene.play(says(500), says(501, tty=other), client_tty(ms=1), client_tty(ms=1, tty=other))
    assert [change.client.pid for change in scene.told() if change.client] == [500, 501]
    bob = scene.people.person_of(Hand(other, None), SERVER)
    assert bob is not None and bob.key == key(501)


def test_who_spoke_last_is_who_attached(scene: Scene) -> None:
    """`tmux wait-for &` and then `tmux attach`, from one shell."""
    scene.play(says(400), says(500), client_tty(ms=1), says(400, ms=2), client_tty(ms=3))
    (change,) = scene.told()
    assert change.client is not None and change.client.pid == 500


def test_a_command_of_the_same_terminal_is_no_client(scene: Scene) -> None:
    """`tmux list-sessions` before, which is over, doesn't attach, and doesn't detach either."""
    scene.play(says(400), says(400, size=0), exit_(400), client_tty(ms=1))
    (change,) = scene.told()
    assert change.client is not None and change.client.pid is None
    assert not scene.access.is_attached(400)


# ---- the end ----


def test_a_client_detaches(scene: Scene) -> None:
    """The terminal is put back, its process ends, its socket is closed: told once."""
    attached(scene).play(client_tty(False, ms=900), exit_(500, ms=901), says(ms=902, size=0))
    (change,) = scene.told()
    assert (change.action, change.time_ns) == ("client-detached", at_ns(901))
    assert (change.note, change.place.session_name) == ("terminal put back", "red")
    assert change.client is not None and change.client.person is not None
    assert scene.people.person_of(ALICE, SERVER) is None
    assert not scene.access.is_attached(500)


@pytest.mark.parametrize(
    ("status", "note"),
    [
        (9, "killed by SIGKILL"),
        (0x80 | 11, "killed by SIGSEGV"),
        (40, "killed by signal 40"),
        (1 << 8, "exit status 1"),
        (0, None),
    ],
)
def test_how_a_client_ended(scene: Scene, status: int, note: str | None) -> None:
    """As the kernel knows it; the terminal is put back afterwards, which tells nothing more."""
    attached(scene).play(exit_(500, status, ms=900), client_tty(False, ms=901))
    assert [(change.action, change.note) for change in scene.told()] == [("client-detached", note)]


def test_a_client_that_closes_its_socket_has_left(scene: Scene) -> None:
    """It lives on as another program (detach -E)."""
    attached(scene).play(says(ms=900, size=0), exit_(500, ms=1000))
    assert scene.actions() == ["detached"]


def test_a_client_that_is_found_gone(scene: Scene) -> None:
    """Its end was not recorded, and the kernel knows only its pid any more."""
    gone = peer(500, 0, 900, is_gone=True)
    gone = gone._replace(key=key(500)._replace(start_time_ns=0))
    attached(scene).play(gone)
    assert scene.actions() == ["detached"]
    assert scene.people.key(key(500)._replace(start_time_ns=0)) is None


def test_another_server_finds_it_gone(scene: Scene) -> None:
    """A client of this one also ran a command on that one."""
    attached(scene).play(says(ms=900, size=0)._replace(server_tgid=SERVER + 1))
    assert scene.actions() == []
    assert scene.access.is_attached(500)


def test_a_client_comes_back_on_the_same_terminal(scene: Scene) -> None:
    """Detached and attached at once: both, in order, and the last one sits there."""
    attached(scene).play(
        client_tty(False, ms=900),
        exit_(500, ms=901),
        says(501, ms=902),
        client_tty(ms=903),
        says(500, ms=904, size=0),
    )
    found = scene.told()
    assert [(change.action, change.client.pid) for change in found if change.client] == [
        ("client-detached", 500),
        ("client-attached", 501),
    ]
    person = scene.people.person_of(ALICE, SERVER)
    assert person is not None and person.key == key(501)


def test_all_are_detached_when_their_server_is_gone(scene: Scene) -> None:
    """Known or not."""
    attached(scene).play(client_tty(ms=900, tty=Tty(136, 9)))
    scene.waiting += scene.access.server_gone(SERVER + 1, at_ns(901))
    scene.waiting += scene.access.server_gone(SERVER, at_ns(902))
    found = scene.told()
    assert [change.action for change in found] == [
        "client-attached",
        "client-detached",
        "client-detached",
    ]
    assert {change.note for change in found[1:]} == {"server gone"}
    scene.play(exit_(500, 1 << 8, ms=903))
    assert scene.told() == []


def test_a_client_is_suspended_and_goes_on(scene: Scene) -> None:
    """Its terminal is put back while it stays connected; nobody sits there meanwhile."""
    attached(scene).play(client_tty(False, ms=900))
    assert scene.told(ms=899 + WAIT_MS) == []
    (change,) = scene.told(ms=900 + WAIT_MS)
    assert (change.action, change.time_ns) == ("client-suspended", at_ns(900))
    assert scene.people.person_of(ALICE, SERVER) is None
    scene.play(says(ms=2000), client_tty(ms=2001))
    assert scene.actions() == ["resumed"]
    assert scene.people.person_of(ALICE, SERVER) is not None


def test_a_short_suspension_is_one_too(scene: Scene) -> None:
    """It goes on before the wait is over: both are told at once."""
    attached(scene).play(client_tty(False, ms=900), says(ms=910), client_tty(ms=911))
    assert scene.actions(ms=912) == ["suspended", "resumed"]


def test_one_is_suspended_and_another_attaches_there(scene: Scene) -> None:
    """The first one is still attached, and goes on when the other one has left."""
    attached(scene).play(
        client_tty(False, ms=900),
        says(501, ms=2000),
        client_tty(ms=2001),
        client_tty(False, ms=3000),
        exit_(501, ms=3001),
        says(500, ms=4000),
        client_tty(ms=4001),
    )
    found = [(change.action, change.client.pid) for change in scene.told() if change.client]
    assert found == [
        ("client-suspended", 500),
        ("client-attached", 501),
        ("client-detached", 501),
        ("client-resumed", 500),
    ]
    person = scene.people.person_of(ALICE, SERVER)
    assert person is not None and person.key == key(500)


# ---- claims ----


def test_who_was_there_before_is_told_so(scene: Scene) -> None:
    """By the first answer; who sits where is known from then on."""
    scene.claim(claim(), ms=0, note="was there before")
    assert scene.people.person_of(ALICE, SERVER) is not None
    assert scene.told(ms=RECORD_MS - 1) == []
    (change,) = scene.told()
    assert (change.action, change.note) == ("client-attached", "was there before")
    assert change.client is not None and change.client.verified
    assert change.client.person == scene.people.person(key(500))
    scene.play(exit_(500, 9, ms=900))
    assert scene.actions() == ["detached"]


def test_an_answer_may_overtake_the_record(scene: Scene) -> None:
    """One attach, by the record."""
    scene.claim(claim(), ms=1).play(says(ms=0), client_tty(ms=0.5))
    assert [change.time_ns for change in scene.told()] == [at_ns(0.5)]


def test_who_was_there_before_can_be_suspended(scene: Scene) -> None:
    """It doesn't attach a second time."""
    scene.claim(claim(), ms=0)
    assert scene.actions() == ["attached"]
    scene.play(client_tty(False, ms=900))
    assert scene.actions() == ["suspended"]
    scene.play(says(ms=2000), client_tty(ms=2001))
    assert scene.actions() == ["resumed"]


def test_a_control_client_takes_no_terminal(scene: Scene) -> None:
    """It is told by the claim, with its process; keys of its terminal are not its."""
    scene.play(says(ms=0)).claim(claim(is_control=True), ms=1)
    (change,) = scene.told()
    assert change.client is not None and change.client.person is not None
    assert (change.client.is_control, change.client.person.is_client) == (True, False)
    assert scene.people.person_of(ALICE, SERVER) is None
    scene.play(says(ms=2, size=0))
    assert scene.actions() == ["detached"]


def test_who_attached_has_run_its_command(scene: Scene) -> None:
    """Nobody else is waited for when a client stays; a process that ends has run its own."""
    scene.play(says(500), client_tty(), says(501, tty=PTS), exit_(501, ms=2), says(500, ms=3))
    assert scene.access.commands.stayed(at_ns(1000)) == []
    assert scene.access.commands.done() == [(SERVER, at_ns(2))]


def test_a_claim_that_is_not_verified_makes_no_client(scene: Scene) -> None:
    """A server says that init is attached."""
    assert scene.claim(claim(1, verified=False), ms=0).told() == []
    assert not scene.access.is_attached(1)


def test_an_answer_that_is_older_than_the_end_brings_nobody_back(scene: Scene) -> None:
    """It was asked before the client left and came afterwards."""
    attached(scene).play(exit_(500, ms=900))
    scene.claim(claim(), ms=902, asked_ms=899)
    assert scene.actions() == ["detached"]
    assert not scene.access.is_attached(500)


def test_a_claimed_client_takes_nobodys_seat(scene: Scene) -> None:
    """A lying server says that another process is attached on a terminal that is taken."""
    attached(scene).claim(claim(), claim(501), ms=900)
    person = scene.people.person_of(ALICE, SERVER)
    assert person is not None and person.key == key(500)


def test_a_suspended_client_has_no_size(scene: Scene) -> None:
    """tmux says nothing of it then, and the last one holds."""
    unsized = claim()._replace(columns=None, rows=None)
    attached(scene).claim(unsized, ms=900).claim(claim(), ms=901)
    assert scene.told() == []


def test_a_client_changes_its_session_and_size(scene: Scene) -> None:
    """As two answers differ; what is the same is not told again."""
    attached(scene).claim(claim(), ms=900).claim(claim(session="$1"), ms=1000)
    scene.claim(claim(session="$1", columns=132), ms=1100)
    switched, resized = scene.told()
    assert (switched.action, switched.note) == ("client-session-changed", "was red")
    assert switched.place.session_name == "blue"
    assert (resized.action, resized.note) == ("client-resized", "was 80x24")
    assert resized.client is not None and resized.client.columns == 132
    scene.play(exit_(500, ms=1200))
    assert [change.place.session_name for change in scene.told()] == ["blue"]


def test_a_server_that_does_not_answer_changes_nobody(scene: Scene) -> None:
    """Its clients are the kernel's."""
    answer = ServerAsked(SERVER, at_ns(900), None, ServerClaims(Verdict.TIMEOUT, None))
    assert attached(scene).access.answer(scene.server, answer, None, at_ns(900)) == []
    assert scene.access.is_attached(500)
