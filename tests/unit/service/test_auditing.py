"""The audit stream as the service hears it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.audit_records import heard
from tracer.codec.audit import to_fields
from tracer.errors import NoAudit
from tracer.model.audit import AuditBegan, AuditConfig, AuditInput, AuditLogin, AuditSeen, Said
from tracer.model.events import Tty
from tracer.observe.audit_rules import RULE
from tracer.service import auditing as module
from tracer.service.auditing import Auditing, HeardSource, attach, is_heard, source_fields
from tracer.settings import AuditSettings, Settings, Source
from tracer.workers.door import Message

BEGAN = AuditBegan(5, "no audit rule")
INPUT, EXEC = AuditInput(5, 7, Tty(136, 3), 9), heard(7, b"ls", time_ns=5)
CHANGE = AuditConfig(5, "op=set", 0, None)


class Worker:
    """A child that says what it is told to."""

    trouble: str | None = None
    said: Sequence[AuditSeen] = ()

    def __init__(
        self, name: str, hello: Callable[[], Message], hear: Callable[[Message], None], watch: Any
    ) -> None:
        assert name == "audit"
        self._hear = hear

    def turn(self, now_ns: int) -> None:
        self._hear(Message({"seen": [to_fields(seen) for seen in self.said]}))

    def close(self) -> None:
        pass


class Capture:
    """What the stream takes facts with."""

    def __init__(self) -> None:
        self.facts: list[Any] = []

    def learn(self, facts: list[Any]) -> None:
        self.facts += facts

    def compared(self) -> dict[str, int]:
        return {"agreed": 3}


@pytest.fixture(autouse=True)
def _worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Child", Worker)
    monkeypatch.setattr(Worker, "said", (BEGAN, INPUT, EXEC, CHANGE))


def auditing(settings: Settings) -> tuple[Auditing, Capture]:
    capture = Capture()
    return Auditing(settings, capture, lambda _fd: None), capture  # type: ignore[arg-type]


def test_beside_the_kernel_half_all_but_input_is_learnt() -> None:
    """And a heartbeat says how the two agree, and what is missing."""
    beside, capture = auditing(Settings(audit=AuditSettings(listen=True)))
    beside.turn(0)
    assert capture.facts == [BEGAN, EXEC, CHANGE]
    assert beside.fields() == {"audit": {"agreed": 3, "trouble": "no audit rule"}}
    beside.close()


def test_that_audit_is_silent_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its rules can't be asked for: it has told of none of the programs that ran."""
    monkeypatch.setattr(Worker, "said", ())
    beside, _ = auditing(Settings(audit=AuditSettings(listen=True)))
    assert beside.trouble is None
    monkeypatch.setattr(Capture, "compared", lambda _self: {"unheard": 2})
    assert beside.trouble == f"audit tells of no program: {RULE}"


@pytest.mark.parametrize(
    "seen",
    [
        EXEC._replace(pid="7"),
        EXEC._replace(pid=-1),
        EXEC._replace(uid=1 << 32),
        EXEC._replace(pid=None),
        EXEC._replace(time_ns=1 << 63),
        EXEC._replace(tty=Tty("x", 1)),
        INPUT._replace(tty=None),
        CHANGE._replace(what=5),
        BEGAN._replace(trouble=[]),
        AuditLogin(5, "login", 7, None, None, Said(program={})),
    ],
)
def test_what_nobody_can_have_heard_is_not_learnt(
    monkeypatch: pytest.MonkeyPatch, seen: AuditSeen
) -> None:
    """Records could not hold it; what it raises ends the worker, see Child."""
    monkeypatch.setattr(Worker, "said", (seen,))
    beside, capture = auditing(Settings(audit=AuditSettings(listen=True)))
    with pytest.raises(ValueError, match="can't be"):
        beside.turn(0)
    assert capture.facts == []


def test_what_was_before_the_boot_is_at_its_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it seems when the wall clock has jumped; records know no time before."""
    login = AuditLogin(5, "login", 7, 1000, 4, Said("sshd", "ann"))
    monkeypatch.setattr(Worker, "said", (EXEC._replace(time_ns=-5), login))
    beside, capture = auditing(Settings(audit=AuditSettings(listen=True)))
    beside.turn(0)
    assert capture.facts == [EXEC._replace(time_ns=0), login]


@pytest.mark.parametrize(
    "settings", [Settings(), Settings(source=Source.AUDIT, audit=AuditSettings(listen=True))]
)
def test_nobody_listens_who_does_not_want_to(settings: Settings) -> None:
    """Nor twice, where the stream is the source."""
    beside, capture = auditing(settings)
    beside.turn(0)
    assert (capture.facts, beside.fields()) == ([], {})
    beside.close()


def test_in_its_place_programs_are_records_and_all_else_is_facts() -> None:
    """That listening began is nothing to hold against."""
    source = HeardSource()
    source.follow(7, 5, 7)
    drain = source.drain()
    assert drain is not None and sum(len(batch.spans) for batch in drain.batches) >= 1
    assert source.facts() == [INPUT, CHANGE]
    assert source.filenos() == ()
    source.close()


def test_a_stream_that_can_not_be_heard_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, where there is no other source."""

    def refuse() -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(module, "join", refuse)
    with pytest.raises(NoAudit, match="Operation not permitted"):
        attach(None, Settings(source=Source.AUDIT))


def test_a_start_says_where_its_events_come_from() -> None:
    """And what such a record can't hold."""
    assert source_fields("kprobe") == {"source": "ebpf"}
    fields = source_fields("audit")
    assert fields["source"] == "audit" and fields["unseen"]
    assert is_heard(Settings(source=Source.AUDIT)) and not is_heard(Settings())
