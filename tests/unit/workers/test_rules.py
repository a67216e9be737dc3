"""The worker of rules: how it feeds them, and what it says. A real log and a real process are in
tests/log/test_rules_worker.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from threading import Thread
from typing import Any

import orjson
import pytest

from tests.patience import eventually
from tests.ruling import ID, Ruling, rule
from tracer.codec.identity import Fields
from tracer.detect.rule import Place, Refusal
from tracer.service.alerts import alert_of, said_of
from tracer.store.directory import Directory
from tracer.store.follow import Line
from tracer.workers import rules as module
from tracer.workers.door import MAX_BYTES, Door, Message, pair
from tracer.workers.rules import Matching

WORD = "shibboleth"


class Talk:
    """A worker in a thread, and what it says. `seen`: what it must not forget."""

    def __init__(self, ruling: Ruling, first: int, seen: bytes = b"") -> None:
        self.memory = os.memfd_create("rules")
        os.pwrite(self.memory, seen, 0)
        fields = {
            "directory": ruling.written.settings.directory,
            "settings": asdict(ruling.settings),
            "next": first,
            "seen": len(seen),
        }
        hello = Message(orjson.loads(orjson.dumps(fields)), [self.memory])
        self.door, theirs = pair()
        self.segments = Directory(ruling.written.segments)
        self.matching = Matching(hello, self.segments, Door(theirs), os.geteuid())
        self.heard: list[Fields] = []
        self._thread = Thread(target=self.matching.run)
        self._thread.start()

    def all(self, kind: str) -> list[Any]:
        """What it said of this kind so far."""
        try:
            while message := self.door.receive():
                self.heard.append(message.fields)
        except BlockingIOError:
            pass
        return [each for each in self.heard if kind in each]

    def until(self, kind: str, count: int = 1) -> list[Any]:
        return eventually(lambda: len(found := self.all(kind)) >= count and found)

    def close(self) -> None:
        self.door.close()
        self._thread.join()
        os.close(self.memory)
        self.segments.close()


@pytest.fixture
def ruling(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ruling]:
    monkeypatch.setattr(module, "REPORT_S", 0.01)
    ruling = Ruling()
    ruling.put("rule.yml", rule(WORD))
    yield ruling
    ruling.close()


def test_it_says_which_rules_hold_and_how_it_stands(ruling: Ruling) -> None:
    """Again and again, until its door ends; the service understands all of it."""
    with closing(Talk(ruling, ruling.first)) as talk:
        (said,) = talk.until("say")
        states = talk.until("state", 3)
    assert said_of(said["say"]) == said["say"]
    assert (said["say"]["state"], said["say"]["rules"]) == ("loaded", 1)
    assert said_of(states[-1]["state"]) == states[-1]["state"]
    assert states[-1]["state"]["digest"] == said["say"]["digest"]


def test_an_alert_comes_with_the_record_that_brought_it(ruling: Ruling) -> None:
    """As the service takes it, before it says that it is behind it."""
    with closing(Talk(ruling, ruling.first)) as talk:
        talk.until("say")
        sequence = ruling.run("ls", WORD)
        (alert,) = talk.until("alert")
        talk.until("state")
        eventually(lambda: talk.all("state")[-1]["next"] > sequence)
    assert alert["at"] == sequence
    assert alert_of(alert["alert"])["ttytrace"]["alert"]["causes"] == [sequence]
    place = talk.heard.index(alert)
    assert all(each.get("next", 0) <= sequence for each in talk.heard[:place])


def test_what_the_log_has_as_an_alert_is_not_told_again(ruling: Ruling) -> None:
    """What it has not, is."""
    first = ruling.log.size
    told, other = ruling.run("ls", WORD), ruling.run("ls", WORD)
    alert = {"event": {"action": "alert"}, "ttytrace": {"alert": {"id": f"{ID}:{told}"}}}
    ruling.append(alert)
    with closing(Talk(ruling, first)) as talk:
        (alerted,) = talk.until("alert")
        eventually(lambda: talk.all("state")[-1:] and talk.all("state")[-1]["next"] > other)
        assert [each["at"] for each in talk.all("alert")] == [other]
    assert alerted["alert"]["ttytrace"]["alert"]["causes"] == [other]


def test_no_more_come_in_a_second_than_the_service_takes(
    ruling: Ruling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They wait in the log."""
    slept: list[float] = []
    monkeypatch.setattr(module, "ALERTS_PER_S", 10)
    monkeypatch.setattr(module.time, "sleep", slept.append)
    first = ruling.log.size
    for _ in range(23):
        ruling.run("ls", WORD)
    with closing(Talk(ruling, first)) as talk:
        assert len(talk.until("alert", 23)) == 23
    assert slept
    assert all(0 < each <= 1 for each in slept)


