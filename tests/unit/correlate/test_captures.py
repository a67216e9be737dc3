"""tracer.correlate.captures: which panes are asked for, and where their pictures stand."""

from __future__ import annotations

from collections import deque

import pytest

from tests.playbook import (
    PANE,
    PTS,
    SERVER,
    asked,
    at_ns,
    exec_,
    exit_,
    key,
    output,
    pane_claim,
)
from tracer.correlate.captures import (
    AGAIN_NS,
    AT_ONCE,
    HOLD_NS,
    MOST,
    TRIES,
    UNDER_WAY_NS,
    Captures,
)
from tracer.correlate.stage import Correlator
from tracer.model.capture import Capture, Cursor, Modes
from tracer.model.context import Place
from tracer.model.facts import PaneAsked, PaneClaim, PaneToAsk, ServerSeen, Verdict
from tracer.model.findings import Finding, Lost, PaneCaptured, ProgramStarted, TextOutput

PICTURE = Capture(80, 24, Cursor(0, 0), Modes(True, False, False, True), 0, 23, (), b"$\n")
UNDER_WAY_MS = UNDER_WAY_NS / 1e6
HOLD_MS = HOLD_NS / 1e6
AGAIN_MS = AGAIN_NS / 1e6
WANTED = PaneToAsk(SERVER, PANE, "%0")


@pytest.fixture
def stage() -> Correlator:
    """A stage that has just heard of a server that was there before, with one pane."""
    return stage_with(pane_claim())


def stage_with(*panes: PaneClaim) -> Correlator:
    correlator = Correlator()
    there = ServerSeen(SERVER, key(SERVER).start_time_ns, 1000, b"/usr/bin/tmux", b"/s", ())
    correlator.learn([there], at_ns(0))
    correlator.learn([asked(*panes, ms=0)], at_ns(0))
    return correlator


def answer(ms: float, heard_ms: float, verdict: Verdict = Verdict.OK) -> PaneAsked:
    picture = PICTURE if verdict is Verdict.OK else None
    return PaneAsked(SERVER, PANE, at_ns(ms), at_ns(heard_ms), verdict, PTS, picture)


def shown(findings: list[Finding]) -> list[bytes | str]:
    """What stands where: output by its bytes, a picture as such."""
    return [
        each.data if isinstance(each, TextOutput) else type(each).__name__
        for each in findings
        if isinstance(each, TextOutput | PaneCaptured | Lost)
    ]


def test_a_pane_that_was_there_is_asked_for(stage: Correlator) -> None:
    """Once; its picture is told when all is known that was read before."""
    assert stage.panes_to_ask(at_ns(1)) == [WANTED]
    assert stage.panes_to_ask(at_ns(2)) == []
    stage.learn([answer(2, 3)], at_ns(4))
    assert stage.tick(at_ns(5)) == []
    (found,) = stage.tick(at_ns(3 + UNDER_WAY_MS))
    assert isinstance(found, PaneCaptured)
    assert (found.time_ns, found.tty, found.capture, found.unsure) == (at_ns(2), PTS, PICTURE, 0)
    assert found.place.pane_id == "%0"
    assert stage.panes_to_ask(at_ns(99)) == []


def test_a_pane_that_was_made_while_we_looked_is_not() -> None:
    """All it showed is known."""
    correlator = Correlator()
    correlator.feed([exec_(PANE, b"sh", ms=1)], at_ns(1))
    correlator.learn([asked(pane_claim(), ms=2)], at_ns(2))
    assert correlator.panes_to_ask(at_ns(3)) == []


def test_output_stands_on_the_side_on_which_it_was_read(stage: Correlator) -> None:
    """Before it what was read before the question, behind it what was read after the answer; all
    waits for that, however late it arrives."""
    stage.panes_to_ask(at_ns(1))
    records = [output(b"a", ms=2), output(b"b", 1, 1, ms=3), output(b"c", 2, 2, ms=6)]
    assert stage.feed(records, at_ns(7)) == []
    stage.learn([answer(4, 5)], at_ns(7))
    assert stage.tick(at_ns(8)) == []
    assert shown(stage.tick(at_ns(5 + UNDER_WAY_MS))) == [b"a", b"b", "PaneCaptured", b"c"]


def test_the_rest_of_a_character_stands_where_it_was_read(stage: Correlator) -> None:
    """Its beginning waits in the stream until then."""
    stage.panes_to_ask(at_ns(1))
    records = [output(b"a\xe6\xbc", ms=2), output(b"\xa2b", 3, 1, ms=6)]
    stage.feed(records, at_ns(7))
    stage.learn([answer(4, 5)], at_ns(7))
    found = shown(stage.tick(at_ns(5 + UNDER_WAY_MS)))
    assert found == [b"a", "PaneCaptured", "漢b".encode()]


