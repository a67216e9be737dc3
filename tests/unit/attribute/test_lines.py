"""Which line a program comes from: told by who forked whom."""

from __future__ import annotations

import pytest

from tests.playbook import PANE, SERVER, exec_, exit_, followed, fork, key, typed
from tests.unit.attribute.panes import ADA, BOB, Pane, Said, exactly, unknown
from tracer.attribute.line import AHEAD, PROGRAM, SEVERAL
from tracer.attribute.lines import Lines
from tracer.model import abi
from tracer.model.events import Missing
from tracer.model.hands import Composed, How

# ---- the plain cases ----


def test_a_program_comes_from_the_line_that_was_submitted_before() -> None:
    """Both hands that wrote it, and the one that pressed Enter; it stands for the exec asked."""
    pane = Pane()
    pane.type((b"ls ", ADA), (b"-l", BOB))
    pane.type((b"\r", BOB))
    pid = pane.fork()
    record = exec_(pid, b"ls")
    composed = pane.lines.explain(record)
    assert composed == Composed(record.ktime_ns, key(pid), ((ADA, 3), (BOB, 2)), BOB, False, "")


def test_every_program_of_a_line_is_direct() -> None:
    """A pipeline, a list, a subshell: all of it stands in the line."""
    pane = Pane()
    pane.type((b"(a;b)|c\r", ADA))
    subshell, last = pane.fork(), pane.fork()
    inner = pane.fork(subshell)
    for pid in last, inner, subshell:
        assert pane.exec(pid, b"a") == exactly(7)


def test_the_next_line_replaces_it() -> None:
    """Once the shell has run something of the one before, at once."""
    pane = Pane()
    pane.type((b"ls\r", ADA))
    pane.run()
    pane.type((b"pwd\r", BOB))
    assert pane.run() == exactly(3, BOB)


def test_after_a_builtin_the_next_line_stands_alone_when_the_shell_had_time() -> None:
    """A builtin forks nothing; while it may still wait to be read, both lines may be meant."""
    pane = Pane()
    pane.type((b"cd x\r", ADA))
    pane.wait()
    pane.type((b"ls\r", BOB))
    assert pane.run() == exactly(2, BOB)
    pane.type((b"cd y\r", ADA))
    pane.type((b"ls\r", BOB))
    assert pane.run() == unknown(6, SEVERAL)


def test_several_lines_at_once_name_the_hand_of_all() -> None:
    """A paste: which line a program is from isn't known, whose it is is."""
    pane = Pane()
    pane.type((b"ls\rpwd\r", ADA))
    assert pane.run() == Said({ADA: 5}, ADA, SEVERAL)
    assert pane.run() == Said({ADA: 5}, ADA, SEVERAL)


def test_several_lines_at_once_are_not_the_next_ones() -> None:
    """The shell shows its prompt between them, where another's line comes too soon."""
    pane = Pane()
    pane.type((b"ls\rpwd\r", ADA))
    pane.run()
    pane.type((b"id\r", BOB))
    assert pane.run() == unknown(7, SEVERAL)


def test_the_first_program_of_a_pane_comes_from_no_line() -> None:
    """Nor does what it starts before anybody submitted one."""
    lines = Lines()
    lines.note(fork(PANE, parent=SERVER))
    assert lines.explain(exec_(PANE, b"bash", parent=SERVER)) is None
    assert Pane().run() is None


def test_a_pane_is_never_the_line_of_who_started_the_server() -> None:
    """tmux itself may have been started from a line; who asked for a pane isn't told by that."""
    pane = Pane()
    pane.type((b"tmux\r", ADA))
    server = pane.fork()
    assert pane.exec(server, b"tmux") == exactly(4)
    pane.note(fork(999, parent=server, server=server))
    assert pane.exec(999, b"bash") is None


def test_exec_by_the_shell_itself() -> None:
    """`exec foo` comes from its line; what foo starts, from foo."""
    pane = Pane()
    pane.type((b"exec vi\r", ADA))
    assert pane.exec(PANE, b"vi") == exactly(7)
    assert pane.run() == Said({ADA: 7}, ADA, PROGRAM)
    pane.type((b":!ls\r", BOB))
    assert pane.run() == unknown(7)