def test_who_attached_before_is_kept(ruling: Ruling) -> None:
    """Told when it changes, and known from the run before."""
    known = {"since_ns": 1, "seen": [["1000", "1000"]]}
    with closing(Talk(ruling, ruling.first, orjson.dumps(known))) as talk:
        assert talk.until("state")[0]["seen"] == 0
        first = talk.matching._views.first_seen
        first._see(("1002", "1000"))
        sizes = eventually(lambda: [s["seen"] for s in talk.all("state") if s["seen"]])
        kept = orjson.loads(os.pread(talk.memory, sizes[0], 0))
    assert kept == {"since_ns": 1, "seen": [["1000", "1000"], ["1002", "1000"]]}


def test_nonsense_that_was_kept_is_nothing(ruling: Ruling) -> None:
    """It begins anew."""
    with closing(Talk(ruling, ruling.first, b"{[")) as talk:
        assert talk.until("state")


def test_other_settings_are_followed_and_what_waited_is_told(ruling: Ruling) -> None:
    """Where repetitions are told otherwise from now on."""
    ruling.settings = ruling.asked(repeat_s=60).rules
    with closing(Talk(ruling, ruling.first)) as talk:
        talk.until("say")
        for _ in range(3):
            ruling.run("ls", WORD)
        talk.until("alert")
        end = ruling.log.size
        eventually(lambda: talk.all("state")[-1]["next"] >= end)
        settings = orjson.loads(orjson.dumps(asdict(ruling.asked(repeat_s=0).rules)))
        talk.door.send({"settings": settings})
        told = talk.until("alert", 2)
        ruling.run("ls", WORD)
        ruling.run("ls", WORD)
        talk.until("alert", 4)
        states = eventually(lambda: [s for s in talk.all("state") if s["state"]["alerts"] == 4])
    assert told[1]["alert"]["ttytrace"]["alert"]["repeated"] == 1
    assert states[0]["state"]["suppressed"] == 1


def test_a_rule_that_is_disabled_is_told(ruling: Ruling, monkeypatch: pytest.MonkeyPatch) -> None:
    """And why, without what was captured: the record can't be erased."""
    with closing(Talk(ruling, ruling.first)) as talk:
        talk.until("say")
        detector = talk.matching._detector
        assert detector
        monkeypatch.setattr(detector, "take_troubles", lambda: [(ID, "ValueError: a secret")])
        ruling.run("ls")
        said = talk.until("say", 2)[1]["say"]
        state = eventually(lambda: [s for s in talk.all("state") if s["state"]["disabled"]])
    assert said == {"state": "disabled", "rule": ID, "reason": "ValueError"}
    assert state[0]["state"]["disabled"] == [ID]


def test_groups_that_are_forgotten_are_told(
    ruling: Ruling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a minute at most."""
    with closing(Talk(ruling, ruling.first)) as talk:
        talk.until("say")
        detector = talk.matching._detector
        assert detector
        monkeypatch.setattr(detector, "take_evicted", lambda: {"many": 7})
        said = talk.until("say", 2)[1]["say"]
        talk.until("state", len(talk.all("state")) + 5)
        assert len(talk.all("say")) == 2
    assert (said["state"], said["rule"]) == ("evicted", "many")
    assert said["evicted"] % 7 == 0


def test_whatever_files_hold_what_is_said_fits(
    ruling: Ruling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of it, then."""
    place = Place("\x01" * 9999, 1)
    refusals = (Refusal(place, "\x01" * 9999, "\U0001f600\ud800" * 9999),) * 999
    with closing(Talk(ruling, ruling.first)) as talk:
        talk.until("say")
        loaded = talk.matching._loaded
        assert loaded
        talk.matching._loaded = loaded._replace(refused=refusals)
        talk.matching._disabled = dict.fromkeys("\x01" * 9999 + str(n) for n in range(999))
        eventually(lambda: [s for s in talk.all("state") if s["state"]["refused"] == 999])
    assert len(orjson.dumps(talk.heard[-1])) < MAX_BYTES


def test_the_state_is_told_while_much_comes(
    ruling: Ruling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a worker that is killed doesn't begin at the first of it."""
    monkeypatch.setattr(module, "REPORT_S", 0.0)
    first = ruling.log.size
    ruling.append(*({"event": {"action": "exec"}, "ttytrace": {}} for _ in range(2500)))
    last = ruling.run("ls", WORD)
    with closing(Talk(ruling, first)) as talk:
        assert talk.until("alert")[0]["at"] == last
        assert any(first < each.get("next", 0) < last for each in talk.heard)


def test_a_damaged_line_is_no_record(ruling: Ruling) -> None:
    """The next one counts."""
    with closing(Talk(ruling, ruling.first)) as talk:
        talk.until("say")
        detector = talk.matching._detector
        assert detector
        for data in (b"{[", b"[]", b"\xff", b'{"erased":"aaaa"}'):
            assert talk.matching._match(detector, Line(1, data)) == []
