"""What is audited, as the kernel tells it: struct audit_status and audit_rule_data."""

from __future__ import annotations

import struct

import pytest

from tracer.observe import audit_rules
from tracer.observe.audit_rules import RULE, State, ask, state_of

ON, OFF = struct.pack("=8I", 0, 1, 1, 0, 0, 64, 0, 0), bytes(32)


def rule(filter_: int, action: int, fields: int = 0, *calls: int) -> bytes:
    """One as auditctl makes it."""
    mask = [0] * 64
    for call in calls:
        mask[call // 32] |= 1 << call % 32
    return struct.pack("=3I64I", filter_, action, fields, *mask) + bytes(800)


EXECS = rule(4, 2, 2, audit_rules._EXECVE)


@pytest.mark.parametrize(
    ("status", "rules", "trouble"),
    [
        (ON, [EXECS], None),
        (ON, [rule(4, 2, 1, 2), EXECS], None),
        (ON, [], f"no audit rule tells of programs: {RULE}"),
        (ON, [rule(4, 2, 1, 2)], f"no audit rule tells of programs: {RULE}"),
        (ON, [rule(4, 0, 1, audit_rules._EXECVE)], f"no audit rule tells of programs: {RULE}"),
        (OFF, [EXECS], f"the kernel's audit is off: auditctl -e 1; {RULE}"),
        (ON, [rule(1, 0), EXECS],
         "a rule -a never,task keeps all programs out of the audit stream: remove it"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(status: bytes, rules: list[bytes], trouble: str | None) -> None:
    """In words, with what cures it."""
    assert state_of(status, rules).trouble == trouble


def test_whoever_may_not_ask_knows_nothing() -> None:
    """Or gets an answer; it changes nothing."""
    assert isinstance(ask(), State | None)
