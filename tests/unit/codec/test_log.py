"""tracer.codec.log"""

from __future__ import annotations

import orjson
import pytest

from tests import samples
from tracer.codec.ecs import Encoder
from tracer.codec.log import control, log_part, parse
from tracer.model.sealed import Stamp

RECORD = control("heartbeat", Stamp(7_000_000_001, 1_790_000_000_123_456_789), lost=0)


def test_a_record_about_the_log() -> None:
    """Both clocks, what it is, and its own fields in a place of their own."""
    assert RECORD == {
        "@timestamp": "2026-09-21T14:13:20.123456Z",
        "event": {
            "kind": "event",
            "category": ["configuration"],
            "type": ["info"],
            "action": "heartbeat",
        },
        "ttytrace": {"boottime_ns": 7_000_000_001, "log": {"lost": 0}},
    }


def test_there_and_back() -> None:
    """What was written is found again."""
    assert log_part(parse(orjson.dumps(RECORD))) == ("heartbeat", {"lost": 0})


def test_no_event_is_about_the_log() -> None:
    """Whatever was captured, and of every kind there is."""
    encoder = Encoder(samples.HOST, samples.names, samples.FixedClock())
    for finding in samples.FINDINGS:
        assert log_part(parse(encoder.to_json(finding))) is None


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b'{"event":{"action":"seal"}}',
        b'{"ttytrace":{"log":{}}}',
        b'{"event":{"action":7},"ttytrace":{"log":{}}}',
        b'{"event":{"action":"seal"},"ttytrace":{"log":[]}}',
        b'{"event":"seal","ttytrace":{"log":{}}}',
        b'{"event":{"action":"seal"},"ttytrace":"log"}',
        b'{"erased":"AAAA"}',
    ],
)
def test_what_is_nothing_about_the_log(line: bytes) -> None:
    """A record whose shape is another."""
    assert log_part(parse(line)) is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"7",
        b"null",
        b'"text"',
        b"{",
        b"{}{}",
        b"{'a':1}",
        b'{"a":NaN}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b"[" * 5000,
    ],
)
def test_what_is_no_record(line: bytes) -> None:
    """No JSON, or no object, is a ValueError and nothing else."""
    with pytest.raises(ValueError):
        parse(line)
