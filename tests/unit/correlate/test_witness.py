"""Audit and the kernel half tell of the same programs, or it shows."""

from __future__ import annotations

import pytest

from tests.audit_records import heard
from tests.playbook import PANE, SERVER, at_ns, exec_, exit_, followed, fork, server_found
from tracer.correlate.procs import ProcessTable
from tracer.correlate.witness import (
    OTHER_ARGUMENTS,
    SEEN_BY_AUDIT_ONLY,
    SETTLE_NS,
    Difference,
    Under,
    Witness,
)
from tracer.model import abi
from tracer.model.events import Exec, Exit, Fork

LATE = at_ns(2000) + 2 * SETTLE_NS
PID = 201


class Scene:
    """A table of processes, and who holds audit's word against it; audit is heard from 0 on."""

    def __init__(self) -> None:
        self.processes = ProcessTable()
        self.witness = Witness(self.processes, {SERVER})
        self.witness.begin(at_ns(0) - 10**10)
        self.processes.exec(exec_(PANE, b"sh"))

    def tell(self, *records: Exec | Fork | Exit) -> None:
        """The kernel half does."""
        for record in records:
            self.witness.note(record)
            match record:
                case Exec():
                    self.processes.exec(record)
                case Fork():
                    self.processes.fork(record)
                case Exit():
                    self.processes.exit(record)

    def hear(self, pid: int, *argv: bytes, ms: float = 2000, ppid: int = PANE) -> None:
        """Audit does."""
        self.witness.hear(heard(pid, *argv, time_ns=at_ns(ms), ppid=ppid))

    def judged(self) -> list[str]:
        return [each.reason for each in self.witness.tick(LATE)]


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.mark.parametrize("is_audit_first", [True, False])
def test_they_agree(scene: Scene, is_audit_first: bool) -> None:
    """Whoever tells first; audit's clock is coarse."""
    if is_audit_first:
        scene.hear(PID, b"ls", b"-l", ms=1990)
    scene.tell(exec_(PID, b"ls", b"-l", ms=2000))
    if not is_audit_first:
        scene.hear(PID, b"ls", b"-l", ms=1990)
    assert scene.judged() == []
    assert scene.witness.tallies == {"agreed": 1}


def test_nothing_is_judged_too_soon(scene: Scene) -> None:
    """Our record may still be under way."""
    scene.hear(PID, b"ls")
    assert scene.witness.tick(at_ns(2000) + SETTLE_NS - 1) == []
    scene.tell(exec_(PID, b"ls", ms=2000))
    assert scene.judged() == []


def test_what_only_audit_saw_is_told_at_its_pane(scene: Scene) -> None:
    """By the process that made it; and what that one makes, too."""
    scene.hear(PID, b"ls")
    scene.hear(PID + 1, b"cat", ms=2001, ppid=PID)
    assert scene.witness.tick(LATE) == [
        Difference(at_ns(2000), Under(SERVER, PANE), SEEN_BY_AUDIT_ONLY),
        Difference(at_ns(2001), Under(SERVER, PANE), SEEN_BY_AUDIT_ONLY),
    ]
    assert scene.witness.tallies == {"unseen": 2}


def test_what_runs_elsewhere_is_none_of_ours(scene: Scene) -> None:
    """Most of what a machine runs."""
    scene.hear(900, b"cron", ppid=1)
    assert scene.judged() == [] and not scene.witness.tallies


def test_what_is_not_recorded_is_not_missed(scene: Scene) -> None:
    """Of a server that is left out, or is none."""
    scene.tell(exec_(700, b"sh", ms=1000, server=699))
    scene.hear(PID, b"ls", ppid=700)
    assert scene.judged() == [] and not scene.witness.tallies


def test_what_a_server_ran_before_it_was_found_is_not_missed(scene: Scene) -> None:
    """tmux tells utempter of a pane before it behaves as a server does."""
    scene.witness.note(server_found(ms=1995))
    scene.processes.seed(followed(SERVER, pane=0))
    scene.hear(PID, b"utempter", ppid=SERVER)
    assert scene.judged() == []
    scene.hear(PID, b"ls", ms=3100, ppid=SERVER)
    assert scene.judged() == [SEEN_BY_AUDIT_ONLY]