def test_unknown_hands_stay_unknown() -> None:
    """What typist/ could not tell."""
    pane = Pane()
    pane.type((b"l", None), (b"s", ADA), (b"\r", None))
    told = pane.run()
    assert told is not None
    assert (told.by, told.submitted_by) == ({None: 1, ADA: 1}, None)


def test_answers_of_a_terminal_are_nobodys_line() -> None:
    """The shell asked for them."""
    pane = Pane()
    pane.type((b"l", ADA))
    pane.note(typed((b"\x1b[?1;2c", None), how=How.TERMINAL_REPLY))
    pane.type((b"s\r", ADA))
    assert pane.run() == exactly(2)


# ---- programs that start programs, and jobs ----


def test_a_script_is_a_program() -> None:
    """All below it keeps the line, and says that it isn't all of the command."""
    pane = Pane()
    pane.type((b"./x\r", ADA))
    script = pane.fork()
    assert pane.exec(script, b"bash", b"./x", exe=b"/usr/bin/bash") == exactly(3)
    assert pane.run(script) == Said({ADA: 3}, ADA, PROGRAM)


def test_a_second_exec_is_a_program_s() -> None:
    """env, nice, sudo run another program in their place."""
    pane = Pane()
    pane.type((b"env ls\r", ADA))
    pid = pane.fork()
    assert pane.exec(pid, b"env", b"ls") == exactly(6)
    assert pane.exec(pid, b"ls") == Said({ADA: 6}, ADA, PROGRAM)


def test_a_job_keeps_its_line() -> None:
    """What it starts after the next line was submitted, by another, is still its own."""
    pane = Pane()
    pane.type((b"make &\r", ADA))
    make = pane.fork()
    pane.exec(make, b"make")
    pane.wait()
    pane.type((b"vi\r", BOB))
    vi = pane.fork()
    assert pane.exec(vi, b"vi") == exactly(2, BOB)
    pane.type((b"ix\r", BOB), to=vi)
    assert pane.run(make) == Said({ADA: 6}, ADA, PROGRAM)


def test_a_program_that_another_typed_to_may_do_what_that_one_said() -> None:
    """vi's `:!`: the one who started it isn't the one who asked for it."""
    pane = Pane()
    pane.type((b"vi\r", ADA))
    vi = pane.fork()
    pane.exec(vi, b"vi")
    pane.type((b":!ls\r", ADA), to=vi)
    assert pane.run(vi) == Said({ADA: 2}, ADA, AHEAD)
    pane.type((b":!rm x\r", BOB), to=vi)
    assert pane.run(vi) == unknown(2)


def test_a_job_that_another_brought_back() -> None:
    """It was started by one, and told what to do by the other."""
    pane = Pane()
    pane.type((b"vi\r", ADA))
    vi = pane.fork()
    pane.exec(vi, b"vi")
    pane.wait()
    pane.type((b"fg\r", BOB))
    pane.type((b":!rm x\r", BOB), to=vi)
    assert pane.run(vi) == unknown(2)


def test_a_program_is_no_shell_by_its_pid() -> None:
    """The shell that had the pid before is over."""
    pane = Pane()
    pane.type((b"bash\r", ADA))
    inner = pane.fork()
    pane.exec(inner, b"bash", exe=b"/usr/bin/bash")
    pane.note(exit_(inner))
    pane.wait()
    pane.type((b"vi\r", ADA))
    pane.note(fork(inner))
    pane.exec(inner, b"vi")
    pane.type((b":!ls\r", BOB), to=inner)
    assert pane.run(inner) == unknown(2)


