"""tracer.store.outage"""

from __future__ import annotations

import errno

import orjson
import pytest

from tests.written import note, output
from tracer.codec.log import control
from tracer.model.sealed import Stamp
from tracer.settings import WhenFull
from tracer.store.outage import Outage, is_full

SINCE = Stamp(5, 1_790_000_000_000_000_000)
UNTIL = Stamp(9, 1_790_000_003_000_000_000)
FULL = OSError(errno.ENOSPC, "")
BROKEN = OSError(errno.EIO, "")
MUCH = 1 << 20
EVENTS = [note(0), output(1, "x"), control("heartbeat", SINCE), note(2)]


def admitted(outage: Outage, room: int = MUCH) -> list[int]:
    """Which of EVENTS."""
    kept = outage.admit(EVENTS, room)
    return [nth for nth, event in enumerate(EVENTS) if event in kept]


@pytest.mark.parametrize(
    ("when_full", "kept"),
    [
        (WhenFull.DROP_OUTPUT, [0, 2, 3]),
        (WhenFull.SUSPEND, [2]),
        (WhenFull.HALT, [2]),
    ],
)
def test_what_settings_want(when_full: WhenFull, kept: list[int]) -> None:
    """On a full disk; the log's own records are kept in any case."""
    outage = Outage(FULL, SINCE, when_full)
    outage.is_full = True
    assert admitted(outage) == kept


def test_a_broken_disk_is_no_full_one() -> None:
    """All is kept for when there is another file, as long as memory lasts."""
    outage = Outage(BROKEN, SINCE, WhenFull.SUSPEND)
    assert admitted(outage) == [0, 1, 2, 3]
    assert admitted(outage, room=len(orjson.dumps(EVENTS[0]))) == [0]
    assert admitted(outage, room=-1) == []


def test_what_was_turned_away_is_counted() -> None:
    """Over the whole stretch, in records and bytes."""
    outage = Outage(FULL, SINCE, WhenFull.DROP_OUTPUT)
    outage.is_full = True
    outage.admit(EVENTS, MUCH)
    outage.admit(EVENTS, MUCH)
    assert outage.gap(UNTIL)["ttytrace"]["log"] == {
        "reason": "disk-full",
        "error": "ENOSPC",
        "from": "2026-09-21T14:13:20.000000Z",
        "to": "2026-09-21T14:13:23.000000Z",
        "records": 2,
        "bytes": 2 * len(orjson.dumps(EVENTS[1])),
    }


def test_why_it_began() -> None:
    """Whatever comes later."""
    outage = Outage(BROKEN, SINCE, WhenFull.SUSPEND)
    outage.is_full = True
    fields = outage.gap(UNTIL)["ttytrace"]["log"]
    assert (fields["reason"], fields["error"]) == ("io-error", "EIO")
    unknown = Outage(OSError(4711, ""), SINCE, WhenFull.HALT).gap(UNTIL)["ttytrace"]["log"]
    assert unknown["error"] == "4711"


def test_a_share_that_is_used_up_is_a_full_disk() -> None:
    """As quotas make it."""
    assert is_full(OSError(errno.EDQUOT, ""))
    assert is_full(FULL)
    assert not is_full(BROKEN)
