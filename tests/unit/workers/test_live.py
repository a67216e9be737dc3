"""The live server: who may watch, what each is shown, and what it costs the others."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.patience import eventually
from tests.samples import ENDED, EXEC, NOW, OUTPUT, PLACE, PTS
from tests.unit.workers.conftest import Live, StartLive
from tracer.clock import boot_ns
from tracer.workers import live as module
from tracer.workers.live_client import Peer, Turn
from tracer.workers.live_window import Window

NOBODY = 65534
ELSEWHERE = EXEC._replace(place=PLACE._replace(session_id="$2", session_name="play"))
THEIRS = EXEC._replace(place=PLACE._replace(owner=NOBODY))
_ASK = """
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
try:
    client.sendall(sys.stdin.buffer.read())
except BrokenPipeError:
    pass
file = client.makefile()
for _ in range(int(sys.argv[2])):
    print(file.readline(), end="")
"""


class FakeClient:
    """One that always has more to do."""

    sees_all = True

    def __init__(self, is_behind: bool) -> None:
        self.is_behind = is_behind
        self.turns = 0

    def pump(self, _window: Window, _watched: object) -> Turn:
        self.turns += 1
        return Turn.BUSY


def said_to(uid: int, groups: list[int], live: Live, lines: int) -> list[dict]:
    """What another user's client is told."""
    kinds = ["exec", "text_output", "log"]
    chosen = {"session": "", "pane": "", "user": None, "kinds": kinds}
    done = subprocess.run(
        [sys.executable, "-c", _ASK, "live.sock", str(lines)],
        input=orjson.dumps({"filter": chosen, "since": {"sequence": 0}}) + b"\n",
        capture_output=True, user=uid, group=uid, extra_groups=groups, cwd=live.path.parent,
        check=True,
    )  # fmt: skip
    return [orjson.loads(line) for line in done.stdout.splitlines()]


def test_each_is_shown_what_it_asked_for(live: Live) -> None:
    """Two at once, with filters of their own; what is not sealed, nobody."""
    all_, play = live.watch(), live.watch(session="play", kinds=["exec"])
    first, second = live.log.add(EXEC, ELSEWHERE)
    (third,) = live.log.add(ENDED)
    (fourth,) = live.log.add(ELSEWHERE, sealed=False)
    assert all_.sequences(3) == [first, second, third]
    live.log.seal(NOW)
    assert all_.sequences(1) == [fourth]
    assert play.sequences(2) == [second, fourth]


def test_since_joins_the_stream(live: Live) -> None:
    """From a record or a moment on, and then what comes: each once."""
    wanted = [each for _ in range(300) for each in live.log.add(EXEC, ENDED)]
    client = live.watch({"sequence": wanted[100]})
    after = live.log.add(EXEC)
    assert client.sequences(501) == wanted[100:] + after
    assert live.watch({"time_ns": 0}).sequences(601) == wanted + after


def test_it_is_on_record_before_it_begins(live: Live) -> None:
    """The service hears who asked, and for what; until it answers, nothing is shown."""
    heard: list[dict] = []
    live.answer = heard.append  # type: ignore[assignment]
    client = live.connect().ask({"sequence": 3}, user=7)
    eventually(lambda: heard)
    live.log.add(EXEC)
    assert (heard[0]["pid"], heard[0]["uid"]) == (os.getpid(), os.getuid())
    assert heard[0]["connected_ns"] <= boot_ns()
    request = heard[0]["request"]
    assert (request["filter"]["user"], request["since"]) == (7, {"sequence": 3})
    client.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.socket.recv(1)


def test_who_can_not_be_put_on_record_is_shown_nothing(live: Live) -> None:
    """It is told why."""
    live.answer = lambda _asked: ["no room", None]
    client = live.connect().ask()
    assert client.line() == {"error": "no room"}
    assert client.line() is None