def test_a_pane_is_held_against_audit_from_its_first_program_on(scene: Scene) -> None:
    """The kernel half told of it, so it follows what that makes, however new its server is."""
    scene.witness.note(server_found(ms=1995))
    scene.hear(PID, b"ls")
    assert scene.judged() == [SEEN_BY_AUDIT_ONLY]


def test_a_pid_that_is_used_again_is_no_pane_of_ours(scene: Scene) -> None:
    """Its process was over long before."""
    scene.tell(exec_(PID, b"ls", ms=-8000), exit_(PID, ms=-7000))
    scene.hear(PID, b"cron", ppid=1)
    assert scene.judged() == []


def test_a_process_that_was_over_at_once_is_still_ours(scene: Scene) -> None:
    """Audit is heard later than its end."""
    scene.tell(fork(PID, ms=1999), exit_(PID, ms=2000.5))
    scene.hear(PID, b"ls", ppid=PID)
    assert scene.judged() == [SEEN_BY_AUDIT_ONLY]


def test_other_arguments_are_told_and_not_which(scene: Scene) -> None:
    """Somebody wrote over them, between the two."""
    scene.tell(exec_(PID, b"ls", b"-l", ms=2000))
    scene.hear(PID, b"ls", b"secret")
    (difference,) = scene.witness.tick(LATE)
    assert difference == Difference(at_ns(2000), Under(SERVER, PANE), OTHER_ARGUMENTS)
    assert scene.witness.tallies == {"arguments": 1}


def test_one_process_runs_several_programs(scene: Scene) -> None:
    """Each is held against its own record."""
    for ms, word in ((2000, b"a"), (2001, b"b")):
        scene.tell(exec_(PID, word, ms=ms))
    for ms, word in ((2001, b"b"), (2000, b"a")):
        scene.hear(PID, word, ms=ms)
    assert scene.judged() == []
    assert scene.witness.tallies == {"agreed": 2}


def test_what_is_cut_is_compared_as_far_as_it_goes(scene: Scene) -> None:
    """Both keep the beginning only."""
    long = b"x" * 5000
    record = exec_(PID, b"echo", long[:4000], ms=2000)
    scene.tell(record._replace(flags=abi.EXEC_ARGV_CUT, argv_bytes=5006))
    scene.hear(PID, b"echo", long)
    assert scene.judged() == []


def test_what_audit_does_not_tell_of_is_counted(scene: Scene) -> None:
    """No rule tells it to, or it lost something; of what agreed there is nothing to count."""
    scene.tell(exec_(PID, b"ls", ms=2000), exec_(PID + 1, b"ls", ms=2000))
    scene.hear(PID, b"ls")
    assert scene.judged() == []
    scene.witness.tick(at_ns(0) + 10**12)
    assert scene.witness.tallies == {"agreed": 1, "unheard": 1}


def test_before_it_is_heard_nothing_is_kept() -> None:
    """Where audit isn't wanted it costs nothing; what was under way at the start is no loss."""
    processes = ProcessTable()
    witness = Witness(processes, {SERVER})
    processes.exec(exec_(PANE, b"sh"))
    witness.note(exec_(PID, b"ls"))
    witness.hear(heard(PID, b"ls", time_ns=at_ns(2000), ppid=PANE))
    assert witness.tick(LATE) == []
    witness.begin(at_ns(3000))
    witness.hear(heard(PID, b"ls", time_ns=at_ns(2900), ppid=PANE))
    assert witness.tick(LATE) == []


def test_old_records_are_forgotten(scene: Scene) -> None:
    """A day later, memory is what it was."""
    for n in range(100):
        scene.tell(exec_(PID + n, b"ls", ms=n))
    scene.witness.tick(at_ns(0) + 10**12)
    assert not scene.witness._told and not scene.witness._times
