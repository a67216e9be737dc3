"""tracer.cli.rules_records"""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.cli.made_rules import looks
from tracer.cli.rules_records import records_of, whole


def test_a_line_is_a_record_or_some() -> None:
    """In their order."""
    assert records_of(b'{"a": 1}') == [{"a": 1}]
    assert records_of(b'[{"a": 1}, {"a": 2}]') == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("line", [b"", b"{", b"3", b"[]", b"[1]", b"\xff", b"null"])
def test_what_is_no_record(line: bytes) -> None:
    """Is refused in words."""
    with pytest.raises(ValueError, match="it is n"):
        records_of(line)


@pytest.mark.parametrize("record", [{}, {"event": {"action": "exec"}}, {"ttytrace": {"log": {}}}])
def test_what_it_does_not_say_is_filled_in(record: dict[str, Any]) -> None:
    """Each is a second behind the one before."""
    first, second = whole(record, 0), whole(record, 1)
    assert first["@timestamp"][17:19] == "00"
    assert second["@timestamp"][17:19] == "01"
    assert second["event"]["sequence"] == 1
    assert second["ttytrace"]["boottime_ns"] - first["ttytrace"]["boottime_ns"] == 10**9
    assert all(first[name] | part == first[name] for name, part in record.items())


@pytest.mark.parametrize("record", [looks("ls"), {"@timestamp": 3, "event": 4, "ttytrace": None}])
def test_what_it_says_holds(record: dict[str, Any]) -> None:
    """Whatever that is."""
    found = whole(record, 5)
    assert found["@timestamp"] == record["@timestamp"]
    record["event"] = {"sequence": 5} | record["event"] if record["event"] != 4 else 4
    assert found["event"] == record["event"]
    assert found["ttytrace"] == record["ttytrace"]
