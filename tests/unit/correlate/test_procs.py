"""The table of processes: what runs, since when, under whom."""

from __future__ import annotations

from tests.playbook import CGROUP, PANE, SERVER, exec_, exit_, followed, fork, key
from tracer.correlate.procs import ProcessTable
from tracer.model.events import ProcessKey


def test_a_fork_runs_what_its_parent_runs() -> None:
    """Until it execs: a subshell is known by the program of its shell."""
    table = ProcessTable()
    table.exec(exec_(PANE, b"bash", parent=SERVER))
    child = table.fork(fork(300))
    assert (child.exe, child.argv, child.key) == (b"/usr/bin/bash", (b"bash",), key(300))
    assert table.get(300) == child


def test_a_fork_of_somebody_unknown_is_blank() -> None:
    """Its place is known all the same."""
    child = ProcessTable().fork(fork(300))
    assert (child.exe, child.argv) == (b"", ())
    assert child.who is not None and child.who.pane_tgid == PANE


def test_an_exec_replaces_what_ran() -> None:
    """All of it, with what the record says."""
    table = ProcessTable()
    table.fork(fork(300))
    process = table.exec(exec_(300, b"ls", b"-l"))
    assert process == table.get(300)
    assert (process.argv, process.cwd, process.source) == ((b"ls", b"-l"), b"/home/ada", "kernel")


def test_ancestors_lead_to_the_server() -> None:
    """From the parent up, each with its program, and no further than the server."""
    table = ProcessTable()
    table.seed(followed(SERVER, 0, ppid=1))
    table.exec(exec_(PANE, b"bash", parent=SERVER))
    table.exec(exec_(300, b"make", parent=PANE))
    process = table.exec(exec_(301, b"cc", parent=300))
    assert process.ancestors == (
        (300, b"/usr/bin/make"),
        (PANE, b"/usr/bin/bash"),
        (SERVER, b"/usr/bin/bash"),
    )


def test_ancestors_end_at_the_first_unknown_one() -> None:
    """It is named by its pid; a loop of parents ends as well."""
    table = ProcessTable()
    assert table.exec(exec_(300, b"a", parent=299)).ancestors == ((299, b""),)
    table.exec(exec_(400, b"b", parent=401))
    table.exec(exec_(401, b"c", parent=400))
    assert len(table.exec(exec_(400, b"d", parent=401)).ancestors) == 32


def test_proc_never_overrides_the_kernel() -> None:
    """/proc is read later than the record was made, and may show what a program wrote there."""
    table = ProcessTable()
    process = table.exec(exec_(PANE, b"bash"))
    table.seed(followed(PANE, PANE))
    assert table.get(PANE) == process


def test_a_process_from_proc_is_marked() -> None:
    """What was there first has its facts from /proc."""
    table = ProcessTable()
    table.seed(followed(PANE, PANE))
    process = table.get(PANE)
    assert process is not None and process.who is not None
    assert (process.source, process.exe, process.who.pane_tgid) == ("procfs", b"/usr/bin/bash", 200)


def test_the_end_tells_what_ended() -> None:
    """The last program of that process, which is not live any more."""
    table = ProcessTable()
    table.exec(exec_(300, b"ls"))
    assert table.exit(exit_(300)).argv == (b"ls",)
    assert len(table) == 0


def test_the_end_of_a_process_from_proc() -> None:
    """/proc counts start times in ticks: the same process within one."""
    table = ProcessTable()
    table.seed(followed(PANE, PANE))
    ended = exit_(PANE)._replace(key=key(PANE)._replace(start_time_ns=PANE * 10**9 + 9_999_999))
    assert table.exit(ended).exe == b"/usr/bin/bash"


def test_a_reused_pid_is_another_process() -> None:
    """The end of a process whose beginning was lost doesn't take the facts of the one before."""
    table = ProcessTable()
    table.exec(exec_(300, b"ls"))
    stranger = exit_(300)._replace(key=key(300)._replace(start_time_ns=7))
    assert table.exit(stranger).argv == ()
    assert table.get(300) is not None


def test_a_process_may_be_named_by_its_pid_alone() -> None:
    """Then it is the one that runs under that pid."""
    table = ProcessTable()
    table.exec(exec_(300, b"ls"))
    assert table.known(ProcessKey(300, 0)).argv == (b"ls",)
    assert table.known(ProcessKey(300, 7)).argv == ()


def test_a_process_is_known_a_while_after_its_end() -> None:
    """A thousand ends later it is forgotten, the newest stay."""
    table = ProcessTable()
    for pid in range(1000, 2100):
        table.exec(exec_(pid, b"true"))
        table.exit(exit_(pid))
    assert table.get(1000) is None
    assert table.get(2099) is not None
    child = table.fork(fork(9, parent=2099))
    assert child.argv == (b"true",)


def test_a_pid_that_ends_again_is_new_again() -> None:
    """It stays as long as any other, from its last end on."""
    table = ProcessTable()
    for pid in [7, *range(1000, 2000), 7, *range(3000, 3900)]:
        table.exec(exec_(pid, b"true"))
        table.exit(exit_(pid))
    assert table.get(7) is not None


def test_containers_are_learnt_by_cgroup() -> None:
    """A cgroup is known when somebody said of it, also that it is no container's."""
    table = ProcessTable()
    assert not table.knows_cgroup(CGROUP)
    assert table.exec(exec_(300)).container_id is None
    table.learn_container(CGROUP, "c0ffee")
    assert table.exec(exec_(300)).container_id == "c0ffee"
    table.learn_container(8, None)
    assert table.knows_cgroup(8)
