"""Bytes of audit records; what ausearch makes of them is in tests/kernel/test_auditd.py."""

from __future__ import annotations

import re
import struct

import pytest

from tests.escape_vectors import VECTORS
from tests.unit.sinks.delivered import exec_of
from tracer.sinks.auditlog import TRUSTED_APP, message_of, text_of


def values(text: bytes) -> dict[str, str]:
    """By name; each is plain."""
    words = text.decode().split(" ")
    plain = r"""[a-z_]+=("[^"' ]+"|[A-Za-z0-9:-]+)"""
    assert all(re.fullmatch(plain, word) for word in words), text
    return dict(word.split("=", 1) for word in words)


def test_a_message_is_asked_to_be_acknowledged() -> None:
    """As linux/netlink.h has it."""
    assert message_of(b"op=x", 7) == struct.pack("=IHHII", 21, TRUSTED_APP, 5, 7, 0) + b"op=x\0"


def test_a_record_is_words() -> None:
    """With names that ausearch knows; what is more than plain is hex."""
    found = values(text_of(exec_of(b"a b")))
    assert found["op"] == "ttytrace:exec"
    assert (found["exe"], found["opid"], found["ouid"]) == ('"/usr/bin/ls"', "4711", "1000")
    assert bytes.fromhex(found["cmd"]) == b"ls a b"
    assert found["claimed"] == '"session,window,pane"'


@pytest.mark.parametrize("hostile", [*VECTORS.values(), b"' res=failed '", b'"'])
def test_nothing_captured_makes_a_word(hostile: bytes) -> None:
    """Nor does it end the text."""
    assert values(text_of(exec_of(hostile))).keys() == values(text_of(exec_of(b"-l"))).keys()


def test_what_looks_like_hex_is_in_quotes() -> None:
    """Else it would be read as such."""
    assert values(text_of(exec_of(b"C0FFEE")))["session"] == '"C0FFEE"'


def test_a_long_record_fits() -> None:
    """The kernel would cut it anywhere; its end is there."""
    event = exec_of(b" " * 4000)
    event.event["process"]["working_directory"] = "é" * 4000
    event.event["tmux"]["window"]["name"] = "é" * 4000
    text = text_of(event)
    assert len(text) < 8560
    found = values(text)
    assert bytes.fromhex(found["session"]).endswith(b"...")
    assert found["res"] == "success"
