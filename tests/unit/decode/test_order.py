"""Order: kernel time, whatever the rings do, and a count of what never came."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tests.packing import kind_of
from tests.playbook import at_ns, exec_, exit_, fork, output
from tracer.decode.order import HOLD_BACK_NS, OVERDUE_NS, Order
from tracer.decode.records import Arrival
from tracer.model import abi
from tracer.model.events import Missing, Record

CPUS = 3
FORK, EXEC = abi.KIND_FORK, abi.KIND_EXEC
_OVERDUE_MS = OVERDUE_NS / 1e6


def arrival(record: Record, seq: int, cpu: int = 0) -> Arrival:
    return Arrival(record.ktime_ns, kind_of(record), cpu, seq, record)


def produced(*counts: tuple[int, int, int]) -> list[int]:
    """(cpu, kind, numbers given out), the rest 0."""
    table = [0] * (CPUS * abi.KINDS)
    for cpu, kind, count in counts:
        table[cpu * abi.KINDS + kind] = count
    return table


def test_records_of_two_cpus_leave_by_time() -> None:
    """The ring of one CPU may be behind the other's."""
    order = Order(CPUS)
    late, early = fork(2, ms=9), fork(1, ms=3)
    drained = [arrival(late, 0, cpu=0), arrival(early, 0, cpu=1)]
    assert order.feed(drained, produced((0, FORK, 1), (1, FORK, 1)), at_ns(100)) == [early, late]


def test_what_is_young_waits() -> None:
    """An earlier record may still come, within the hold-back time."""
    order = Order(CPUS)
    young = fork(1, ms=50)
    assert order.feed([arrival(young, 0)], produced((0, FORK, 1)), at_ns(52)) == []
    older = fork(2, ms=49)
    drained = [arrival(older, 0, cpu=1)]
    counts = produced((0, FORK, 1), (1, FORK, 1))
    assert order.feed(drained, counts, at_ns(60)) == [older, young]


def test_a_hole_in_the_numbers_is_missing_before_the_next() -> None:
    """Two records that a later number reveals, in the place of the later one."""
    order = Order(CPUS)
    third = fork(3, ms=7)
    released = order.feed([arrival(third, 2)], produced((0, FORK, 3)), at_ns(100))
    assert released == [Missing(third.ktime_ns, FORK, 0, 2), third]


def test_a_number_that_never_comes_is_missing_when_it_is_overdue() -> None:
    """The last records of a CPU have no later one to reveal them: the count does, once a CPU
    that was held up between giving out the number and sending has had its time."""
    order = Order(CPUS)
    counts = produced((1, EXEC, 2))
    for ms in range(0, round(_OVERDUE_MS), 10):
        assert order.feed([], counts, at_ns(ms)) == []
    late = [*order.feed([], counts, at_ns(_OVERDUE_MS)), *order.feed([], counts, at_ns(3000))]
    assert [(m.kind, m.cpu, m.records) for m in late] == [(EXEC, 1, 2)]


def test_what_comes_late_is_not_missing() -> None:
    """A CPU that stood still with a record in its hands (a guest that was not scheduled) loses
    nothing."""
    order = Order(CPUS)
    counts = produced((0, FORK, 1))
    record = fork(1, ms=0)
    assert order.feed([], counts, at_ns(1)) == []
    assert order.feed([], counts, at_ns(400)) == []
    assert order.feed([arrival(record, 0)], counts, at_ns(500)) == [record]
    assert order.feed([], counts, at_ns(5000)) == []
    assert order.flush() == []


def test_the_end_tells_what_is_still_owed() -> None:
    """When no more will come, what the last count has and nobody brought is missing."""
    order = Order(CPUS)
    record = fork(1, ms=99)
    assert order.feed([arrival(record, 0)], produced((0, FORK, 4)), at_ns(100)) == []
    assert order.flush() == [record, Missing(at_ns(100), FORK, 0, 3)]


