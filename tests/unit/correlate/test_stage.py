"""The stage: records and facts in, findings out, in the order of what caused them."""

from __future__ import annotations

import pytest

from tests.playbook import (
    CGROUP,
    CLIENT_PTS,
    MIDNIGHT_NS,
    PANE,
    SERVER,
    account,
    asked,
    at_ns,
    client_tty,
    exec_,
    exit_,
    followed,
    fork,
    injection,
    key,
    output,
    pane_claim,
    peer,
    seen,
    server_found,
    traced,
    typed,
    who,
)
from tracer.correlate.account import OWED_WAIT_NS, UNDER_WAY_NS
from tracer.correlate.stage import Correlator
from tracer.correlate.waiting import NAME_WAIT_NS
from tracer.model import abi
from tracer.model.context import Origin
from tracer.model.events import Missing, Record
from tracer.model.facts import (
    CgroupSeen,
    ClientClaim,
    PeerSeen,
    ServerAsked,
    ServerClaims,
    ServerSeen,
    Verdict,
)
from tracer.model.findings import (
    Finding,
    InputInjected,
    Lost,
    ProcessEnded,
    ProcessForked,
    ProcessTraced,
    ProgramStarted,
    TextInput,
    TextOutput,
    TmuxChanged,
)
from tracer.model.hands import Composed, Hand, Unread

_NAME_WAIT_MS = NAME_WAIT_NS // 1_000_000


@pytest.fixture
def stage() -> Correlator:
    """A stage that knows the server and its pane by name."""
    correlator = Correlator()
    correlator.feed([server_found()], at_ns(0))
    correlator.asks()
    correlator.learn([asked(pane_claim(), ms=0)], at_ns(0))
    return correlator


def kinds(findings: list[Finding]) -> list[type]:
    return [type(finding) for finding in findings]


def actions(findings: list[Finding]) -> list[str]:
    return [finding.action for finding in findings if isinstance(finding, TmuxChanged)]


def test_every_record_becomes_its_finding(stage: Correlator) -> None:
    """Fork, exec, what it shows, end: each in its pane by name."""
    records: list[Record] = [fork(300), exec_(300, b"date"), output(b"today\r\n"), exit_(300, 256)]
    findings = stage.feed(records, at_ns(1))
    assert kinds(findings) == [ProcessForked, ProgramStarted, TextOutput, ProcessEnded]
    assert {finding.place.pane_id for finding in findings if finding.place} == {"%0"}
    assert findings[3].status == 256
    assert findings[3].process.argv == (b"date",)


def test_output_stands_before_what_happens_next_in_its_pane(stage: Correlator) -> None:
    """The echo of a command line comes before the command; another pane's output can wait."""
    other = output(b"elsewhere", tty_id=9, session=900)
    findings = stage.feed([output(b"$ ls\r\n"), other, exec_(300, b"ls")], at_ns(1))
    assert kinds(findings) == [TextOutput, ProgramStarted]


def test_output_names_the_program_in_the_foreground(stage: Correlator) -> None:
    """By the process group that leads, while it is known."""
    stage.feed([exec_(300, b"vim")], at_ns(0))
    stage.feed([output(b"~\r\n", foreground=300)], at_ns(1))
    (text,) = stage.tick(at_ns(60))
    assert text.process.argv == (b"vim",)


def test_a_new_server_is_told_and_asked() -> None:
    """Once, however often it is found."""
    stage = Correlator()
    assert actions(stage.feed([server_found(), server_found()], at_ns(0))) == []
    assert [ask.server.tgid for ask in stage.asks()] == [SERVER]
    assert stage.asks() == []
    findings = stage.learn([asked(pane_claim(), ms=1)], at_ns(1))
    assert actions(findings) == [
        "server-seen",
        "session-created",
        "window-linked",
        "pane-opened",
    ]


def test_findings_wait_for_the_first_answer() -> None:
    """What a pane runs first is told with its name, in order."""
    stage = Correlator()
    shell = exec_(PANE, b"bash", parent=SERVER)
    assert stage.feed([server_found(), shell, exec_(300, b"id", ms=1)], at_ns(2)) == []
    findings = stage.learn([asked(pane_claim(), ms=3)], at_ns(4))
    names = [(f.place.session_name, f.place.pane_id) for f in findings if f.time_ns <= at_ns(1)]
    assert names == [(None, None), ("work", "%0"), ("work", "%0")]


