"""The kernel as a source, with a child of this test as the only process that is followed."""

from __future__ import annotations

import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.need import lacking
from tracer.capture.kernel import RINGS, KernelSource
from tracer.capture.libbpf_ring import LibbpfRings
from tracer.capture.loader import load
from tracer.decode.records import Arrival, decode
from tracer.errors import TtytraceError
from tracer.model import abi
from tracer.model.events import Exec, Exit, Fork
from tracer.model.stage import Drain
from tracer.probe.btf import Btf
from tracer.probe.ktypes import kernel_types
from tracer.probe.plan import choose
from tracer.probe.survey import survey
from tracer.settings import RingSizes

pytestmark = pytest.mark.kernel
SIZES = RingSizes(critical_pages=16, bulk_pages=16)
SERVER = 4_100_000  # beyond pid_max's default, so nobody's


@pytest.fixture
def source() -> Iterator[KernelSource]:
    try:
        btf = Btf.load()
        kernel = KernelSource(load(choose(survey(btf)), kernel_types(btf), SIZES), SIZES)
    except TtytraceError as error:
        lacking(str(error))
    yield kernel
    kernel.close()


def run_followed(source: KernelSource, *argv: str) -> int:
    """Runs a program that is followed before it execs; its pid."""
    script = 'echo ready; read go; exec "$@"'
    shell = subprocess.Popen(
        ["sh", "-c", script, "sh", *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert shell.stdout is not None
    assert shell.stdout.readline() == b"ready\n"  # its own exec is over
    source.program.follow(shell.pid, SERVER, shell.pid)
    shell.communicate(b"go\n", timeout=60)
    return shell.pid


def arrivals(drain: Drain) -> list[Arrival]:
    """Of this test's processes: other tests may run at the same time."""
    found = [a for batch in drain.batches for a in decode(batch.data, batch.spans)]
    return [a for a in found if _server_of(a) == SERVER]


def _server_of(arrival: Arrival) -> int | None:
    match arrival.record:
        case Exec() | Fork():
            return arrival.record.who.server_tgid
        case Exit():
            return arrival.record.server_tgid
    return None


def test_what_a_followed_process_does_is_drained_once(source: KernelSource) -> None:
    """Exec, fork and ends, each with its number, and the counts have them all."""
    pid = run_followed(source, "sh", "-c", "true & wait; exit 3")
    drain = source.drain()
    records = [arrival.record for arrival in sorted(arrivals(drain))]
    assert [type(record) for record in records] == [Exec, Fork, Exit, Exit]
    assert records[0].argv == (b"sh", b"-c", b"true & wait; exit 3")
    assert records[0].key.tgid == records[3].key.tgid == pid
    assert records[3].status == 3 << 8
    for arrival in arrivals(drain):
        assert drain.produced[arrival.cpu * abi.KINDS + arrival.kind] >= 0
    assert arrivals(source.drain()) == []


def test_counts_grow_with_what_is_made(source: KernelSource) -> None:
    """Read before the rings: what they have beyond it was made since."""
    before = source.drain().produced
    run_followed(source, "true")
    after = source.drain().produced
    assert len(after) == source.cpus * abi.KINDS
    grown = sum(after) - sum(before)
    assert grown >= 2
    assert all(new >= old for new, old in zip(after, before, strict=True))


def test_a_stopped_source_is_final(source: KernelSource) -> None:
    """Nothing is made any more, and what waits can still be drained."""
    run_followed(source, "true")
    source.stop()
    last = source.drain()
    assert {type(a.record) for a in arrivals(last)} == {Exec, Exit}
    run_followed(source, "true")
    then = source.drain()
    assert then.produced == last.produced
    assert then.batches[0].spans == []


def test_the_clock_is_the_records_own(source: KernelSource) -> None:
    """A drain began after what it has, but for what came while it was taken."""
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    run_followed(source, "true")
    drain = source.drain()
    for arrival in arrivals(drain):
        assert before < arrival.ktime_ns < drain.began_ns


def test_nothing_was_skipped(source: KernelSource) -> None:
    """Nothing is told where nothing happened; a table that is full is told once."""
    run_followed(source, "true")
    assert source.skipped() == []
    assert isinstance(source.tty_states(), list)


def test_descriptors_can_be_waited_for(source: KernelSource) -> None:
    """Both rings."""
    for fd in source.filenos():
        assert "bpf-map" in str(Path(f"/proc/self/fd/{fd}").readlink())


def test_the_other_reader_brings_the_same(source: KernelSource) -> None:
    """The reader for machines that are not x86-64, on real records."""
    rings = LibbpfRings([source.program.maps[name] for name in RINGS])
    pid = run_followed(source, "echo", "hello")
    drain = Drain(0, [], rings.take())
    assert [(type(a.record), a.record.key.tgid) for a in arrivals(drain)] == [
        (Exec, pid),
        (Exit, pid),
    ]


def test_a_reader_that_sleeps_is_woken_by_the_first_record(source: KernelSource) -> None:
    """Which is far below the mark; without asking for it, it isn't."""
    with select.epoll() as poll:
        for fd in source.filenos():
            poll.register(fd, select.EPOLLIN | select.EPOLLET)
        poll.poll(0)
        run_followed(source, "true")
        assert not poll.poll(0)
        source.want_wake_up()
        run_followed(source, "true")
        assert poll.poll(60)


def test_the_last_drain_that_brought_something_is_known(source: KernelSource) -> None:
    """Not one that brought nothing."""
    before_ns = source.active_ns
    run_followed(source, "true")
    active = source.drain()
    assert before_ns < source.active_ns == active.began_ns
