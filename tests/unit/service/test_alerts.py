"""Rules as the service sees them: what it takes from their worker, and what it keeps. Real rules
and kills are in tests/log/test_rules_worker.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.ruling import Ruling, rule
from tests.samples import EXEC
from tests.unit.detect.test_alerts import fields_of
from tests.unit.service.states import state
from tracer.codec.identity import Fields
from tracer.service.alerts import MAX_ALERTS, NAME, alert_of, said_of, state_of
from tracer.store.kept import Kept
from tracer.workers.door import Message

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a worker becomes another user")


WELL = state()["rules"]


@pytest.fixture
def ruling() -> Iterator[Ruling]:
    ruling = Ruling()
    yield ruling
    ruling.close()


def kept(ruling: Ruling) -> Fields:
    """How far it has got, on the disk."""
    with closing(Kept(Path(ruling.written.settings.state), NAME)) as file:
        return file.read()


def hear(ruling: Ruling, fields: Fields) -> None:
    """As if the worker said that."""
    assert ruling.alerts is not None
    ruling.alerts._hear(Message(fields))


def an_alert(**ours: Any) -> Fields:
    fields = deepcopy(fields_of(EXEC))
    fields["ttytrace"]["alert"] |= ours
    return fields


def test_without_rules_nothing_runs(ruling: Ruling) -> None:
    """And nothing is kept, but where they would begin."""
    alerts = ruling.start(directories=())
    ruling.turn()
    assert (alerts.trouble, alerts.state, alerts._child) == (None, {}, None)


@needs_root
def test_an_alert_is_a_record_and_told_once(ruling: Ruling) -> None:
    """Though a worker that begins again tells it again; until it has passed that."""
    ruling.start()
    for _ in range(2):
        hear(ruling, {"alert": an_alert(), "at": 9})
        hear(ruling, {"state": WELL, "next": 9, "seen": 0})
    assert len(ruling.alerted()) == 0  # not sealed yet
    assert ruling.sink.sync()
    (alert,) = ruling.alerted()
    assert {name: alert[name] for name in ("rule", "process")} == {
        name: an_alert()[name] for name in ("rule", "process")
    }
    assert alert["ttytrace"]["alert"] == an_alert()["ttytrace"]["alert"]
    hear(ruling, {"state": WELL, "next": 10, "seen": 0})
    assert ruling.alerts
    assert ruling.alerts._told == {}


@needs_root
def test_a_log_that_lost_its_end_gives_numbers_again(ruling: Ruling) -> None:
    """So what was told of them doesn't count."""
    ruling.start()
    hear(ruling, {"state": WELL, "next": 20, "seen": 0})
    hear(ruling, {"alert": an_alert(), "at": 20})
    hear(ruling, {"state": WELL, "next": 15, "seen": 0})
    hear(ruling, {"alert": an_alert(), "at": 20})
    assert ruling.sink.sync()
    assert len(ruling.alerted()) == 2


@needs_root
def test_more_than_can_be_looked_at_end_the_worker(ruling: Ruling) -> None:
    """It goes on where it was, later."""
    ruling.start()
    with pytest.raises(ValueError, match="so many"):
        for number in range(2 * MAX_ALERTS + 1):
            hear(ruling, {"alert": an_alert(id=f"x:{number}"), "at": 9})
    with pytest.raises(ValueError, match="so many"):
        for _ in range(2 * MAX_ALERTS + 1):
            hear(ruling, {"say": {"state": "evicted"}})


@needs_root
def test_what_must_not_be_forgotten_is_kept(ruling: Ruling) -> None:
    """Through the memory that both have; what is too much for that makes no sense."""
    alerts = ruling.start()
    os.pwrite(alerts._memory, b'{"seen":[]}', 0)
    hear(ruling, {"state": WELL, "next": 3, "seen": 11})
    hear(ruling, {"state": WELL, "next": 4, "seen": 0})
    hear(ruling, {"state": WELL, "next": 5, "seen": 10})  # more is there than it said
    for size in (-1, (1 << 20) + 1):
        with pytest.raises(ValueError, match="can't be known"):
            hear(ruling, {"state": WELL, "next": 5, "seen": size})
    ruling.stop()
    assert kept(ruling) == {"next": 4, "seen": '{"seen":[]}'}
    ruling.first = 9
    assert ruling.start()._progress == {"next": 4, "seen": '{"seen":[]}'}