def test_nothing_waits_longer_for_a_name_than_it_may() -> None:
    """A server that doesn't answer can't hold back what the kernel saw."""
    stage = Correlator()
    records = [server_found(), exec_(PANE, b"bash", parent=SERVER)]
    assert stage.feed(records, at_ns(_NAME_WAIT_MS - 1)) == []
    findings = stage.tick(at_ns(_NAME_WAIT_MS))
    assert kinds(findings) == [TmuxChanged, ProgramStarted]
    assert findings[1].place.pane_id is None
    assert findings[1].place.pane_pid == PANE


def test_a_new_pane_waits_for_an_answer_that_knows_it(stage: Correlator) -> None:
    """An answer to a question that was asked before the pane was there doesn't count."""
    assert stage.feed([exec_(201, b"bash", ms=10, pane=201, session=201)], at_ns(10)) == []
    assert [ask.server for ask in stage.asks()] == [key(SERVER)]
    assert stage.learn([asked(pane_claim(), ms=9)], at_ns(11)) == []
    findings = stage.learn([asked(pane_claim(), pane_claim(201, "%1"), ms=11)], at_ns(12))
    assert kinds(findings) == [ProgramStarted, TmuxChanged]
    assert findings[0].place.pane_id == "%1"


def test_what_was_typed_and_shown_stands_before_the_program_that_it_became(
    stage: Correlator,
) -> None:
    """Who typed, the echo, and the program with whose command it is."""
    hand = Hand(None, key(66))
    composed = Composed(at_ns(1), key(300), ((hand, 2),), hand, False, "")
    records = [peer(66), typed((b"ls", hand)), output(b"ls\r\n"), composed, exec_(300, b"ls", ms=1)]
    findings = stage.feed(records, at_ns(1))
    assert kinds(findings) == [TextInput, TextOutput, ProgramStarted]
    assert findings[0].typed_by[0].person.key == key(66)
    assert findings[0].place.pane_id == "%0"
    assert findings[2].command.submitted_by.key == key(66)


def test_what_was_shown_stands_before_what_answers_it(stage: Correlator) -> None:
    """However fast: a prompt for a secret must be known when the secret comes."""
    records = [output(b"Password: "), typed((b"hunter2\r", None), ms=1)]
    assert kinds(stage.feed(records, at_ns(1))) == [TextOutput, TextInput]


def test_injections_and_traces_are_told_in_their_pane(stage: Correlator) -> None:
    """By whom, as the kernel knows him."""
    findings = [*stage.feed([injection(66), traced(66)], at_ns(0)), *stage.flush()]
    assert {InputInjected, ProcessTraced, TextInput} == set(kinds(findings))
    assert {finding.place.pane_id for finding in findings} == {"%0"}


def test_one_pane_that_waits_keeps_the_order_of_all(stage: Correlator) -> None:
    """A finding of a named pane doesn't overtake."""
    records = [exec_(201, b"bash", ms=10, pane=201, session=201), exec_(300, b"ls", ms=11)]
    assert stage.feed(records, at_ns(12)) == []
    findings = stage.tick(at_ns(10 + _NAME_WAIT_MS))
    assert [finding.time_ns for finding in findings] == [at_ns(10), at_ns(11)]


def test_a_tmux_command_makes_us_ask(stage: Correlator) -> None:
    """It may rename what we know; what it did is done when its process closes the socket."""
    stage.feed([peer(500, ms=1), peer(500, ms=1.1)], at_ns(1))
    assert stage.asks() == []
    stage.feed([exit_(500, ms=2), peer(500, 0, ms=2)], at_ns(2))
    assert len(stage.asks()) == 1


def test_who_stays_connected_makes_us_ask(stage: Correlator) -> None:
    """A client in control mode, for one."""
    stage.feed([peer(500, ms=1)], at_ns(1))
    stage.tick(at_ns(1000))
    assert len(stage.asks()) == 1


def test_keys_that_go_to_no_pane_make_us_ask(stage: Correlator) -> None:
    """The prefix and what is bound to it."""
    stage.feed([Unread(at_ns(1), SERVER, CLIENT_PTS, 2)], at_ns(1))
    assert len(stage.asks()) == 1


def test_the_end_of_a_pane_makes_us_ask(stage: Correlator) -> None:
    """Its first process is over; the end of any other process is no reason."""
    stage.feed([exec_(300, b"ls"), exit_(300)], at_ns(1))
    assert stage.asks() == []
    stage.feed([exec_(PANE, b"bash"), exit_(PANE)], at_ns(2))
    assert len(stage.asks()) == 1


def attaching(pid: int = 500, ms: float = 1) -> list[Record]:
    """The records of a client that attaches."""
    caller = who(pane=0)._replace(tty=CLIENT_PTS)
    return [peer(pid, ms=ms, who_=caller), client_tty(ms=ms + 0.5)]