def test_numbers_wrap_around() -> None:
    """Sequence numbers have 32 bits and the counters 64."""
    order = Order(CPUS)
    last = 2**32 - 1
    order.feed([arrival(fork(1), last)], produced((0, FORK, 2**32)), at_ns(100))
    released = order.feed([arrival(fork(2), 1)], produced((0, FORK, 2**32 + 2)), at_ns(200))
    assert released == [Missing(fork(2).ktime_ns, FORK, 0, 1), fork(2)]
    assert order.flush() == []


_MAKERS = (fork, exec_, exit_, lambda pid, ms: output(b"x", nth=pid, ms=ms))


@st.composite
def _runs(draw: st.DrawFn) -> tuple[list[tuple[Record, int]], set[int], int, int]:
    """Records with their CPU in kernel order, which of them are lost, drains, a seed."""
    steps = draw(
        st.lists(
            st.tuples(st.integers(0, CPUS - 1), st.sampled_from(_MAKERS), st.integers(0, 9)),
            max_size=60,
        )
    )
    made, ms = [], 0.0
    for pid, (cpu, maker, step) in enumerate(steps):
        ms += step / 10
        made.append((maker(pid, ms=ms), cpu))
    lost = draw(st.sets(st.integers(0, max(len(made) - 1, 0)), max_size=len(made)))
    return made, lost, draw(st.integers(1, 8)), draw(st.integers(0, 1 << 16))


@given(_runs())
def test_released_and_missing_are_what_was_made(
    run: tuple[list[tuple[Record, int]], set[int], int, int],
) -> None:
    """For whatever order of CPUs within a drain, whatever was lost and however the drains cut:
    each slot's records + Missing = its numbers, nothing twice, all in the order of time."""
    made, lost, drains, seed = run
    order, rng = Order(CPUS), random.Random(seed)
    counts, released = [0] * (CPUS * abi.KINDS), []
    step = max(1, len(made) // drains)
    for start in range(0, len(made), step):
        batch = []
        for nth, (record, cpu) in enumerate(made[start : start + step], start):
            slot = cpu * abi.KINDS + kind_of(record)
            if nth not in lost:
                batch.append(arrival(record, counts[slot], cpu))
            counts[slot] += 1
        rng.shuffle(batch)
        batch.sort(key=lambda a: (a.cpu, a.kind, a.seq))  # a ring keeps the order of each CPU
        began_ns = made[min(start + step, len(made)) - 1][0].ktime_ns
        released += order.feed(batch, counts, began_ns)
    released += order.flush()
    kept = [(record, cpu) for nth, (record, cpu) in enumerate(made) if nth not in lost]
    arrived = Counter(r for r in released if not isinstance(r, Missing))
    assert arrived == Counter(record for record, _ in kept)
    times = [record.ktime_ns for record in released]
    assert times == sorted(times)
    got = Counter({slot: count for slot, count in enumerate(counts) if count})
    for record in released:
        if isinstance(record, Missing):
            got[record.cpu * abi.KINDS + record.kind] -= record.records
    got.subtract(cpu * abi.KINDS + kind_of(record) for record, cpu in kept)
    assert not +got and not -got


def test_hold_back_is_shorter_than_a_turn() -> None:
    """Holding back costs less than the period of the loop (10 ms)."""
    assert HOLD_BACK_NS < 10_000_000


def test_tallies_add_up() -> None:
    """Made = arrived + lost + under way, over all CPUs, also where the numbers have wrapped and
    where a record came before its count was read."""
    order = Order(CPUS)
    near = (1 << 32) - 1
    order.feed([arrival(exec_(1, ms=1), near)], produced((0, EXEC, 1 << 32)), at_ns(0))
    drained = [
        arrival(fork(1, ms=1), 0),
        arrival(fork(2, ms=2), 3),
        arrival(fork(3, ms=3), 0, cpu=2),
        arrival(exec_(1, ms=4), 0),
    ]
    counts = produced((0, FORK, 6), (2, FORK, 0), (0, EXEC, (1 << 32) + 2))
    order.feed(drained, counts, at_ns(100))
    tallies = order.tallies()
    assert tallies[FORK] == (6, 3, 2)
    assert tallies[EXEC].produced - tallies[EXEC].arrived - tallies[EXEC].lost == 1
    assert set(tallies) == {FORK, EXEC}
    order.flush()
    assert order.tallies()[FORK].lost == 4
