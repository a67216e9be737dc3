"""tracer.correlate.waiting: who waits for a name, and how long."""

from __future__ import annotations

import pytest

from tests.playbook import PANE, SERVER, asked, at_ns, key, pane_claim
from tracer.correlate.access import Access
from tracer.correlate.captures import Captures
from tracer.correlate.people import People
from tracer.correlate.servers import Server
from tracer.correlate.waiting import NAME_WAIT_NS, Waiting
from tracer.model.context import Place
from tracer.model.findings import Finding, TmuxChanged

_SEEN = TmuxChanged(at_ns(0), "server-seen", Place(key(SERVER)), None, None)
_UNNAMED = TmuxChanged(at_ns(1), "pane-opened", Place(key(SERVER), pane_pid=PANE), None, None)


@pytest.fixture
def server() -> Server:
    return Server(key(SERVER))


@pytest.fixture
def waiting(server: Server) -> Waiting:
    return _waiting(server, set())


def _waiting(server: Server, ignored: set[int]) -> Waiting:
    access = Access(People(), lambda _tgid: server.place)
    place_of = lambda _tgid, pane_pid: server.place_of(pane_pid)  # noqa: E731
    return Waiting({SERVER: server}, ignored, access, Captures(), place_of)


def _actions(findings: list[Finding]) -> list[str]:
    return [each.action for each in findings if isinstance(each, TmuxChanged)]


def test_what_has_no_name_waits_and_what_came_later_behind_it(waiting: Waiting) -> None:
    """Until the time is over, in order."""
    waiting.queue.extend([_UNNAMED, _SEEN])
    assert waiting.release(at_ns(2)) == []
    assert _actions(waiting.release(_UNNAMED.time_ns + NAME_WAIT_NS)) == [
        "pane-opened",
        "server-seen",
    ]


def test_the_answer_names_what_waits(waiting: Waiting, server: Server) -> None:
    """It goes at once then, with its name."""
    waiting.queue.append(_UNNAMED)
    server.take(asked(pane_claim(), ms=3), at_ns(4))
    (named,) = waiting.release(at_ns(4))
    assert named.place is not None
    assert named.place.pane_id == "%0"


def test_a_pane_that_was_made_later_than_the_question_waits_for_the_next(
    waiting: Waiting, server: Server
) -> None:
    """An answer to what was asked before doesn't know it; one that is gone is not waited for."""
    server.take(asked(ms=0), at_ns(0))
    waiting.expect(SERVER, PANE, at_ns(1))
    waiting.queue.append(_UNNAMED)
    waiting.answered(SERVER, at_ns(0))
    assert waiting.release(at_ns(2)) == []
    waiting.expect_no_more(SERVER, PANE)
    assert _actions(waiting.release(at_ns(2))) == ["pane-opened"]


def test_nothing_of_what_is_ignored_is_told(server: Server) -> None:
    """A server that turned out to be none."""
    ignoring = _waiting(server, {SERVER})
    ignoring.queue.append(_SEEN)
    assert ignoring.flush() == []