def with_client(pid: int = 500, ms: float = 0) -> ServerAsked:
    """The answer of `asked`, with one client that is in /proc."""
    answer = asked(pane_claim(), ms=ms)
    claims = answer.claims._replace(clients=(ClientClaim(pid, "$0", 80, 24, verified=True),))
    return answer._replace(claims=claims, clients=(seen(pid),))


def test_a_client_is_asked_for_and_waits_for_its_session(stage: Correlator) -> None:
    """With its session and how its user came, both of which are looked up; what came after it
    stands behind it."""
    assert stage.feed([*attaching(), fork(300, ms=2)], at_ns(3)) == []
    assert [ask.server for ask in stage.asks()] == [key(SERVER)]
    assert stage.wants_origins() == [key(500)]
    assert stage.learn([with_client(ms=4)], at_ns(5)) == []
    found = stage.learn([PeerSeen(key(500), None, Origin("console"))], at_ns(6))
    assert kinds(found) == [TmuxChanged, ProcessForked]
    attached = found[0]
    assert isinstance(attached, TmuxChanged) and attached.client and attached.client.person
    assert (attached.action, attached.place.session_name) == ("client-attached", "work")
    assert attached.client.person.origin == Origin("console")


def test_a_client_that_nobody_names_is_told_all_the_same(stage: Correlator) -> None:
    """A server that doesn't answer can't hide who attached."""
    assert stage.feed(attaching(), at_ns(2)) == []
    (attached,) = stage.tick(at_ns(2 + _NAME_WAIT_MS))
    assert isinstance(attached, TmuxChanged)
    assert (attached.action, attached.place.session_name) == ("client-attached", None)


def test_the_end_of_a_client_is_no_end_of_a_process(stage: Correlator) -> None:
    """It doesn't run under the server; who it was is told by the change."""
    stage.feed(attaching(), at_ns(2))
    found = stage.feed([exit_(500, ms=3)._replace(is_peer=True)], at_ns(4))
    assert actions(found) == ["client-attached", "client-detached"] and len(found) == 2


def test_a_client_that_came_or_went_or_spoke_makes_us_ask(stage: Correlator) -> None:
    """A client speaks when its terminal has another size."""
    stage.feed(attaching(), at_ns(2))
    assert len(stage.asks()) == 1
    stage.feed([peer(500, ms=3)], at_ns(3))
    assert len(stage.asks()) == 1
    stage.feed([peer(500, 0, ms=4)], at_ns(4))
    assert len(stage.asks()) == 1


def test_names_are_refreshed_by_and_by(stage: Correlator) -> None:
    """Half a minute after the last answer."""
    stage.tick(at_ns(29_000))
    assert stage.asks() == []
    stage.tick(at_ns(31_000))
    assert len(stage.asks()) == 1


def test_a_server_that_ends_is_gone_with_its_panes(stage: Correlator) -> None:
    """What was held is told before the panes close; an answer that comes later is of nobody."""
    findings = stage.feed([output(b"bye"), exit_(SERVER)], at_ns(1))
    assert kinds(findings)[:2] == [ProcessEnded, TextOutput]
    assert actions(findings) == ["pane-closed", "window-unlinked", "session-closed", "server-gone"]
    assert stage.servers == {}
    assert stage.learn([asked(pane_claim(), ms=2)], at_ns(2)) == []


def test_servers_that_were_there_first() -> None:
    """Found in /proc: the server is told, its processes are known, none is told as new."""
    stage = Correlator()
    there = ServerSeen(SERVER, key(SERVER).start_time_ns, 1000, None, b"/tmp/s", ())
    facts = [there, followed(SERVER, 0), followed(PANE, PANE)]
    assert stage.learn(facts, at_ns(0)) == []
    assert actions(stage.learn([asked(pane_claim(), ms=1)], at_ns(1)))[0] == "server-seen"
    (child,) = stage.feed([fork(300)], at_ns(2))
    assert child.process.exe == b"/usr/bin/bash"


def not_tmux(is_system_program: bool) -> ServerAsked:
    claims = ServerClaims(Verdict.NOT_TMUX, None)
    return ServerAsked(SERVER, at_ns(1), b"/run/x", claims, is_system_program=is_system_program)


def test_sshd_is_no_tmux_and_nothing_of_it_is_shown() -> None:
    """A system program that behaves like a server and isn't one, with what waited for its name."""
    stage = Correlator()
    stage.feed([server_found(), exec_(PANE, b"bash", parent=SERVER)], at_ns(0))
    assert stage.learn([not_tmux(is_system_program=True)], at_ns(2)) == []
    assert stage.ignored == {SERVER}
    assert stage.servers == {}
    assert stage.feed([exec_(300, b"ls"), output(b"x"), exit_(300)], at_ns(9)) == []
    assert stage.flush() == []