@needs_root
def test_nothing_is_kept_before_what_it_stands_for(
    ruling: Ruling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the log can't be written, it isn't known to be anywhere."""
    ruling.start()
    monkeypatch.setattr(ruling.sink, "sync", lambda: False)
    hear(ruling, {"state": WELL, "next": 4, "seen": 0})
    ruling.stop()
    assert kept(ruling) == {}


@needs_root
def test_a_place_beyond_the_log_is_its_end(ruling: Ruling) -> None:
    """Where the log has lost its end; and what can't be read counts as not there."""
    with closing(Kept(Path(ruling.written.settings.state), NAME)) as file:
        for content in ({"next": ruling.first + 9, "seen": ""}, {"next": "x"}, {"next": -1}):
            file.write(content)
            assert ruling.start()._progress == {"next": ruling.first, "seen": ""}
            ruling.stop()
            ruling.first = ruling.log.size


@needs_root
def test_a_worker_that_makes_no_sense_is_another_soon(ruling: Ruling) -> None:
    """And what ails it is told."""
    ruling.put("rule.yml", rule("x"))
    alerts = ruling.start()
    pid = ruling.pid
    assert alerts._child
    alerts._child._hear(Message({"state": WELL, "next": 0, "seen": 0}))
    assert alerts.state == WELL
    ruling.until(lambda: ruling.said("loaded"))
    assert ruling.pid == pid
    alerts._child._fail("said something that can't be")
    assert alerts.trouble == "worker rules said something that can't be"
    ruling.skip_s(11)
    ruling.until(lambda: len(ruling.said("loaded")) == 2)


NO_ALERT: list[Fields] = [
    {},
    {"ttytrace": {}},
    an_alert() | {"event": {"kind": "event", "action": "alert"}},
    an_alert() | {"event": {"kind": "alert", "action": "seal"}},
    an_alert() | {"mac": {}},
    an_alert() | {"@timestamp": "2026-11-20T01:23:20.123456Z"},
    an_alert() | {"process": 5},
    an_alert() | {"ttytrace": an_alert()["ttytrace"] | {"log": {}}},
    an_alert() | {"ttytrace": an_alert()["ttytrace"] | {"boottime_ns": 1}},
    an_alert(id=5),
    an_alert(causes=[]),
    an_alert(causes=[True]),
    an_alert(causes=[-1]),
    an_alert(causes=None),
    an_alert(matched={"a": ["x" * 5000]}),
    an_alert(matched={"x" * 5000: []}),
    an_alert(matched=[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]),
]


@pytest.mark.parametrize("fields", NO_ALERT)
def test_what_is_no_alert_is_not_written(fields: Fields) -> None:
    """See Child for what comes of who says it."""
    with pytest.raises((ValueError, KeyError, TypeError)):
        alert_of(fields)


NO_LISTS: list[Fields] = [
    {"refusals": {}},
    {"refusals": [{"place": "a:1"}]},
    {"refusals": [5]},
    {"disabled": [5]},
    {"disabled": "a"},
]


def test_how_they_stand_is_told_whole() -> None:
    """So that who asks for a status finds what there is to find."""
    well = state()["rules"]
    assert state_of(well | {"other": 5}) == well
    for name in well:
        with pytest.raises(KeyError):
            state_of({key: value for key, value in well.items() if key != name})


def test_a_word_of_the_worker_is_taken_for_no_more() -> None:
    """Than it may say."""
    refusal = {"place": "a:1", "title": "A", "reason": "why"}
    said = {"state": "loaded", "rules": 3, "refusals": [refusal], "disabled": ["a"]}
    assert said_of(said | {"action": "seal", "stamp": 5}) == said
    for wrong in ({"rules": "3"}, {"rules": True}, {"state": 3}, *NO_LISTS):
        with pytest.raises(ValueError, match="can't be that"):
            said_of(said | wrong)
    with pytest.raises(ValueError, match="too much"):
        said_of(said | {"reason": "x" * 5000})


@needs_root
@pytest.mark.parametrize(
    "fields",
    [
        {"alert": {}, "at": 3},
        {"say": {"rules": "x"}},
        {"state": {"rules": None}, "next": 3, "seen": 0},
    ],
)
def test_what_makes_no_sense_changes_nothing(ruling: Ruling, fields: Fields) -> None:
    """It is raised, and ends the worker."""
    alerts = ruling.start()
    with pytest.raises((ValueError, KeyError, TypeError)):
        hear(ruling, fields)
    hear(ruling, {"what": 5})
    hear(ruling, {"alert": 5})
    assert alerts.state == {}
    assert (ruling.alerted(), ruling.written.about("rules")) == ([], [])
