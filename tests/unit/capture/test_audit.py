"""The audit stream as a source: who is under a server is known by our own processes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.audit_records import heard
from tests.patience import eventually
from tracer.capture.audit import AuditSource
from tracer.clock import boot_ns
from tracer.decode.records import decode
from tracer.model.audit import AuditConfig
from tracer.model.events import Exec, Exit, ProcessKey, Record, ServerFound
from tracer.model.facts import ServerSeen
from tracer.observe import procfs

SERVER = os.getpid()
GONE = 999_999_999  # of which no process can have the pid


@pytest.fixture
def found() -> list[ServerSeen]:
    """What looking for servers finds."""
    return []


@pytest.fixture
def source(found: list[ServerSeen]) -> Iterator[AuditSource]:
    with closing(AuditSource(lambda: list(found))) as source:
        yield source


@pytest.fixture
def child() -> Iterator[int]:
    """A process that we made, as a server makes that of a pane."""
    with subprocess.Popen(["sleep", "1000"]) as process:
        yield process.pid
        process.kill()


def drained(source: AuditSource) -> list[Record]:
    drain = source.drain()
    assert drain is not None
    (batch,) = drain.batches
    arrivals = decode(batch.data, batch.spans)
    assert sum(drain.produced) >= len(arrivals)
    return [arrival.record for arrival in arrivals]


def test_a_program_in_a_pane_is_told(source: AuditSource, child: int) -> None:
    """By what audit says, and /proc of a process that is still there."""
    source.follow(SERVER, SERVER, 0)
    seen = heard(child, b"ls", b"-l", time_ns=boot_ns(), ppid=SERVER)
    source.add(seen)
    (record,) = drained(source)
    there = procfs.process(child)
    assert isinstance(record, Exec) and there is not None
    assert record.key == ProcessKey(child, there.start_time_ns)
    assert (record.who.server_tgid, record.who.pane_tgid) == (SERVER, child)
    assert (record.who.uid, record.who.loginuid, record.who.audit_session) == (1000, 1000, 4)
    assert (record.argv, record.argc, record.exe, record.cwd) == (
        seen.argv, 2, b"/usr/bin/ls", b"/tmp",
    )  # fmt: skip
    assert record.exe_links == 1 and not record.flags


def test_what_is_cut_or_deleted_is_said(source: AuditSource) -> None:
    """As of the kernel half's records; of a process that is over there is no start."""
    source.follow(5, SERVER, 5)
    seen = heard(GONE, b"ls", time_ns=boot_ns(), ppid=5)
    source.add(seen._replace(argv_bytes=9000, exe=b"/tmp/x (deleted)"))
    record = next(each for each in drained(source) if isinstance(each, Exec))
    assert (record.exe, record.exe_links, record.flags) == (b"/tmp/x", 0, 1)
    assert record.key == ProcessKey(GONE, 0)


def test_what_runs_elsewhere_is_not_told(source: AuditSource) -> None:
    """It waits for a server to be found, for a while."""
    source.add(heard(GONE, b"sh", time_ns=boot_ns() - 10**11, ppid=SERVER))
    source.add(heard(GONE, b"cron", time_ns=boot_ns(), ppid=1))
    assert drained(source) == []
    source.follow(SERVER, SERVER, 0)
    assert drained(source) == []


def test_what_came_before_its_server_was_found_is_told_then(
    source: AuditSource, found: list[ServerSeen], child: int
) -> None:
    """tmux runs: whoever looks finds a server, and what it had started is under it."""
    found.append(ServerSeen(SERVER, 5, 1000, b"/usr/bin/tmux", b"/tmp/sock", ()))
    source.add(heard(SERVER, b"tmux", time_ns=boot_ns(), ppid=1))
    source.add(heard(child, b"sh", time_ns=boot_ns(), ppid=SERVER))
    (record,) = eventually(lambda: drained(source))
    assert isinstance(record, ServerFound)
    assert (record.key, record.who.uid) == (ProcessKey(SERVER, 5), 1000)
    source.follow(SERVER, SERVER, 0)  # as observe/ does then
    records = drained(source)
    assert [each.key.tgid for each in records if isinstance(each, Exec)] == [SERVER, child]


def test_looking_that_fails_is_done_again(found: list[ServerSeen]) -> None:
    """The kernel may have had no room for an answer."""
    failures = [OSError("no buffer")]

    def find() -> list[ServerSeen]:
        if failures:
            raise failures.pop()
        return found

    found.append(ServerSeen(SERVER, 5, 1000, b"/usr/bin/tmux", b"/tmp/sock", ()))
    with closing(AuditSource(find)) as source:
        for _ in range(2):
            source._find_ns = 0
            source.drain()
            eventually(lambda: source._finding is None or source._finding.done())
        (record,) = drained(source)
    assert isinstance(record, ServerFound)


def test_who_is_over_is_told(source: AuditSource) -> None:
    """The server last, whatever came first."""
    source.follow(GONE, GONE, 0)
    source.follow(GONE - 1, GONE, GONE - 1)
    records = drained(source)
    assert [each.key.tgid for each in records if isinstance(each, Exit)] == [GONE - 1, GONE]
    assert drained(source) == []


def test_a_server_that_is_left_out_is_not_found_again(
    source: AuditSource, found: list[ServerSeen], child: int
) -> None:
    """Nor is what runs under it told."""
    source.follow(SERVER, SERVER, 0)
    source.ignore_server(SERVER)
    found.append(ServerSeen(SERVER, 5, 1000, b"/usr/bin/tmux", b"/tmp/sock", ()))
    source._find_ns = 0
    source.add(heard(child, b"sh", time_ns=boot_ns(), ppid=SERVER))
    drained(source)
    eventually(lambda: source._finding is None or source._finding.done())
    assert drained(source) == []
    source.follow(SERVER, SERVER, 0)  # it is taken in again
    assert [type(each) for each in drained(source)] == [Exec]


def test_other_things_are_facts(source: AuditSource) -> None:
    """Each told once."""
    change = AuditConfig(5, "op=set", 0, None)
    source.add(change)
    assert (source.facts(), source.facts()) == ([change], [])