def test_a_nested_shell_has_lines_of_its_own() -> None:
    """Until its first one, it is a program of the outer line; then back to the outer shell."""
    pane = Pane()
    pane.type((b"bash\r", ADA))
    inner = pane.fork()
    pane.exec(inner, b"bash", exe=b"/usr/bin/bash")
    assert pane.run(inner) == Said({ADA: 4}, ADA, PROGRAM)
    pane.wait()
    pane.type((b"ls\r", BOB), to=inner)
    assert pane.run(inner) == exactly(2, BOB)
    pane.wait()
    pane.type((b"exit\r", BOB), to=inner)
    pane.note(exit_(inner))
    pane.wait()
    pane.type((b"pwd\r", ADA))
    assert pane.run() == exactly(3)


# ---- what was there before, and what is kept ----


def test_a_shell_that_was_there_before() -> None:
    """Its first line may have been begun already."""
    pane = Pane()
    pane.lines = Lines()
    pane.lines.know(followed(PANE, PANE))
    assert pane.run() is None
    pane.type((b"ls\r", ADA))
    assert pane.run() == Said({ADA: 2}, ADA, AHEAD)
    pane.wait()
    pane.type((b"pwd\r", ADA))
    assert pane.run() == exactly(3)


def test_a_known_process_is_not_learned_again() -> None:
    """/proc is read later than records are made."""
    pane = Pane()
    pane.type((b"l", ADA))
    pane.lines.know(followed(PANE, PANE))
    pane.type((b"s\r", ADA))
    assert pane.run() == exactly(2)


def test_records_that_come_after_proc_was_read() -> None:
    """They tell all that happened, so nothing stood at the prompt before."""
    pane = Pane()
    pane.lines = Lines()
    pane.lines.know(followed(PANE, PANE))
    pane.note(fork(PANE, parent=SERVER))
    pane.note(exec_(PANE, b"-bash", exe=b"/usr/bin/bash", parent=SERVER))
    pane.type((b"ls\r", ADA))
    assert pane.run() == exactly(2)


def test_a_reused_pid_has_no_line() -> None:
    """Its fork was lost, and the process before it had one."""
    pane = Pane()
    pane.type((b"ls\r", ADA))
    pid = pane.fork()
    other = exec_(pid, b"ls")
    other = other._replace(key=other.key._replace(start_time_ns=other.key.start_time_ns + 10**9))
    assert pane.lines.explain(other) is None


def test_what_is_over_is_forgotten() -> None:
    """However many programs and shells there were; with the pane, its terminal."""
    pane = Pane()
    before = len(pane.lines)
    for _ in range(97):
        pane.type((b"bash\r", ADA))
        inner = pane.fork()
        pane.exec(inner, b"bash", exe=b"/usr/bin/bash")
        pane.note(exit_(inner))
    assert len(pane.lines) == before
    pane.note(exit_(PANE))
    assert len(pane.lines) == 0


def test_a_pane_whose_terminal_is_not_told() -> None:
    """A Typed without a session concerns no shell."""
    pane = Pane()
    pane.type((b"l", ADA))
    pane.note(typed((b"x", BOB), session=None))
    pane.type((b"s\r", ADA))
    assert pane.run() == exactly(2)


@pytest.mark.parametrize("kind", [abi.KIND_FORK, abi.KIND_EXEC, abi.KIND_EXIT, abi.KIND_PANE_INPUT])
def test_after_a_loss_nobody_is_named(kind: int) -> None:
    """An Enter may be what is missing; the next line is known again, but for its beginning."""
    pane = Pane()
    pane.type((b"ls\r", ADA))
    pane.note(Missing(0, kind, 0, 1))
    told = pane.run()
    assert told is not None and told.submitted_by is None and None in told.by
    pane.wait()
    pane.type((b"pwd\r", ADA))
    assert pane.run() == Said({ADA: 3}, ADA, AHEAD)


def test_a_program_whose_exec_is_lost() -> None:
    """What it starts may stand in the line or not."""
    pane = Pane()
    pane.type((b"make &\r", ADA))
    make = pane.fork()
    pane.wait()
    pane.type((b"ls\r", BOB))
    pane.note(Missing(0, abi.KIND_EXEC, 0, 1))
    assert pane.run(make) == Said({ADA: 6}, ADA, PROGRAM)
