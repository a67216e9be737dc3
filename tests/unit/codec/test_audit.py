"""What the audit stream says, through the door and back."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audit_records import heard
from tracer.codec.audit import from_fields, to_fields
from tracer.model.audit import (
    AuditBegan,
    AuditConfig,
    AuditInput,
    AuditLogin,
    AuditLost,
    AuditSeen,
    Said,
)
from tracer.model.events import Tty
from tracer.workers.door import MAX_BYTES


def through(seen: AuditSeen) -> AuditSeen:
    return from_fields(orjson.loads(orjson.dumps(to_fields(seen))))


@pytest.mark.parametrize(
    "seen",
    [
        AuditBegan(5, "no rule"),
        heard(7, b"ls", time_ns=5, tty=Tty(136, 3)),
        AuditLogin(5, "login", 77, None, 4, Said("/usr/sbin/sshd", None, "::1")),
        AuditInput(5, 7, Tty(136, 3), 9),
        AuditConfig(5, "op=set", 0, None),
        AuditLost(5, "too slow", 3),
    ],
)
def test_all_come_back(seen: AuditSeen) -> None:
    """Each as it was."""
    assert through(seen) == seen


@given(st.lists(st.binary(max_size=50)))
def test_no_byte_is_lost(argv: list[bytes]) -> None:
    """Whatever they are."""
    seen = heard(7, time_ns=5)._replace(argv=tuple(argv), exe=b"\xff\x00")
    assert through(seen) == seen


def test_the_largest_fits_a_message() -> None:
    """Of control characters alone."""
    worst = b"\x01" * 4096
    seen = heard(7, time_ns=5)._replace(argv=(worst,), exe=worst, cwd=worst)
    assert len(orjson.dumps(to_fields(seen))) < MAX_BYTES / 2


def test_what_is_none_of_it_is_an_error() -> None:
    """A worker of another version."""
    with pytest.raises(KeyError):
        from_fields({"is": "Other"})
