"""The kernel as a source, with a child of this test as the only process that is followed."""

from __future__ import annotations

import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.need import lacking
from tests.variants import preemptible
from tracer.capture.kernel import RINGS, KernelSource
from tracer.capture.libbpf_ring import LibbpfRings
from tracer.capture.loader import load
from tracer.capture.maps import NUMBER, HashMap
from tracer.decode.records import Arrival, decode
from tracer.errors import TtytraceError
from tracer.model import abi
from tracer.model.abi import Layout
from tracer.model.events import Exec, Exit, Fork, Record
from tracer.model.stage import Drain, Skipped
from tracer.probe.btf import Btf
from tracer.probe.caps import Caps
from tracer.probe.ktypes import kernel_types
from tracer.probe.plan import choose
from tracer.probe.survey import survey
from tracer.settings import RingSizes

pytestmark = pytest.mark.kernel
SIZES = RingSizes(critical_pages=16, bulk_pages=16)
SERVER = 4_100_000  # beyond pid_max's default, so nobody's


def started(see: Callable[[Caps], Caps] = lambda caps: caps) -> KernelSource:
    """`see` changes what this machine offers."""
    try:
        btf = Btf.load()
        plan = choose(see(survey(btf)))
        return KernelSource(load(plan, kernel_types(btf), SIZES), SIZES)
    except TtytraceError as error:
        lacking(str(error))


@pytest.fixture
def source() -> Iterator[KernelSource]:
    kernel = started()
    yield kernel
    kernel.close()


# Children of threads, and a sibling of their maker.
CLONES = """
import ctypes, os, signal, threading
def fork():
    if not (pid := os.fork()): os._exit(7)
    os.waitpid(pid, 0)
for thread in [threading.Thread(target=fork) for _ in range(3)]:
    thread.start(); thread.join()
CLONE_PARENT, clone = 0x8000, {"x86_64": 56, "aarch64": 220}[os.uname().machine]
if not ctypes.CDLL(None).syscall(clone, CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0): os._exit(9)
"""


def run_followed(source: KernelSource, *argv: str) -> int:
    """Runs a program that is followed before it execs; its pid."""
    return run_followed_by([source], *argv)


def run_followed_by(sources: list[KernelSource], *argv: str) -> int:
    script = 'echo ready; read go; exec "$@"'
    shell = subprocess.Popen(
        ["sh", "-c", script, "sh", *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert shell.stdout is not None
    assert shell.stdout.readline() == b"ready\n"  # its own exec is over
    for source in sources:
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


def test_perf_tracepoints_bring_the_same_as_raw_ones(source: KernelSource) -> None:
    """Of the same processes: a shell's, those of threads, and siblings of their maker."""
    perf = started(preemptible)
    try:
        assert not any(name.startswith("rt_sched") for name in perf.program.programs)
        script = f"true a '' b & wait; (exec -a x env -i false); {sys.executable} -c '{CLONES}'"
        run_followed_by([source, perf], "bash", "-c", script)
        by_raw, by_perf = (untimed(arrivals(each.drain())) for each in (source, perf))
    finally:
        perf.close()
    assert by_perf == by_raw
    assert len([record for record in by_raw if isinstance(record, Fork)]) == 6
    assert 9 << 8 in [record.status for record in by_raw if isinstance(record, Exit)]
    assert perf.faults == source.faults


def test_each_reason_not_to_follow_a_process_is_told(source: KernelSource) -> None:
    """By the kernel half's own counts, and only what is new."""
    not_followed, child_not_found = ((0,), (3,))  # bpf/maps.bpf.h, FAULT_*
    faults = HashMap(source.program.maps["faults"], NUMBER, Layout("times Q"))
    faults[not_followed], faults[child_not_found] = (2,), (1,)
    assert {each.reason: each.runs for each in source.skipped()} == {
        "too many processes": 2,
        "its parent began too many at once": 1,
    }
    faults[child_not_found] = (5,)
    assert source.skipped() == [Skipped("fork", "its parent began too many at once", 4)]


def untimed(arrived: list[Arrival]) -> list[Record]:
    """Each source sees a moment a little later than the one before it."""
    return [arrival.record._replace(ktime_ns=0) for arrival in sorted(arrived)]