def test_those_who_catch_up_take_turns(start_live: StartLive) -> None:
    """A few at a time read the store, each as often as another; who is at the end goes first."""
    server = start_live(clients=40).server
    behind = [FakeClient(is_behind=True) for _ in range(10)]
    others = [FakeClient(is_behind=False) for _ in range(20)]
    server._window = Window(1 << 20, 0)
    server._busy = dict.fromkeys([*behind, *others])  # type: ignore[assignment,list-item]
    for _ in range(5):
        for each in server._next():
            server._pump(each)
    assert [each.turns for each in others] == [5] * 20
    assert [each.turns for each in behind] == [2] * 10


def test_many_that_begin_at_once_all_begin(start_live: StartLive) -> None:
    """Also where there are more than begin in a turn."""
    live = start_live(clients=20)
    live.answer = lambda _asked: None
    clients = [live.connect().ask({"sequence": 0}) for _ in range(10)]
    eventually(lambda: len(live.asked) == 10)
    for asked in live.asked:
        live.tell(asked, [None, None])
    assert all("hello" in client.line() for client in clients)


@pytest.mark.parametrize("error", [None, "no room"])
def test_an_answer_for_one_that_has_left_is_for_nobody(live: Live, error: str | None) -> None:
    """The others go on."""
    other = live.watch()
    live.answer = lambda _asked: None
    live.connect().ask().close()
    eventually(lambda: len(live.asked) == 2 and len(live.server._clients) == 1)
    live.tell(live.asked[1], [error, None])
    assert live.log.add(EXEC) == other.sequences(1)
    assert not live.server._waiting


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "unexpected"),
        (b"[]\n", "not a JSON object"),
        (b"{}\n", "a filter and since"),
        (b'{"filter":{},"since":null}\n', "session, pane, user and kinds"),
        (b"\xff\xfe\n", ""),
        (b"x" * 70_000, "at most 64 KiB"),
        (b"[" * 60_000 + b"\n", ""),
    ],
)
def test_what_is_no_request_is_refused_in_words(live: Live, request_: bytes, why: str) -> None:
    """And the others go on."""
    other = live.watch()
    client = live.connect()
    client.socket.sendall(request_)
    assert why in client.line()["error"]
    assert client.line() is None
    assert live.log.add(EXEC) == other.sequences(1)


