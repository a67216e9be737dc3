"""tracer.cli.who"""

from __future__ import annotations

import os
import time

import orjson
import pytest
from typer.testing import CliRunner

from tests import samples
from tests.escape_vectors import VECTORS
from tracer.cli import who
from tracer.cli.main import app
from tracer.errors import NotRoot
from tracer.model.context import Client, Origin, Place
from tracer.model.events import ProcessKey
from tracer.model.facts import ServerAsked, ServerClaims, ServerSeen, SessionClaim, Verdict
from tracer.observe.present import Present

SERVER = ServerSeen(900, 100 * samples.SECOND, 1000, b"/usr/bin/tmux", b"/tmp/tmux-1000/x", ())
KEY = ProcessKey(SERVER.pid, SERVER.start_time_ns)
WORK, PLAY = SessionClaim("$1", "work"), SessionClaim("$2", "play at home")
AT_WORK = Place(KEY, SERVER.socket_path, "$1", "work")
NOWHERE = Place(KEY, SERVER.socket_path)


@pytest.fixture(autouse=True)
def utc(monkeypatch):
    """Times are local ones; here that is UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def present(
    *clients: tuple[Place, Client], sessions=(WORK, PLAY), verdict=Verdict.OK, server=SERVER
) -> Present:
    claims = ServerClaims(verdict, None, tuple(sessions))
    return Present(server, ServerAsked(900, 0, SERVER.socket_path, claims), clients)


def lines(*found: Present) -> list[str]:
    return list(who.lines(found, samples.names, samples.FixedClock()))


def row(client: Client) -> str:
    """The only client's line, its gaps closed."""
    return " ".join(lines(present((AT_WORK, client), sessions=[WORK]))[2].split())


def came(origin: Origin) -> str:
    """How a client's way is shown."""
    person = samples.BOB._replace(origin=origin)
    return row(samples.ATTACHED._replace(person=person)).partition(" pts/")[0].partition(" ")[2]


def test_a_server_is_a_table_of_its_sessions_and_people():
    """Columns stand under their headings; a session that nobody shows is there too."""
    assert lines(present((AT_WORK, samples.ATTACHED))) == [
        "server 900 alice /tmp/tmux-1000/x",
        "  SESSION              WHO             FROM                TERMINAL  SIZE   SINCE",
        "  work ($1)            alice@10.0.0.7  ssh 10.0.0.7:50022  pts/7     80x24  "
        "2026-11-20 00:05:00  read-only",
        "  'play at home' ($2)  -               -                   -         -      -",
    ]


@pytest.mark.parametrize(
    ("origin", "shown"),
    [
        (Origin("ssh", "10.0.0.7", 22022), "bob@10.0.0.7 ssh 10.0.0.7:22022"),
        (Origin("ssh", "2001:db8::7", 22), "bob@2001:db8::7 ssh [2001:db8::7]:22"),
        (Origin("console"), "bob@pts/8 console"),
        (Origin("tmux", server_pid=901), "bob@pts/8 tmux 901"),
        (
            Origin("local", via=(("sudo", 1000), ("su", 0))),
            "bob@pts/8 local via sudo by alice via su by root",
        ),
        (Origin("unknown", via=(("su", None),)), "bob@pts/8 unknown via su by ?"),
    ],
)
def test_how_somebody_came_is_shown(origin, shown):
    """Kind, the other end, and who called what on the way."""
    assert f"($1) {came(origin)}".endswith(f") {shown}")


def test_who_logged_in_stands_before_who_they_are_now():
    """As in live."""
    person = samples.ALICE._replace(uid=0)
    assert "alice@10.0.0.7→root" in row(samples.ATTACHED._replace(person=person))


def test_what_only_tmux_says_is_unverified():
    """No person, no way, no time; control mode may have no size."""
    client = Client(77, 1000, None, None, None, False, False, True)
    assert row(client) == "work ($1) alice ? pid 77 - ? control mode, unverified"


def test_who_is_connected_and_no_client_says_so():
    """In no session."""
    client = Client(80, None, None, None, None, True, person=samples.STRANGER)
    (line,) = lines(present((NOWHERE, client), sessions=[]))[2:]
    assert line.split()[0] == "-"
    assert line.endswith("connected, and no client by what tmux says")


def test_a_server_that_is_not_believed_is_there():
    """With the reason."""
    found = lines(present(verdict=Verdict.HOSTILE, sessions=[]))
    assert found[1] == "  its answer is not believed: hostile"


def test_servers_are_apart():
    """By an empty line."""
    assert lines(present(sessions=[]), present(sessions=[])).count("") == 1


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_nothing_hostile_is_printed(vector):
    """Wherever somebody else can fill in something."""
    name = vector.decode("utf-8", "surrogateescape")
    place = Place(KEY, vector, name, name)
    origin = Origin(name, name, 1, None, ((name, 0),))
    client = samples.ATTACHED._replace(person=samples.BOB._replace(origin=origin))
    server = SERVER._replace(socket_path=vector)
    found = lines(present((place, client), sessions=[SessionClaim(name, name)], server=server))
    assert all(line.isprintable() for line in found)


def test_json_is_one_state_for_each_client(monkeypatch, capsys):
    """In the fields of an event, with when the client began."""
    connected = Client(80, 0, None, None, None, True, person=samples.BOB._replace(is_client=False))
    found = [present((AT_WORK, samples.ATTACHED), (NOWHERE, connected)), present()]
    monkeypatch.setattr(who, "everyone", lambda: found)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    who.who(as_json=True)
    states = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [state["event"]["action"] for state in states] == ["client-attached", "client-connected"]
    assert {state["event"]["kind"] for state in states} == {"state"}
    assert "start" in states[0]["event"]
    assert states[0]["tmux"]["session"] == {"id": "$1", "name": "work"}
    assert states[0]["tmux"]["client"]["source"] == {"ip": "10.0.0.7", "port": 50022}


def test_it_needs_root(monkeypatch):
    """As a sentence, like the other commands."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    result = CliRunner().invoke(app, ["who"])
    assert isinstance(result.exception, NotRoot)
