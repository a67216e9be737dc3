"""One server: what its answers change, and what they can't."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.playbook import (
    PANE,
    SERVER,
    asked,
    at_ns,
    exec_,
    exit_,
    followed,
    key,
    output,
    pane_claim,
    server_found,
)
from tracer.correlate.servers import Server
from tracer.correlate.stage import Correlator
from tracer.model.context import Place
from tracer.model.facts import ServerAsked, ServerClaims, ServerIgnored, ServerSeen, Verdict
from tracer.model.findings import Lost, TmuxChanged

SOCKET = b"/tmp/tmux-1000/default"


def actions(changes: Sequence[TmuxChanged | Lost]) -> list[str]:
    return [change.action for change in changes if isinstance(change, TmuxChanged)]


def verdict(verdict_: Verdict, message: str | None = None) -> ServerAsked:
    return ServerAsked(SERVER, 0, None, ServerClaims(verdict_, message))


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
    assert actions(first) == ["session-created", "window-linked", "pane-opened"]
    assert first[2].place.pane_id == "%0"
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
    assert actions(server.take(empty, at_ns(2))) == [
        "pane-closed",
        "window-unlinked",
        "session-closed",
    ]


def test_windows_are_linked_renamed_and_unlinked() -> None:
    """A window that two sessions show is linked to each, and renamed once."""
    server = Server(key(SERVER))
    one = pane_claim()
    two = one._replace(session_id="$9")
    server.take(asked(one), at_ns(0))
    (linked,) = server.take(asked(one, two), at_ns(1))
    assert (linked.action, linked.place.session_id, linked.place.window_id) == (
        "window-linked",
        "$9",
        "@0",
    )
    assert linked.place.pane_id is None
    renamed = [claim._replace(window_name="editor") for claim in (one, two)]
    (change,) = server.take(asked(*renamed), at_ns(2))
    assert (change.action, change.note) == ("window-renamed", "was shell")
    assert (change.place.window_name, change.place.session_id) == ("editor", "$0")
    (unlinked,) = server.take(asked(renamed[0]), at_ns(3))
    assert (unlinked.action, unlinked.place.session_id) == ("window-unlinked", "$9")


def test_what_a_server_showed_before_tracing_is_noted_so() -> None:
    """On all that the first answer shows, and on nothing later; one that says nothing isn't it."""
    server = Server(key(SERVER), was_there=True)
    server.take(verdict(Verdict.TIMEOUT), at_ns(0))
    first = server.take(asked(pane_claim()), at_ns(1))
    assert {change.note for change in first} == {"was there before"}
    later = server.take(asked(pane_claim(), pane_claim(201, "%1")), at_ns(2))
    assert [(change.action, change.note) for change in later] == [("pane-opened", None)]


@pytest.mark.parametrize(
    ("done_ms", "asked_ms", "is_lost"),
    [
        ([0, 90], 120, True),  # the question waited, and there was one more command
        ([0, 90], 95, False),  # asked at once
        ([0], 500, False),  # only one command: nothing in between
        ([0, 501], 500, False),  # the second came later
    ],
)
def test_what_a_late_question_may_not_show_is_lost(
    done_ms: list[int], asked_ms: int, is_lost: bool
) -> None:
    """Several commands before one question that had to wait."""
    server = Server(key(SERVER))
    server.take(asked(pane_claim()), at_ns(0))
    for ms in done_ms:
        server.command_done(at_ns(ms))
    found = server.take(asked(pane_claim(), ms=asked_ms), at_ns(asked_ms))
    place = Place(key(SERVER), SOCKET)
    lost = Lost(at_ns(asked_ms), "tmux-changed", "asked too often", None, None, place, None, None)
    assert found == ([lost] if is_lost else [])
    assert server.take(asked(pane_claim(), ms=900), at_ns(900)) == []


def test_late_questions_in_a_row_are_one_loss() -> None:
    """Until one is in time again."""
    server = Server(key(SERVER))
    server.take(asked(pane_claim()), at_ns(0))
    losses = []
    for ms in (0, 1000, 2000, 2500, 3000):
        for after in (0, 1):
            server.command_done(at_ns(ms + after))
        late = ms + (10 if ms == 2500 else 500)
        losses.append(len(server.take(asked(pane_claim(), ms=late), at_ns(late))))
    assert losses == [1, 0, 0, 0, 1]


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
    """Its panes, windows and sessions, then itself."""
    server = Server(key(SERVER))
    server.take(asked(pane_claim()), at_ns(0))
    assert actions(server.gone(at_ns(1))) == [
        "pane-closed",
        "window-unlinked",
        "session-closed",
        "server-gone",
    ]


# ---- those that are left out ----


@pytest.fixture
def stage() -> Correlator:
    """A stage that knows the server and its pane by name."""
    correlator = Correlator()
    correlator.feed([server_found()], at_ns(0))
    correlator.learn([asked(pane_claim(), ms=0)], at_ns(0))
    return correlator


def ignored(pid: int = SERVER) -> ServerIgnored:
    return ServerIgnored(pid, key(pid).start_time_ns, b"/tmp/s", "user 1000 is left out")


def test_a_server_that_is_left_out_is_one_event() -> None:
    """It says why; then nothing of the server is told, whatever comes."""
    stage = Correlator()
    (event,) = stage.learn([ignored()], at_ns(0))
    assert (event.action, event.note) == ("server-ignored", "user 1000 is left out")
    assert event.place.socket == b"/tmp/s"
    records = [server_found(), exec_(PANE, b"bash", parent=SERVER), output(b"x"), exit_(PANE)]
    assert stage.feed(records, at_ns(1)) == []
    assert (stage.servers, stage.ignored) == ({}, {SERVER})
    assert stage.flush() == []


def test_what_came_before_a_server_was_left_out_is_told_first(stage: Correlator) -> None:
    """What was held of its panes and what waited; it is not said to be gone."""
    assert stage.feed([output(b"held")], at_ns(1)) == []
    before, event = stage.learn([ignored()], at_ns(1))
    assert (before.data, event.action) == (b"held", "server-ignored")
    assert stage.feed([output(b"more", offset=4, nth=1)], at_ns(2)) == []
    assert stage.servers == {}


def test_a_server_that_is_taken_in_again_is_seen(stage: Correlator) -> None:
    """As one that was there before."""
    stage.learn([ignored()], at_ns(1))
    there = ServerSeen(SERVER, key(SERVER).start_time_ns, 1000, None, b"/tmp/s", ())
    stage.learn([followed(SERVER, 0), followed(PANE, PANE), there], at_ns(2))
    assert stage.learn([asked(pane_claim(), ms=3)], at_ns(3))[0].action == "server-seen"
    assert set(stage.servers) == {SERVER}
    assert stage.ignored == set()


def test_another_server_may_have_the_pid_of_one_that_was_left_out() -> None:
    """It ended, and the number was free again."""
    stage = Correlator()
    stage.learn([ignored()], at_ns(0))
    stage.feed([exit_(SERVER), server_found()], at_ns(1))
    assert set(stage.servers) == {SERVER}