def test_a_users_program_that_answers_like_no_tmux_is_kept() -> None:
    """A user can't hide a server by making it answer wrongly."""
    stage = Correlator()
    stage.feed([server_found(), exec_(PANE, b"bash", parent=SERVER)], at_ns(0))
    findings = stage.learn([not_tmux(is_system_program=False)], at_ns(2))
    assert kinds(findings) == [TmuxChanged, ProgramStarted, TmuxChanged]
    assert actions(findings)[1] == "server-unverified"


def test_a_pid_that_was_ignored_can_become_a_server() -> None:
    """Another process has it now, or sshd became tmux."""
    stage = Correlator()
    stage.feed([server_found()], at_ns(0))
    stage.learn([not_tmux(is_system_program=True)], at_ns(2))
    stage.feed([server_found(ms=5)], at_ns(5))
    assert stage.ignored == set()
    assert actions(stage.learn([asked(pane_claim(), ms=6)], at_ns(6)))[0] == "server-seen"


@pytest.mark.parametrize("kind", [abi.KIND_FORK, abi.KIND_EXEC, abi.KIND_EXIT, abi.KIND_SERVER])
def test_missing_records_are_lost_findings(stage: Correlator, kind: int) -> None:
    """In their place, with their number."""
    findings = stage.feed([fork(300), Missing(at_ns(0), kind, 1, 7), fork(301)], at_ns(1))
    assert kinds(findings) == [ProcessForked, Lost, ProcessForked]
    assert (findings[1].kind, findings[1].records) == (abi.KIND_NAMES[kind], 7)


def test_missing_output_is_placed_by_the_next_record_of_its_pty(stage: Correlator) -> None:
    """The kernel's account isn't asked for."""
    missing = Missing(at_ns(1), abi.KIND_PANE_OUTPUT, 0, 1)
    findings = stage.feed([output(b"a"), missing, output(b"c", 5, 2, ms=2)], at_ns(3))
    assert not stage.wants_tty_states(at_ns(5000))
    holes = [finding for finding in findings if isinstance(finding, Lost)]
    assert [(hole.records, hole.bytes) for hole in holes] == [(1, 4)]


def test_output_that_is_missing_at_the_end_is_asked_for(stage: Correlator) -> None:
    """After a while, once; and what was under way when the account was taken isn't lost."""
    stage.feed([output(b"a"), Missing(at_ns(1), abi.KIND_PANE_OUTPUT, 0, 1)], at_ns(2))
    wait_ms = OWED_WAIT_NS // 1_000_000
    assert not stage.wants_tty_states(at_ns(2))
    assert not stage.wants_tty_states(at_ns(2 + wait_ms))
    assert stage.wants_tty_states(at_ns(3 + wait_ms))
    stage.account([account(12, 3)])
    assert not stage.wants_tty_states(at_ns(4 + wait_ms))
    findings = stage.tick(at_ns(300))
    findings += stage.feed([output(b"d", 11, 2, ms=299)], at_ns(310))
    findings += stage.tick(at_ns(300) + UNDER_WAY_NS)
    assert [(f.offset, f.data) for f in findings if isinstance(f, TextOutput)] == [
        (0, b"a"),
        (11, b"d"),
    ]
    (hole,) = [finding for finding in findings if isinstance(finding, Lost)]
    assert (hole.records, hole.bytes, hole.offset) == (1, 10, 1)


def test_the_account_of_a_server_that_has_gone_says_nothing(stage: Correlator) -> None:
    """The kernel half keeps it; all that it counts was told when the server was there."""
    stage.feed([output(b"a"), exit_(SERVER, ms=5)], at_ns(9))
    assert stage.settle([account(1, 1)], at_ns(900)) == []


def test_containers_are_known_before_what_runs_in_them(stage: Correlator) -> None:
    """The fact comes with the records."""
    assert not stage.knows_cgroup(CGROUP)
    stage.learn([CgroupSeen(CGROUP, "c0ffee")], at_ns(0))
    assert stage.knows_cgroup(CGROUP)
    (started,) = stage.feed([exec_(300, b"ls")], at_ns(1))
    assert started.process.container_id == "c0ffee"


def test_flush_brings_everything() -> None:
    """Also what waits for a name, and text that is young."""
    stage = Correlator()
    stage.feed([server_found(), exec_(PANE, b"sh", parent=SERVER), output(b"$ ")], MIDNIGHT_NS)
    assert kinds(stage.flush()) == [TmuxChanged, ProgramStarted, TextOutput]
    assert stage.flush() == []