def test_who_never_asks_is_not_waited_for(
    start_live: StartLive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a request is none."""
    monkeypatch.setattr(module, "_PATIENCE_NS", 50_000_000)
    monkeypatch.setattr(module, "_SWEEP_NS", 20_000_000)
    live = start_live()
    client = live.connect()
    client.socket.sendall(b'{"filter":')
    assert client.line() == {"error": "no request came"}


def test_there_are_so_many_and_no_more(start_live: StartLive) -> None:
    """The next is told so; when one goes, there is room again."""
    live = start_live(clients=2)
    first, _ = live.watch(), live.watch()
    assert "2 clients watch already" in live.connect().line()["error"]
    first.close()
    eventually(lambda: "error" not in live.connect().ask().line())


def test_one_user_does_not_take_all_places(start_live: StartLive) -> None:
    """Who isn't root may have a quarter of them."""
    server = start_live(clients=8).server
    member = Peer(1, NOBODY, frozenset({0}))
    server._users[NOBODY] = 1
    assert server._reason_against(member) is None
    server._users[NOBODY] = 2
    assert "a quarter of 8" in (server._reason_against(member) or "")
    assert server._reason_against(member._replace(uid=0)) is None


def test_one_that_does_not_read_holds_up_nobody(start_live: StartLive) -> None:
    """It gets what it had asked for before, a line for what was dropped, exactly there, and what
    came then; another one gets all."""
    live = start_live(behind_bytes=50_000)
    sleeper, other = live.watch(kinds=["exec", "log"]), live.watch(kinds=["exec"])
    wanted: list[int] = []
    for _ in range(20):
        wanted += live.log.add(*[EXEC] * 40)
        assert other.sequences(40) == wanted[-40:]
    got, line = [], sleeper.line()
    while "dropped" not in line:
        got.append(line["event"]["sequence"])
        line = sleeper.line()
    assert got == wanted[: len(got)]
    assert line["from"] - 1 - got[-1] in (0, 1)  # a seal is between
    assert line["dropped"] == line["to"] - line["from"] + 1
    end = live.log.size
    assert line["to"] == end - 1
    assert live.log.add(EXEC) == sleeper.sequences(1) == other.sequences(1)


def test_a_terminal_that_shows_it_is_not_shown(live: Live) -> None:
    """Else it would never end; that is told once. Others see it."""
    live.answer = lambda asked: [None, [136, 3] if len(live.asked) == 1 else None]
    shown, other = live.watch(), live.watch()
    (output,) = live.log.add(OUTPUT)
    (program,) = live.log.add(EXEC)
    elsewhere = live.log.add(OUTPUT._replace(tty=PTS._replace(minor=4)))
    assert shown.line() == {"hidden": {"major": 136, "minor": 3}}
    assert shown.sequences(2) == [program, *elsewhere]
    assert other.sequences(3) == [output, program, *elsewhere]
    live.log.add(OUTPUT)
    assert live.log.add(EXEC) == shown.sequences(1)


def test_a_stranger_hides_no_terminal(
    start_live: StartLive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From who sees all: what they do there is shown. From themselves, everybody's is hidden."""
    live = start_live(own_sessions=True)
    live.answer = lambda _asked: [None, [136, 2 + len(live.asked)]]
    monkeypatch.setattr(live.server, "_may_see_all", lambda _peer: len(live.asked) == 2)
    stranger, root = live.watch(), live.watch()
    output = OUTPUT._replace(place=PLACE._replace(owner=os.getuid()))
    live.log.add(output._replace(tty=PTS._replace(minor=4)))
    assert root.line() == stranger.line() == {"hidden": {"major": 136, "minor": 4}}
    assert live.log.add(output) == root.sequences(1)
    assert stranger.line() == {"hidden": {"major": 136, "minor": 3}}


def test_others_may_watch_what_is_theirs(start_live: StartLive) -> None:
    """If the settings say so, and only that; members of the group see all."""
    live = start_live(own_sessions=True)
    live.path.chmod(0o666)
    for place in (live.path.parent, *live.path.parent.parents):
        if place != Path("/tmp"):
            place.chmod(place.stat().st_mode | 0o011)
        else:
            break
    first, second = live.log.add(EXEC, THEIRS)
    live.log.log("read", NOW, command="x")
    gap = live.log.log("gap", NOW, reason="crash")
    said = said_to(NOBODY, [], live, 3)
    assert [line["event"]["sequence"] for line in said[1:]] == [second, gap]
    said = said_to(NOBODY, [0], live, 3)
    assert [line["event"]["sequence"] for line in said[1:]] == [first, second]


def test_strangers_are_refused_in_words(live: Live) -> None:
    """Where the socket lets them come at all."""
    live.path.chmod(0o666)
    for place in live.path.parents[:3]:
        place.chmod(place.stat().st_mode | 0o011)
    (said,) = said_to(NOBODY, [], live, 1)
    assert "only root and members of the group" in said["error"]


def test_a_log_that_lost_its_end_goes_on(live: Live) -> None:
    """What came before the loss is not shown again, what follows is."""
    client = live.watch()
    first = live.log.add(EXEC)
    assert client.sequences(1) == first
    path = next((live.log.path / "log").iterdir())
    kept = path.read_bytes()
    with path.open("ab") as file:
        file.write(b"".join(line + b"\n" for line in live.log.lines[-2:]))
    assert len(client.sequences(1)) == 1
    assert kept
    live.log.segment(NOW)
    segment = live.log.size - 1
    live.log.seal(NOW)
    after = live.log.add(EXEC)
    assert client.sequences(1) == after
    assert segment < after[0]


def test_descriptors_are_for_so_many_clients() -> None:
    """A socket and a file each."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert module._room_for(10) == 10
    assert module._room_for(1 << 40) == (most - 64) // 2
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == most


def test_passed_descriptors_are_not_kept(live: Live) -> None:
    """A client can't fill our table with its own."""
    before = _descriptors()
    client = live.connect()
    for _ in range(50):
        socket.send_fds(client.socket, [b"{"], [0] * 10)
    client.socket.sendall(b"\n")
    assert "error" in client.line()
    assert _descriptors() <= before + 3


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
