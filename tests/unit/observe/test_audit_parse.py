"""One record of the audit stream, from whatever bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import audit_records
from tracer.observe.audit_parse import (
    MAX_RECORD_BYTES,
    UNSET,
    AuditRecord,
    Refused,
    decoded,
    parse,
    said,
)

HEAD = b"audit(1.000:2): "


def test_a_record_has_its_event_its_time_and_its_fields() -> None:
    """As a kernel wrote it."""
    record = parse(*audit_records.SYSCALL)
    assert (record.serial, record.time_ns) == (10, 1795292036_188_000_000)
    assert (record.number(b"pid"), record.number(b"ppid"), record.number(b"auid")) == (
        171,
        170,
        1001,
    )
    assert record.untrusted(b"exe") == b"/usr/bin/ls"
    assert record.fields[b"success"] == b"yes"


def test_what_is_not_set_is_not_known() -> None:
    """4294967295 is nobody, and never a number."""
    record = parse(1300, b"audit(1.000:2): auid=%d ses=x big=99999999999 key=(null)" % UNSET)
    assert {record.number(name) for name in (b"auid", b"ses", b"big", b"none")} == {None}
    assert record.untrusted(b"key") == b""


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (b'"plain"', b"plain"),
        (b'""', b""),
        (b"71756F227465", b'quo"te'),
        (b"(null)", b""),
        (b"?", b""),
        (b"ABC", b"ABC"),
        (b"1234x", b"1234x"),
    ],
)
def test_what_a_user_chose_is_decoded(value: bytes, meant: bytes) -> None:
    """Quoted, or in hex; what is neither stays as it is."""
    assert decoded(value) == meant


def test_what_a_program_says_can_not_pass_for_the_kernel() -> None:
    """Its part stands apart, and behind."""
    record = parse(
        1112, b"audit(1.000:2): pid=7 auid=5 msg='op=login auid=0 ' auid=0 pid=1 res=success'"
    )
    assert (record.number(b"auid"), record.number(b"pid")) == (5, 7)
    assert said(record) == {b"op": b"login", b"auid": b"0"}


@pytest.mark.parametrize(
    "data",
    [b"", b"audit(1.0:2): a=b", b"type=X msg=audit(1.000:2): a=b", HEAD + b"x" * MAX_RECORD_BYTES],
    ids=["empty", "no milliseconds", "a log's line", "too long"],
)  # fmt: skip
def test_what_is_no_record_is_refused(data: bytes) -> None:
    """It has no fields."""
    with pytest.raises(Refused):
        parse(1300, data)


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_a_record_or_refused(data: bytes, has_head: bool) -> None:
    """Nothing else comes of them."""
    try:
        record = parse(1300, HEAD + data if has_head else data)
    except Refused:
        return
    assert isinstance(record, AuditRecord)
    for name in record.fields:
        record.number(name)
        assert isinstance(record.untrusted(name), bytes)
    said(record)


@given(st.lists(st.binary(max_size=40).filter(lambda word: b"\0" not in word), max_size=6))
def test_arguments_come_back(words: list[bytes]) -> None:
    """However the kernel wrote them (audit_log_untrustedstring)."""
    text = b" ".join(b"a%d=%s" % (n, _untrusted(word)) for n, word in enumerate(words))
    record = parse(1309, b"audit(1.000:2): argc=%d " % len(words) + text)
    assert [record.untrusted(b"a%d" % n) for n in range(len(words))] == words


def _untrusted(word: bytes) -> bytes:
    if any(byte == 0x22 or not 0x21 <= byte <= 0x7E for byte in word):
        return word.hex().upper().encode()
    return b'"' + word + b'"'