def test_what_another_pane_shows_has_no_place_to_keep(stage: Correlator) -> None:
    """It is behind, by the order in which it came."""
    stage.panes_to_ask(at_ns(1))
    stage.feed([output(b"x", ms=6, session=900, tty_id=9), output(b"a", ms=7)], at_ns(7))
    stage.learn([answer(4, 5)], at_ns(8))
    found = stage.tick(at_ns(5 + UNDER_WAY_MS)) + stage.tick(at_ns(20))
    assert sorted(map(str, shown(found))) == ["PaneCaptured", "b'a'", "b'x'"]
    assert shown(found).index("PaneCaptured") < shown(found).index(b"a")


def test_a_pane_that_is_busy_is_asked_again(stage: Correlator) -> None:
    """While something was read between question and answer, as often as that is allowed; then the
    picture says how much may be in it."""
    found: list[Finding] = []
    for nth in range(TRIES):
        ms = 100 * nth
        assert stage.panes_to_ask(at_ns(ms)) == [WANTED]
        found += stage.feed([output(b"abc", 3 * nth, nth, ms=ms + 2)], at_ns(ms + 3))
        found += stage.learn([answer(ms + 1, ms + 2)], at_ns(ms + 3))
        found += stage.tick(at_ns(ms + 2 + UNDER_WAY_MS))
    assert shown(found) == [*[b"abc"] * (TRIES - 1), "PaneCaptured", b"abc"]
    (picture,) = [each for each in found if isinstance(each, PaneCaptured)]
    assert picture.unsure == 3


def test_output_does_not_wait_for_ever(stage: Correlator) -> None:
    """It goes without the picture, which has no place then: the pane is asked again, and at the
    end it is told that it has none."""
    found: list[Finding] = []
    for nth in range(TRIES):
        ms = 1000 * nth
        assert stage.panes_to_ask(at_ns(ms)) == [WANTED]
        found += stage.feed([output(b"x", nth, nth, ms=ms + 1)], at_ns(ms + 2))
        assert stage.tick(at_ns(ms + HOLD_MS - 1)) == []
        found += stage.tick(at_ns(ms + HOLD_MS))
        found += stage.learn([answer(ms + 2, ms + 900)], at_ns(ms + 901))
        found += stage.tick(at_ns(ms + 900 + UNDER_WAY_MS))
    assert shown(found) == [*[b"x"] * TRIES, "Lost"]
    (lost,) = [each for each in found if isinstance(each, Lost)]
    assert (lost.kind, lost.reason, lost.bytes) == ("pane-captured", "answered late", None)
    assert stage.panes_to_ask(at_ns(9999)) == []


def test_no_row_of_questions_holds_what_came_before_them() -> None:
    """A user may have many panes that are busy, and servers that are slow."""
    stage = Correlator()
    for server in (SERVER, SERVER + 1):
        there = ServerSeen(server, key(server).start_time_ns, 1000, b"/usr/bin/tmux", b"/s", ())
        stage.learn([there], at_ns(0))
    stage.learn([asked(pane_claim(), ms=0)], at_ns(0))
    stage.panes_to_ask(at_ns(1))
    stage.feed([output(b"a", ms=2)], at_ns(2))
    assert shown(stage.tick(at_ns(99))) == []
    stage.learn([asked(pane_claim(), ms=200, server=SERVER + 1)], at_ns(200))
    stage.panes_to_ask(at_ns(200))
    stage.feed([output(b"b", ms=201, server=SERVER + 1, tty_id=9)], at_ns(201))
    assert shown(stage.tick(at_ns(HOLD_MS))) == []
    assert shown(stage.tick(at_ns(2 + HOLD_MS))) == [b"a"]
    assert shown(stage.tick(at_ns(201 + HOLD_MS))) == [b"b"]


def test_a_quiet_pane_makes_nobody_wait(stage: Correlator) -> None:
    """However long its server takes: there is nothing to put in order."""
    stage.panes_to_ask(at_ns(1))
    findings = stage.feed([exec_(300, b"ls", ms=2)], at_ns(2))
    assert [type(each) for each in findings] == [ProgramStarted]
    stage.learn([answer(2, 1900)], at_ns(1900))
    assert shown(stage.tick(at_ns(2000))) == ["PaneCaptured"]


@pytest.mark.parametrize("verdict", [Verdict.TIMEOUT, Verdict.HOSTILE])
def test_a_server_that_does_not_answer_is_asked_for_no_other_pane(verdict: Verdict) -> None:
    """Each question would cost its deadline."""
    stage = stage_with(*(pane_claim(PANE + nth, f"%{nth}") for nth in range(9)))
    assert stage.panes_to_ask(at_ns(1)) == [WANTED]
    stage.learn([answer(2, 3, verdict)], at_ns(3))
    assert shown(stage.tick(at_ns(3 + UNDER_WAY_MS))) == []
    assert stage.panes_to_ask(at_ns(50)) == []


