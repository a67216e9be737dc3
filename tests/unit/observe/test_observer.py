"""tracer.observe.observer, with real servers and processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.unit.observe.conftest import RealTmux, eventually
from tracer.clock import boot_ns
from tracer.model.context import Origin
from tracer.model.events import ProcessKey
from tracer.model.facts import (
    Fact,
    Followed,
    PaneAsked,
    PaneToAsk,
    PeerSeen,
    ServerAsked,
    ServerIgnored,
    ServerSeen,
    Verdict,
)
from tracer.observe import procfs
from tracer.observe.observer import Observer, own_sessions
from tracer.observe.scope import Scope
from tracer.settings import ScopeSettings


class Table:
    """What the kernel half is told, kept instead."""

    def __init__(self) -> None:
        self.entries: dict[int, tuple[int, int]] = {}
        self.ignored: list[int] = []

    def follow(self, tgid: int, server_tgid: int, pane_tgid: int) -> None:
        self.entries[tgid] = (server_tgid, pane_tgid)

    def unfollow(self, tgid: int) -> None:
        self.entries.pop(tgid, None)

    def ignore_server(self, tgid: int) -> None:
        self.ignored.append(tgid)
        self.entries[tgid] = (tgid, 0)


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def observer(table: Table) -> Iterator[Observer]:
    made = Observer(table)
    yield made
    made.close()


def panes_of(tmux: RealTmux) -> list[int]:
    return [int(pid) for pid in tmux.run("list-panes", "-a", "-F", "#{pane_pid}").split()]


def answers(observer: Observer, count: int) -> list[ServerAsked]:
    found: list[Fact] = []

    def enough() -> bool:
        found.extend(observer.facts())
        return len(found) >= count

    eventually(enough)
    return [fact for fact in found if isinstance(fact, ServerAsked)]


def programs_below(pid: int) -> list[str]:
    return [each.name() for each in psutil.Process(pid).children(recursive=True)]


def test_a_server_is_followed_with_all_below_it(
    tmux: RealTmux, observer: Observer, table: Table
) -> None:
    """Each process has its server and the child of the server that it descends from."""
    tmux.run("new-session", "-d", "-s", "one", "sh -c 'sleep 60 & wait'")
    tmux.run("split-window", "-t", "one", "sleep 60")
    panes = panes_of(tmux)
    eventually(lambda: programs_below(tmux.pid).count("sleep") == 3)
    facts = observer.adopt(tmux.pid)
    assert table.entries.pop(tmux.pid) == (tmux.pid, 0)
    assert {pane for _, pane in table.entries.values()} == set(panes)
    assert {server for server, _ in table.entries.values()} == {tmux.pid}
    followed = [fact.process.tgid for fact in facts if isinstance(fact, Followed)]
    assert sorted(followed) == sorted([tmux.pid, *table.entries])
    assert set(table.entries) == procfs.descendants([tmux.pid])


def test_a_nested_server_has_its_own_processes(
    tmux: RealTmux, observer: Observer, table: Table, tmp_path: Path
) -> None:
    """What runs in the inner server is the inner server's, whichever of the two is looked at."""
    inner = RealTmux(tmp_path / "..", "tmux")
    inner.socket = tmp_path / "inner"
    tmux.run("new-session", "-d", f"tmux -f /dev/null -S {inner.socket} new-session 'sleep 60'")
    eventually(lambda: inner.socket.exists() and inner.run("list-panes", "-a"))
    try:
        (deep,) = panes_of(inner)
        facts = observer.seed()
        servers = {fact.pid for fact in facts if isinstance(fact, ServerSeen)}
        assert {tmux.pid, inner.pid} <= servers
        assert table.entries[deep] == (inner.pid, deep)
        assert table.entries[inner.pid] == (inner.pid, 0)
    finally:
        inner.run("kill-server")


def test_what_has_gone_is_not_followed(observer: Observer, table: Table) -> None:
    """A pid that is free again must not be taken for the process that had it."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert observer.adopt(gone.pid) == []
    assert table.entries == {}


def test_an_answer_comes_as_a_fact(tmux: RealTmux, observer: Observer) -> None:
    """Names, panes and clients of a real server, each checked."""
    client = tmux.attach("first", 90, 30)
    observer.ask([tmux.pid])
    (asked,) = answers(observer, 1)
    assert asked.claims.verdict is Verdict.OK
    assert [session.name for session in asked.claims.sessions] == ["first"]
    assert [pane.verified for pane in asked.claims.panes] == [True]
    assert [(claim.pid, claim.verified) for claim in asked.claims.clients] == [(client, True)]
    assert [process.tgid for process in asked.clients] == [client]
    assert asked.socket == os.fsencode(tmux.socket)
    assert asked.is_system_program


def test_a_user_cannot_make_us_ask_without_end(tmux: RealTmux, observer: Observer) -> None:
    """Thirty-two questions at once, then ten a second, however often it is wished."""
    came: list[ServerAsked] = []
    began_ns = boot_ns()
    while len(came) < 40:
        observer.ask([tmux.pid])
        came += [fact for fact in observer.facts() if isinstance(fact, ServerAsked)]
        time.sleep(0.001)
    assert boot_ns() - began_ns >= (40 - 32 - 1) * 100_000_000


def test_what_a_pane_shows_comes_as_a_fact(tmux: RealTmux, observer: Observer) -> None:
    """Of a real server, and of none."""
    pid = int(tmux.run("display-message", "-p", "#{pane_pid}"))
    observer.ask_panes([PaneToAsk(tmux.pid, pid, "%0"), PaneToAsk(os.getpid(), 1, "%1")])
    came: list[PaneAsked] = []

    def have_come() -> bool:
        came.extend(fact for fact in observer.facts() if isinstance(fact, PaneAsked))
        return len(came) == 2

    eventually(have_come)
    ours, theirs = sorted(came, key=lambda each: each.pane_pid)
    assert (ours.verdict, ours.capture) == (Verdict.UNREACHABLE, None)
    assert theirs.capture is not None
    assert theirs.capture.columns == 80


def test_a_question_that_fails_is_answered(
    observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked waits for it."""
    monkeypatch.setattr("tracer.observe.captures.ask", lambda _pane: 1 / 0)
    observer.ask_panes([PaneToAsk(7, 8, "%0")])
    came: list[Fact] = []
    eventually(lambda: came.extend(observer.facts()) or came)
    assert isinstance(came[0], PaneAsked)
    assert came[0].verdict is Verdict.UNREACHABLE


