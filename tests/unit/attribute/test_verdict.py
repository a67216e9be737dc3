"""Which explanations count."""

from __future__ import annotations

from tests.unit.attribute.parts import read, scene, write
from tests.unit.attribute.play import described, keystroke, unknown
from tracer.attribute.explain import explanations
from tracer.attribute.pending import Read, Write
from tracer.attribute.verdict import (
    choose,
    is_clear,
    least,
    least_left,
    name,
    rivals,
    used_by_all,
)


def said(reads: list[Read], writes: list[Write], is_due: bool = True) -> list[str] | None:
    """Ranges of the writes, None to wait."""
    chosen = choose(explanations(scene(reads, writes)), writes, is_due)
    if chosen is None:
        return None
    return [" ".join(map(described, ranges)) for ranges in name(chosen, writes, ())]


def test_what_all_say_is_said_at_once() -> None:
    """Another key is still to come."""
    reads = [read("A", b"a", 1), read("B", b"b", 2)]
    assert said(reads, [write(b"a", 3)], is_due=False) == [keystroke("A")]


def test_what_differs_waits() -> None:
    """Until all is written, or it is time."""
    reads = [read("A", b"x", 1), read("B", b"x", 2)]
    assert said(reads, [write(b"x", 3)], is_due=False) is None
    assert said(reads, [write(b"x", 3)]) == [unknown()]
    both = [write(b"x", 3), write(b"x", 4)]
    assert said(reads, both, is_due=False) == [keystroke("A"), keystroke("B")]


def test_what_a_process_may_have_asked_for_waits() -> None:
    """Another write may come."""
    reads = [read("A", b"x", 1)]
    assert said(reads, [write(b"x", 3, 0, 500)], is_due=False) is None
    assert said(reads, [write(b"x", 3, 0, 500)]) == [keystroke("A")]


def test_keys_after_one_that_tmux_kept() -> None:
    """The process can be behind the next as well."""
    prefix, key = read("A", b"\x02", 1), read("A", b"x", 2)
    key.before = prefix
    assert said([prefix, key], [write(b"x", 3, 0, 500)]) == [unknown()]
    assert said([prefix, key], [write(b"x", 3)]) == [keystroke("A")]


def test_less_left_out_is_better() -> None:
    """Of two, the one that leaves out what the other does and more is put aside."""
    reads, writes = [read("A", b"ab", 1), read("B", b"b", 2)], [write(b"abb", 3)]
    found = explanations(scene(reads, writes, is_picked=True))
    assert [each.left for each in least(found)] == [frozenset()]
    assert least_left(found).left == frozenset()
    assert used_by_all(least(found)) == set(reads)


def test_a_rival() -> None:
    """A process is behind one write, and what is then left out isn't what is left out now."""
    reads = [read("A", b"x", 1), read("B", b"y", 2)]
    chosen = explanations(scene(reads, [write(b"x", 3, 0, 500)]))
    (rival,) = rivals(chosen, 0, explanations(scene(reads, [write(b"y", 4)])), 1)
    assert rival.writes[0][0].is_asked
    assert rivals(chosen, 0, chosen, 1) == []


def test_clear_is_where_every_byte_has_a_reason() -> None:
    """A hand, or an answer of a terminal."""
    answered, either = write(b"a\x1b[?1;2c", 3), write(b"x", 3)
    found = explanations(scene([read("A", b"a", 1)], [answered]))
    assert is_clear(name(found, [answered], ()))
    found = explanations(scene([read("A", b"x", 1), read("B", b"x", 2)], [either]))
    assert not is_clear(name(found, [either], ()))
