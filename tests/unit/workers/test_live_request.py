"""tracer.workers.live_request"""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.alerted import alert_on
from tests.samples import EXEC, HOST, LOST, NOW, OUTPUT, PLACE, PTS, SCREEN, FixedClock, names
from tracer.codec.ecs import Encoder
from tracer.codec.log import control
from tracer.model.findings import Finding, ProcessEnded, TmuxChanged
from tracer.model.sealed import Stamp
from tracer.model.selection import BY_DEFAULT, Selection
from tracer.store.follow import Line
from tracer.workers.live_request import Request, Seen, Since, View

FILTER = {"session": "work", "pane": "%3", "user": 0, "kinds": ["exec", "log"]}


def parse(asked: Any) -> Request:
    return Request.parse(orjson.dumps(asked))


def seen(finding: Finding) -> Seen:
    return Seen(Line(7, Encoder(HOST, names, FixedClock()).to_json(finding)))


def about_log(action: str) -> Seen:
    return Seen(Line(7, orjson.dumps(control(action, Stamp(NOW, NOW)))))


@pytest.mark.parametrize(
    ("since", "meant"),
    [(None, None), ({"time_ns": 5}, Since(5, None)), ({"sequence": 0}, Since(None, 0))],
)
def test_a_request(since: Any, meant: Since | None) -> None:
    """Comes back as it was."""
    asked = {"filter": FILTER, "since": since}
    request = parse(asked)
    assert request == Request(Selection("work", "%3", 0, frozenset({"exec", "log"})), meant)
    assert request.fields() == asked
    assert Request.of(asked) == request


@pytest.mark.parametrize(
    "asked",
    [
        [],
        {"filter": FILTER},
        {"filter": FILTER, "since": None, "more": 1},
        {"filter": FILTER, "since": {}},
        {"filter": FILTER, "since": {"time_ns": 1, "sequence": 1}},
        {"filter": FILTER, "since": {"sequence": -1}},
        {"filter": FILTER, "since": {"sequence": True}},
        {"filter": FILTER, "since": {"time_ns": 1 << 63}},
        {"filter": FILTER | {"user": "root"}, "since": None},
        {"filter": FILTER | {"user": True}, "since": None},
        {"filter": FILTER | {"kinds": ["boom"]}, "since": None},
        {"filter": FILTER | {"kinds": [[]]}, "since": None},
        {"filter": FILTER | {"session": "x" * 300}, "since": None},
        {"filter": FILTER | {"more": 1}, "since": None},
    ],
)
def test_what_is_no_request(asked: Any) -> None:
    """Is a ValueError, whatever it is."""
    with pytest.raises(ValueError):
        parse(asked)


def test_a_view_is_what_was_selected() -> None:
    """Events and what the log says of itself, but for what each write has."""
    view = View(Selection(), None, False)
    assert view.takes(seen(EXEC))
    assert view.takes(about_log("gap"))
    assert not view.takes(about_log("seal"))
    assert not view.takes(Seen(Line(7, b'{"erased":"x"}')))
    assert not view.takes(Seen(Line(7, b"\xff")))
    only = View(Selection(session="play"), None, False)
    assert not only.takes(seen(EXEC))
    assert only.takes(seen(EXEC._replace(place=PLACE._replace(session_name="play"))))
    assert not View(Selection(kinds=frozenset({"exec"})), None, False).takes(seen(OUTPUT))


def test_subshells_end_unseen() -> None:
    """As `live` has it by itself."""
    end = ProcessEnded(NOW, EXEC.process._replace(is_fork=True), PLACE, 0)
    assert not View(Selection(), None, False).takes(seen(end))
    everything = Selection(kinds=BY_DEFAULT | {"fork"})
    assert View(everything, None, False).takes(seen(end))


def test_an_owner_sees_what_is_theirs() -> None:
    """Events of their servers, and gaps; nothing of others, or without a place."""
    view = View(Selection(), 1000, False)
    assert view.takes(seen(EXEC))
    assert view.takes(seen(TmuxChanged(NOW, "server-gone", PLACE, None, None)))
    assert not view.takes(seen(EXEC._replace(place=PLACE._replace(owner=0))))
    assert not view.takes(seen(EXEC._replace(place=PLACE._replace(owner=None))))
    assert not view.takes(seen(LOST._replace(place=None)))
    assert view.takes(about_log("gap"))
    assert not view.takes(about_log("read"))


def test_what_shows_it_itself_is_hidden() -> None:
    """Only output, of those terminals, and only from who is on one."""
    watched = frozenset({PTS})
    view = View(Selection(), None, True)
    assert view.hides(seen(OUTPUT), watched) == PTS
    assert view.hides(seen(OUTPUT._replace(tty=PTS._replace(minor=9))), watched) is None
    assert view.hides(seen(EXEC), watched) is None
    assert view.hides(about_log("gap"), watched) is None
    assert View(Selection(), None, False).hides(seen(OUTPUT), watched) is None


def test_who_is_on_a_terminal_sees_no_clients_screen() -> None:
    """Any of them may show what is printed there."""
    assert View(Selection(), None, True).hides(seen(SCREEN), frozenset()) == SCREEN.tty
    assert View(Selection(), None, False).hides(seen(SCREEN), frozenset()) is None


def test_alerts_are_for_those_who_see_all() -> None:
    """Whom one is about must not learn what is noticed."""
    event = alert_on(Encoder(HOST, names, FixedClock()).encode(EXEC))
    alert = Seen(Line(1, orjson.dumps(event)))
    assert View(Selection(), None, False).takes(alert)
    assert not View(Selection(kinds=frozenset({"exec"})), None, False).takes(alert)
    assert not View(Selection(), EXEC.place.owner, False).takes(alert)