def test_who_is_no_server_is_unreachable(observer: Observer) -> None:
    """A process without a socket: an answer, not a silence."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        observer.ask([process.pid])
        (asked,) = answers(observer, 1)
        assert asked.claims.verdict is Verdict.UNREACHABLE
        assert asked.socket is None


def test_a_server_is_ignored_once(observer: Observer, table: Table) -> None:
    """The kernel half is told when it is new, and keeps nothing of one that is over already."""
    here, gone = os.getpid(), 2**22 + 1
    observer.ignore({here})
    observer.ignore({here, gone})
    assert table.ignored == [here, gone]
    assert set(table.entries) == {here}


def test_our_sessions_are_those_of_all_our_ancestors() -> None:
    """A pane that shows our output through sudo or script(1) is among them."""
    script = "import os; from tracer.observe.observer import own_sessions; print(own_sessions())"
    child = subprocess.run(
        [sys.executable, "-c", script], start_new_session=True, capture_output=True, check=True
    )
    seen = {int(word) for word in child.stdout.decode().strip(" {}\n").split(",")}
    assert own_sessions() < seen
    assert os.getsid(0) in own_sessions() or os.getsid(0) == 0


def test_how_peers_came_is_told_as_facts(tmux: RealTmux, observer: Observer) -> None:
    """One for each, whether it is there or not."""
    (pane,) = panes_of(tmux)
    process = procfs.process(pane)
    assert process
    here, gone = ProcessKey(pane, process.start_time_ns), ProcessKey(2**22 + 1, 1)
    observer.look_at_peers([here, gone])
    found: dict[ProcessKey, PeerSeen] = {}

    def both() -> bool:
        found.update((fact.key, fact) for fact in observer.facts() if isinstance(fact, PeerSeen))
        return len(found) == 2

    eventually(both)
    assert found[here].process == process
    assert found[here].origin == Origin("tmux", server_pid=tmux.pid)
    assert found[gone] == PeerSeen(gone, None, Origin("unknown"))


def test_peers_without_end_stay_unknown(observer: Observer) -> None:
    """There is an answer for each, and no queue that grows."""
    observer.look_at_peers(ProcessKey(2**22 + 1, n) for n in range(5000))
    answered: list[Fact] = []

    def all_told() -> bool:
        answered.extend(observer.facts())
        return len(answered) == 5000

    eventually(all_told)
    observer.look_at_peers([ProcessKey(os.getpid(), 1)])
    eventually(observer.facts)


def excluding(tmux: RealTmux) -> Scope:
    return Scope(ScopeSettings(without_sockets=(str(tmux.socket),)))


def test_a_server_that_is_left_out_is_ignored(tmux: RealTmux, table: Table) -> None:
    """At the start and when it appears: one fact, and nothing below it is followed."""
    tmux.run("new-session", "-d", "sleep 60")
    observer = Observer(table, excluding(tmux))
    (fact,) = observer.adopt(tmux.pid)
    assert isinstance(fact, ServerIgnored)
    assert (fact.pid, fact.socket_path) == (tmux.pid, bytes(tmux.socket))
    assert fact.reason == "its socket is left out"
    assert table.ignored == [tmux.pid]
    assert table.entries == {tmux.pid: (tmux.pid, 0)}
    seeded = Observer(Table(), excluding(tmux))
    assert [one for one in seeded.seed() if isinstance(one, ServerIgnored)] == [fact]
    for each in (observer, seeded):
        each.close()


def test_another_scope_puts_servers_out_and_takes_them_in(
    tmux: RealTmux, observer: Observer, table: Table
) -> None:
    """Each change is told once; who comes back is followed with all below it."""
    tmux.run("new-session", "-d", "sleep 60")
    observer.adopt(tmux.pid)
    everything = Scope(ScopeSettings())
    assert [one.pid for one in about(observer.rescope(excluding(tmux)), tmux)] == [tmux.pid]
    assert about(observer.rescope(excluding(tmux)), tmux) == []
    observer.forget(set())
    table.entries.clear()
    back = observer.rescope(everything)
    assert [type(one) for one in about(back, tmux)] == [ServerSeen]
    assert set(panes_of(tmux)) <= set(table.entries)
    followed = [one.server_tgid for one in back if isinstance(one, Followed)]
    assert followed.count(tmux.pid) == len(table.entries)
    assert observer.rescope(everything) == []


def about(facts: list[Fact], tmux: RealTmux) -> list[ServerIgnored | ServerSeen]:
    """Those of this server."""
    return [
        one for one in facts if isinstance(one, ServerIgnored | ServerSeen) and one.pid == tmux.pid
    ]
