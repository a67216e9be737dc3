"""Whose a write is that no read explains."""

from __future__ import annotations

from tests.unit.attribute.parts import read, write
from tests.unit.attribute.play import described, unknown
from tracer.attribute.outside import outside
from tracer.attribute.pending import Read, Write


def said(
    of: Write, *pending: Read, stale: tuple[Read, ...] = (), near: tuple[Read, ...] = ()
) -> str:
    """What is said of a write."""
    return " ".join(described(each) for each in outside(of, pending, stale, near))


def test_the_only_one_is_named() -> None:
    """A process that asked, or a client with keys that went nowhere."""
    assert said(write(b"text", 9, 0, 500)) == "4 500 send-keys likely"
    assert said(write(b"text", 9), read("A", b"]", 8)) == "4 A paste likely"


def test_one_of_several_is_not() -> None:
    """Nor nobody."""
    key = read("A", b"]", 8)
    assert said(write(b"text", 9, 0, 500), key) == unknown(4)
    assert said(write(b"text", 9), key, read("B", b"]", 8)) == unknown(4)
    assert said(write(b"text", 9, 0, 500, 501)) == unknown(4)
    assert said(write(b"text", 9)) == unknown(4)


def test_a_key_of_long_ago_pastes_nothing() -> None:
    """What it is bound to is done in its turn."""
    assert said(write(b"text", 2000), read("A", b"]", 8)) == unknown(4)


def test_keys_that_were_held_up() -> None:
    """Another client typed just this."""
    typed = read("B", b"te", 1), read("B", b"xt", 2)
    assert said(write(b"text", 9, 0, 500), stale=typed) == unknown(4)
    assert said(write(b"else", 9, 0, 500), stale=typed) == "4 500 send-keys likely"


def test_keys_in_the_same_write() -> None:
    """What may have been typed isn't the process's."""
    keys = (read("B", b"q", 8),)
    assert said(write(b"qtext", 9, 0, 500), near=keys) == f"{unknown()} 4 500 send-keys likely"


def test_an_answer_in_the_same_write() -> None:
    """Of the terminal that a program asks: it is nobody's, whoever pasted."""
    answered = write(b"\x1b[?1;2ctext", 9)
    assert said(answered, read("A", b"]", 8)) == f"{unknown(7)} 4 A paste likely"
