"""The log's own records, read from hostile JSON."""

from __future__ import annotations

import pytest

from tests.unit.seal.made import made_log, made_segments
from tracer.codec.identity import Fields
from tracer.codec.log import control, log_part, parse
from tracer.model.sealed import End, Previous, Stamp
from tracer.seal.claims import Header, Rekey, Seal, UnknownFormat, digest, number, shown, stamp_of

LOG = made_log(2)
WRONG = [None, True, -1, 1.0, 10**18, "", "x", [], {}]


def fields_of(line: bytes) -> Fields:
    found = log_part(parse(line))
    assert found is not None
    return found[1]


def first(action: str) -> Fields:
    return fields_of(next(n for n in LOG if (log_part(parse(n)) or "-")[0] == action))


def test_what_the_sealer_writes_is_read() -> None:
    """Each kind of record."""
    header = Header.parse(first("segment"))
    assert (header.epoch, header.interval, header.frontier) == (0, 0, ())
    assert header.previous is None
    assert header.key.name == header.origin
    later = Header.parse(fields_of(made_segments()[1][0]))
    assert later.previous == Previous("before", End.SEALED)
    assert Seal.parse(first("seal")).note is None
    assert Rekey.parse(first("rekey")).epoch == 1


@pytest.mark.parametrize(
    ("kind", "action"), [(Header, "segment"), (Seal, "seal"), (Rekey, "rekey")]
)
def test_each_field_has_its_type(kind: type, action: str) -> None:
    """A wrong value anywhere is ValueError, nothing else."""
    fields = first(action)
    parse_kind = kind.parse  # type: ignore[attr-defined]
    for name in fields:
        allowed = [[]] if name == "frontier" else ["", "x"] if name == "note" else []
        for value in WRONG:
            if value not in allowed and not (name == "previous" and value is None):
                with pytest.raises(ValueError):
                    parse_kind(fields | {name: value})


def test_a_later_format() -> None:
    """Is told apart from what is wrong."""
    with pytest.raises(UnknownFormat, match="format 2"):
        Header.parse(first("segment") | {"format": 2})


@pytest.mark.parametrize("name", ["name", "end", "bytes", "sha256"])
def test_previous(name: str) -> None:
    """Each of its fields, too."""
    fields = fields_of(made_segments()[1][0])
    with pytest.raises(ValueError):
        Header.parse(fields | {"previous": fields["previous"] | {name: []}})


def test_numbers_and_hashes() -> None:
    """A count is no bool, no float, not negative and not beyond all counts."""
    assert number({"n": 0}, "n") == 0
    for value in (False, 1.0, -1, 10**18, "1"):
        with pytest.raises(ValueError, match="n"):
            number({"n": value}, "n")
    for value in ("", "AAAA", "é", 7):
        with pytest.raises(ValueError):
            digest({"d": value}, "d")


def test_hostile_values_in_messages_are_short() -> None:
    """And never too deep to be shown."""
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert shown(deep) == "a list"
    assert len(shown("x" * 10_000)) < 100


def test_moments() -> None:
    """On two clocks."""
    event = control("seal", Stamp(7, 1_790_000_000_000_001_000))
    assert stamp_of(event) == Stamp(7, 1_790_000_000_000_001_000)


@pytest.mark.parametrize(
    "moment", [None, 7, "yesterday", "2026-01-01", "0001-01-01T00:00:00.000000Z", "\x9b31m"]
)
def test_hostile_moments(moment: object) -> None:
    """A seal has one, and it is written in one way."""
    with pytest.raises(ValueError, match="moment"):
        stamp_of({"@timestamp": moment, "ttytrace": {"boottime_ns": 7}})
    with pytest.raises(ValueError, match="moment"):
        stamp_of({"@timestamp": moment})
