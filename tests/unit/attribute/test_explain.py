"""All ways in which reads may have become writes."""

from __future__ import annotations

import pytest

from tests.unit.attribute.parts import EMPTY, read, scene, told, write
from tests.unit.attribute.play import TTYS
from tracer.attribute.explain import TooManyError, explanations, merged, needed


def test_both_orders_until_one_is_known() -> None:
    """Two reads in one write: the order of the clients decides."""
    reads, writes = [read("A", b"x", 1), read("B", b"x", 2)], [write(b"xx", 3)]
    a, b = TTYS["A"], TTYS["B"]
    assert len(explanations(scene(reads, writes))) == 2
    (only,) = explanations(scene(reads, writes, ranks=frozenset({(b, a)})))
    assert [piece.read.client for piece in only.writes[0] if piece.read] == [b, a]
    assert not only.left


def test_one_read_of_a_client_in_a_turn() -> None:
    """Two can't be in one write."""
    reads = [read("A", b"a", 1), read("A", b"b", 2)]
    assert explanations(scene(reads, [write(b"ab", 3)])) == []


def test_a_write_is_of_reads_before_it() -> None:
    """And a later write to the pane of later reads."""
    early, late = read("A", b"x", 1), read("B", b"x", 3)
    assert told(explanations(scene([early, late], [write(b"x", 2)]))) == [[[b"x"]]]
    both = explanations(scene([early, late], [write(b"x", 4), write(b"x", 5)]))
    assert [[w[0].read for w in each.writes] for each in both] == [[early, late]]


def test_three_turns_later_a_read_is_gone() -> None:
    """What follows isn't of it."""
    old = read("A", b"x", 1)
    old.gone_at = 5
    assert explanations(scene([old], [write(b"x", 6)])) == []
    assert len(explanations(scene([old], [write(b"x", 4)]))) == 1


def test_a_read_that_is_late() -> None:
    """Only where the server may have slept."""
    reads, writes = [read("A", b"x", 1)], [write(b"x", 3000)]
    assert explanations(scene(reads, writes)) == []
    assert len(explanations(scene(reads, writes, is_late=True))) == 1


def test_a_read_that_is_needed() -> None:
    """Not one of which another says the same."""
    first, second, other = read("A", b"x", 1), read("A", b"x", 2), read("B", b"y", 3)
    writes = [write(b"x", 4), write(b"y", 5)]
    assert needed(scene([first, second, other], writes), [first, other]) == {other}
    assert needed(scene([first, other], writes), [first, other]) == {first, other}


def test_what_is_left_out() -> None:
    """Each byte of a read that isn't written, and of one that is in part."""
    unused, part = read("A", b"zz", 1), read("B", b"ab\x02c", 2)
    (only,) = explanations(scene([unused, part], [write(b"ab", 3)], is_picked=True))
    assert only.left == {(unused, 0), (unused, 1), (part, 0), (part, 1)}


def test_a_copy_in_the_same_turn() -> None:
    """Another pane got it; that one again only in the next turn."""
    reads = [read("A", b"a", 1)]
    (only,) = explanations(scene(reads, [write(b"a", 2, 0), write(b"a", 3, 1)]))
    assert only.has_copy()
    again = [write(b"a", 2, 0), write(b"b", 3, 0), write(b"a", 4, 1)]
    assert explanations(scene([*reads, read("B", b"b", 1)], again)) == []


def test_a_read_that_is_cut() -> None:
    """A pane that is full takes the rest later."""
    reads = [read("A", b"ab" * 1000, 1)]
    (first,) = explanations(scene(reads, [write(b"ab" * 600, 2)]))
    assert first.state.rests[0].offset == 1200
    rest = write(b"ab" * 400, 3)
    (second,) = explanations(scene([], [rest], state=first.state))
    assert second.used == {reads[0]}
    assert second.state.rests == {}


def test_too_many() -> None:
    """Nothing is said then, and no read is needed."""
    reads = [read(client, b"x", at) for at in range(1, 15) for client in "ABC"]
    writes = [write(b"x", 20 + at) for at in range(10)]
    with pytest.raises(TooManyError):
        explanations(scene(reads, writes))
    only = read("A", b"y", 15)
    assert needed(scene([*reads, only], [*writes, write(b"y", 30)]), [only]) == frozenset()


def test_what_comes_after_several_is_what_any_allows() -> None:
    """The lowest floor, all reads that may have been in the turn."""
    reads = [read("A", b"x", 1), read("B", b"x", 2)]
    state = merged(explanations(scene(reads, [write(b"x", 3)])))
    assert state.floors == {0: 1}
    assert set(state.turn[0][1]) == set(reads)
    assert state.past == EMPTY.past