def test_a_pane_that_has_gone_is_no_loss(stage: Correlator) -> None:
    """Its server says so; what it showed is known."""
    stage.panes_to_ask(at_ns(1))
    stage.learn([answer(2, 3)._replace(capture=None, is_there=False)], at_ns(3))
    assert shown(stage.tick(at_ns(3 + UNDER_WAY_MS))) == []
    assert stage.panes_to_ask(at_ns(50)) == []


def test_a_slow_server_leaves_room_for_others() -> None:
    """One question at a time for each, and a few in all."""
    stage = Correlator()
    for server in range(SERVER, SERVER + 9):
        there = ServerSeen(server, key(server).start_time_ns, 1000, b"/usr/bin/tmux", b"/s", ())
        stage.learn([there], at_ns(0))
        panes = (pane_claim(PANE + nth, f"%{nth}") for nth in range(3))
        stage.learn([asked(*panes, ms=0, server=server)], at_ns(0))
    first = stage.panes_to_ask(at_ns(1))
    assert [wanted.server_tgid for wanted in first] == [SERVER + nth for nth in range(AT_ONCE)]
    stage.learn([answer(2, 3)], at_ns(3))
    stage.tick(at_ns(3 + UNDER_WAY_MS))
    assert [wanted.server_tgid for wanted in stage.panes_to_ask(at_ns(50))] == [SERVER]


def test_a_server_that_claims_panes_without_end_gets_no_more_questions() -> None:
    """Those that are its own come first; that others were left out is told."""
    captures = Captures()
    lies = [Place(key(SERVER), pane_id=f"%{n}", pane_pid=900 + n) for n in range(1, MOST + 9)]
    (lost,) = captures.want(
        [*lies, Place(key(SERVER), pane_id="%0", pane_pid=PANE, verified=True)], at_ns(0)
    )
    assert (lost.kind, lost.reason) == ("pane-captured", "too many panes")
    asked_for = []
    while wanted := captures.to_ask(at_ns(1)):
        asked_for += wanted
        captures.learn(answer(2, 3)._replace(pane_pid=wanted[0].pane_pid, capture=None))
        captures.place(captures.ripe(at_ns(99))[0], at_ns(99), deque())
    assert asked_for[0] == WANTED
    assert len(asked_for) == MOST


@pytest.mark.parametrize("verdict", [Verdict.OK, Verdict.TOO_BIG])
def test_an_answer_that_is_no_picture_is_told(verdict: Verdict) -> None:
    """Of a pane that is there; the others of its server are asked for."""
    stage = stage_with(*(pane_claim(PANE + nth, f"%{nth}") for nth in range(5)))
    stage.panes_to_ask(at_ns(1))
    stage.learn([answer(2, 3, verdict)._replace(capture=None)], at_ns(3))
    (lost,) = stage.tick(at_ns(3 + UNDER_WAY_MS))
    assert isinstance(lost, Lost)
    assert (lost.kind, lost.reason) == ("pane-captured", "not understood")
    assert len(stage.panes_to_ask(at_ns(50))) == 1


def test_a_pane_that_is_not_verified_has_no_terminal() -> None:
    """The process that is claimed for it may be anybody's."""
    stage = stage_with(pane_claim()._replace(verified=False))
    stage.panes_to_ask(at_ns(1))
    stage.learn([answer(2, 3)], at_ns(3))
    (found,) = stage.tick(at_ns(3 + UNDER_WAY_MS))
    assert isinstance(found, PaneCaptured)
    assert (found.tty, found.place.verified) == (None, False)


def test_a_pane_that_lost_output_is_asked_for(stage: Correlator) -> None:
    """Not more often than once in a while."""
    stage.panes_to_ask(at_ns(1))
    stage.learn([answer(2, 3)], at_ns(3))
    stage.tick(at_ns(50))
    stage.feed([output(b"a", ms=60), output(b"b", 9, 5, ms=61)], at_ns(62))
    assert stage.panes_to_ask(at_ns(63)) == [WANTED]
    stage.learn([answer(64, 65)], at_ns(66))
    stage.tick(at_ns(99))
    stage.feed([output(b"c", 19, 9, ms=100)], at_ns(100))
    assert stage.panes_to_ask(at_ns(101)) == []
    late_ms = 62 + AGAIN_MS
    stage.feed([output(b"d", 29, 12, ms=late_ms)], at_ns(late_ms))
    assert stage.panes_to_ask(at_ns(late_ms)) == [WANTED]


def test_nothing_is_left_of_a_server_that_has_gone(stage: Correlator) -> None:
    """Nobody is asked for it, and an answer that comes is nobody's."""
    assert stage.panes_to_ask(at_ns(1)) == [WANTED]
    stage.feed([exec_(SERVER, b"tmux", pane=0), exit_(SERVER, ms=2)], at_ns(2))
    assert not stage.servers
    stage.learn([answer(2, 3)], at_ns(3))
    assert shown(stage.tick(at_ns(50))) == []
