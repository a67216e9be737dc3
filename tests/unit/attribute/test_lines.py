"""Which line a program comes from: told by who typed where, and who forked whom."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.playbook import (
    COOKED_LFLAG,
    PANE,
    RAW_LFLAG,
    SERVER,
    at_ns,
    exec_,
    exit_,
    followed,
    fork,
    hand,
    injection,
    key,
    typed,
)
from tracer.attribute.line import AHEAD, BUILTIN, CHILD, COMPLETION, PROGRAM, SEVERAL, UNFINISHED
from tracer.attribute.lines import Lines
from tracer.model import abi
from tracer.model.events import Missing, Record
from tracer.model.hands import Attributed, Composed, Hand, How

ADA, BOB = hand(7), hand(8)
LATER = 1000  # ms after which a shell has read what waited


class Said(NamedTuple):
    """A Composed, without which process it is of."""

    by: dict[Hand | None, int]
    submitted_by: Hand | None
    reason: str


class Pane:
    """A pane with a shell in it, and a clock that goes on by a millisecond for each record."""

    def __init__(self, shell: bytes = b"bash") -> None:
        self.lines = Lines()
        self.now = 0.0
        self._pids = iter(range(400, 60000))
        self.note(fork(PANE, parent=SERVER))
        self.note(exec_(PANE, b"-" + shell, exe=b"/usr/bin/" + shell, parent=SERVER))
        self.wait()

    def note(self, record: Record | Attributed) -> None:
        self.now += 1
        self.lines.note(record._replace(ktime_ns=at_ns(self.now)))

    def wait(self, ms: float = LATER) -> None:
        self.now += ms

    def type(
        self, *runs: tuple[bytes, Hand | None], to: int = PANE, lflag: int = RAW_LFLAG
    ) -> None:
        self.note(typed(*runs, foreground=to, lflag=lflag))

    def fork(self, parent: int = PANE) -> int:
        pid = next(self._pids)
        self.note(fork(pid, parent=parent))
        return pid

    def exec(self, pid: int, *argv: bytes, exe: bytes = b"") -> Said | None:
        record = exec_(pid, *argv, exe=exe)
        composed = self.lines.explain(record)
        self.note(record)
        return said(composed)

    def run(self, parent: int = PANE) -> Said | None:
        """A program from its fork to its end."""
        pid = self.fork(parent)
        told = self.exec(pid, b"ls")
        self.note(exit_(pid))
        return told


def said(composed: Composed | None) -> Said | None:
    """What a test compares; partial is what has a reason, but for an unknown Enter."""
    if composed is None:
        return None
    if composed.submitted_by is not None:
        assert composed.is_partial == bool(composed.reason)
    return Said(dict(composed.composed_by), composed.submitted_by, composed.reason)


def exactly(size: int, by: Hand = ADA) -> Said:
    """A whole line of one hand."""
    return Said({by: size}, by, "")


def unknown(size: int, reason: str = AHEAD) -> Said:
    """Nobody is named."""
    return Said({None: size}, None, reason)


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


# ---- what the shell may act on instead ----


def test_a_line_typed_ahead_by_another_names_nobody() -> None:
    """It runs when the first is done, without another Enter."""
    pane = Pane()
    pane.type((b"sleep 5\r", ADA))
    sleep = pane.fork()
    assert pane.exec(sleep, b"sleep") == exactly(7)
    pane.type((b"rm x\r", BOB), to=sleep, lflag=COOKED_LFLAG)
    pane.note(exit_(sleep))
    assert pane.run() == unknown(7)


def test_a_line_typed_ahead_by_the_same_hand_is_named() -> None:
    """And partial: it isn't the line that ran it."""
    pane = Pane()
    pane.type((b"sleep 5\r", ADA))
    sleep = pane.fork()
    pane.type((b"ls\r", ADA), to=sleep, lflag=COOKED_LFLAG)
    pane.note(exit_(sleep))
    assert pane.run() == Said({ADA: 7}, ADA, AHEAD)


@pytest.mark.parametrize("wait", [0, LATER])
def test_a_line_after_one_typed_ahead(wait: int) -> None:
    """Once the shell had time to read what waited, the next line is its own; before, it may be
    either."""
    pane = Pane()
    pane.type((b"sleep 5\r", ADA))
    sleep = pane.fork()
    pane.type((b"id\r", BOB), to=sleep, lflag=COOKED_LFLAG)
    pane.wait()
    pane.note(exit_(sleep))
    pane.wait(wait)
    pane.type((b"ls\r", ADA))
    told = pane.run()
    assert told == (exactly(2) if wait else unknown(9, SEVERAL))


def test_a_beginning_typed_ahead_makes_the_line_partial() -> None:
    """What stands there of it isn't known; who pressed Enter is."""
    pane = Pane()
    pane.type((b"sleep 5\r", ADA))
    sleep = pane.fork()
    pane.type((b"ls -", BOB), to=sleep, lflag=COOKED_LFLAG)
    pane.note(exit_(sleep))
    pane.wait()
    pane.type((b"l\r", ADA))
    assert pane.run() == Said({ADA: 1}, ADA, AHEAD)


def test_a_line_typed_before_the_shell_was_there() -> None:
    """It waits for the shell that comes."""
    pane = Pane()
    pane.note(fork(PANE, parent=SERVER))
    pane.type((b"rm x\r", BOB), lflag=COOKED_LFLAG)
    pane.note(exec_(PANE, b"-bash", exe=b"/usr/bin/bash", parent=SERVER))
    assert pane.run() is None
    pane.type((b"ls\r", ADA))
    assert pane.run() == unknown(2)


def test_what_an_inner_shell_left_is_not_in_the_outer_line() -> None:
    """It stood at another prompt; what of it comes here isn't known."""
    pane = Pane()
    pane.type((b"bash\r", ADA))
    inner = pane.fork()
    pane.exec(inner, b"bash", exe=b"/usr/bin/bash")
    pane.type((b"rm ", BOB), to=inner)
    pane.note(exit_(inner))
    pane.wait()
    pane.type((b"ls\r", ADA))
    assert pane.run() == Said({ADA: 2}, ADA, AHEAD)


def test_input_of_a_builtin_is_no_line() -> None:
    """`read` has the terminal as commands have it, so what it reads may be behind what follows."""
    pane = Pane()
    pane.type((b"read x; rm $x\r", ADA))
    pane.wait()
    pane.type((b"foo\r", BOB), lflag=COOKED_LFLAG)
    assert pane.run() == unknown(13)


def test_what_a_builtin_left_is_read_before_the_next_line() -> None:
    """It took one line of two."""
    pane = Pane()
    pane.type((b"read x\r", ADA))
    pane.wait()
    pane.type((b"a\rrm x\r", BOB), lflag=COOKED_LFLAG)
    pane.type((b"ls\r", ADA))
    assert pane.run() == unknown(8, SEVERAL)


def test_a_password_is_typed_to_a_program() -> None:
    """Of withheld bytes, only whose they are is known."""
    pane = Pane()
    pane.type((b"sudo x; date\r", ADA))
    sudo = pane.fork()
    pane.note(typed((b"secret\r", BOB), foreground=sudo, lflag=0o2, is_withheld=True))
    assert pane.run(sudo) == unknown(12)
    assert pane.run() == unknown(12)


def test_completion_is_not_of_the_line_before() -> None:
    """A program that runs while a line is written may be what a key asked for."""
    pane = Pane()
    pane.type((b"cd x\r", ADA))
    pane.wait()
    pane.type((b"git ch\t", BOB))
    assert pane.run() == unknown(4)
    pane.wait()
    pane.type((b"\r", ADA))
    assert pane.run() == Said({BOB: 6}, ADA, COMPLETION)


def test_a_completion_that_still_runs_at_enter() -> None:
    """What starts then may be its, or the line's."""
    pane = Pane()
    pane.type((b"git ch\t", BOB))
    pane.type((b"\r", ADA))
    assert pane.run() == unknown(6, COMPLETION)


def test_plain_keys_after_enter_start_nothing() -> None:
    """A line that is being written already leaves the one that runs as it is."""
    pane = Pane()
    pane.type((b"ls\r", ADA))
    pane.type((b"pw", BOB))
    assert pane.run() == exactly(2)


@pytest.mark.parametrize("last", [b"\r", b"rm\x03"])
def test_an_empty_line_starts_nothing_of_its_own(last: bytes) -> None:
    """Nor does one that was given up; what the shell does at its next prompt may follow either."""
    pane = Pane()
    pane.type((b"ls\r", ADA))
    pane.run()
    pane.type((last, BOB))
    assert pane.run() == unknown(2)


def test_a_child_that_took_the_enter() -> None:
    """`$(fzf)` shows a prompt of its own in the shell's name: it ends, and the shell goes on."""
    pane = Pane()
    pane.type((b"rm $(fzf)\r", ADA))
    fzf = pane.fork()
    pane.wait()
    pane.type((b"foo\r", BOB))
    pane.note(exit_(fzf))
    told = pane.run()
    assert told is not None
    assert (told.by, told.submitted_by) == ({None: 3}, None)


def test_a_child_that_goes_on_took_nothing() -> None:
    """A job of the background is there before and after."""
    pane = Pane()
    pane.type((b"make &\r", ADA))
    make = pane.fork()
    pane.wait()
    pane.type((b"ls\r", BOB))
    assert pane.run() == exactly(2, BOB)
    pane.note(exit_(make))
    assert pane.run() == exactly(2, BOB)


def test_a_child_that_ends_while_a_line_is_written() -> None:
    """It may have taken some of it."""
    pane = Pane()
    pane.type((b"make &\r", ADA))
    make = pane.fork()
    pane.wait()
    pane.type((b"l", BOB))
    pane.note(exit_(make))
    pane.type((b"s\r", BOB))
    assert pane.run() == Said({BOB: 2}, BOB, CHILD)


def test_the_rest_of_a_command() -> None:
    """Lines of one hand are counted together; of two, nobody's: a builtin may read so too."""
    pane = Pane()
    pane.type((b"for i in 1\r", ADA))
    pane.wait()
    pane.type((b"do ls\r", ADA))
    pane.wait()
    pane.type((b"done\r", ADA))
    assert pane.run() == Said({ADA: 19}, ADA, UNFINISHED)
    pane.wait()
    pane.type((b"echo 'a\r", ADA))
    pane.wait()
    pane.type((b"' | wc\r", BOB))
    assert pane.run() == unknown(13, UNFINISHED)


def test_a_shell_without_an_editor_is_never_sure() -> None:
    """What it reads for a builtin looks the same."""
    pane = Pane(b"dash")
    pane.type((b"ls\r", ADA), lflag=COOKED_LFLAG)
    assert pane.run() == Said({ADA: 2}, ADA, BUILTIN)


def test_injected_input_is_its_injector_s() -> None:
    """Whatever it was, and it may have been a line."""
    pane = Pane()
    pane.type((b"ls\r", ADA))
    pane.note(injection(777))
    assert pane.run() == unknown(2)
    pane.wait()
    pane.type((b"pwd\r", ADA))
    assert pane.run() == Said({ADA: 3}, ADA, AHEAD)
    pane.wait()
    pane.note(injection(777))
    pane.type((b"id\r", ADA))
    told = pane.run()
    assert told is not None and told.submitted_by is None


def test_a_foreign_write_to_the_master_is_told_by_what_was_written() -> None:
    """Not twice."""
    pane = Pane()
    pane.note(injection(777, code=abi.INJECT_MASTER))
    pane.type((b"ls\r", Hand(None, key(777))))
    assert pane.run() == exactly(2, Hand(None, key(777)))


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


def test_a_reused_pid_has_no_line() -> None:
    """Its fork was lost, and the process before it had one."""
    pane = Pane()
    pane.type((b"ls\r", ADA))
    pid = pane.fork()
    other = exec_(pid, b"ls")
    other = other._replace(key=other.key._replace(start_time_ns=other.key.start_time_ns + 10**9))
    assert pane.lines.explain(other) is None


def test_processes_are_forgotten_when_they_end() -> None:
    """However many there were."""
    pane = Pane()
    for _ in range(97):
        pane.type((b"ls\r", ADA))
        pane.run()
    assert len(pane.lines) == 1


def test_a_pane_whose_terminal_is_not_told() -> None:
    """A Typed without a session concerns no shell."""
    pane = Pane()
    pane.type((b"l", ADA))
    pane.note(typed((b"x", BOB), session=None))
    pane.type((b"s\r", ADA))
    assert pane.run() == exactly(2)


# ---- a shell, its terminal and two hands, in any order of events ----


class Model(Pane):
    """bash on a terminal with a queue: it reads when its turn comes, and knows whose each line is.

    Each character of a line is a command: `l` runs a program, `s` one that stays in the
    foreground, `&` one in the background, `r` reads a line and then runs a program; `c` does
    nothing. TAB runs a program at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.queue: list[tuple[str, Hand]] = []
        self.text: list[tuple[str, Hand]] = []
        self.todo: list[str] = []
        self.submitted: tuple[tuple[tuple[str, Hand], ...], Hand] | None = None
        self.foreground: tuple[int, Hand] | None = None
        self.jobs: list[tuple[int, Hand]] = []
        self.is_reading = False

    def press(self, character: str, by: Hand) -> None:
        at_prompt = not (self.todo or self.foreground or self.is_reading)
        self.type(
            (character.encode(), by),
            to=self.foreground[0] if self.foreground else PANE,
            lflag=RAW_LFLAG if at_prompt else COOKED_LFLAG,
        )
        self.queue.append((character, by))

    def step(self) -> bool:
        """One thing that the shell does; False where it waits."""
        if self.foreground:
            return False
        if self.is_reading:
            return self._read_a_line()
        if self.todo:
            self._do(self.todo.pop(0))
            return True
        if not self.queue:
            return False
        self._take(*self.queue.pop(0))
        return True

    def rest(self) -> None:
        """Time enough for the shell to read all that waits."""
        while self.step():
            pass
        self.wait()

    def end(self) -> None:
        """The program in the foreground ends."""
        if self.foreground:
            self.note(exit_(self.foreground[0]))
            self.foreground = None

    def react(self) -> None:
        """The program in the foreground reads what waits, and does what it was told."""
        if self.foreground and self.queue:
            (_, by), *self.queue = self.queue
            self._started(self.foreground[0], by)

    def work(self) -> None:
        """A job of the background starts something."""
        for pid, by in self.jobs:
            self._started(pid, by)

    def _take(self, character: str, by: Hand) -> None:
        if character == "\r":
            self.submitted = tuple(self.text), by
            self.todo = [command for command, _ in self.text]
            self.text = []
        elif character == "\t":
            self._started(PANE, by)
        elif character == "\x7f":
            self.text = self.text[:-1]
        else:
            self.text.append((character, by))

    def _read_a_line(self) -> bool:
        characters = [character for character, _ in self.queue]
        if "\r" not in characters:
            return False
        del self.queue[: characters.index("\r") + 1]
        self.is_reading = False
        self._do("l")
        return True

    def _do(self, command: str) -> None:
        if command == "r":
            self.is_reading = True
        elif command != "c":
            self._fork_for_line(command)

    def _fork_for_line(self, command: str) -> None:
        assert self.submitted is not None
        line, by = self.submitted
        pid = self.fork()
        told = self.exec(pid, b"ls")
        if told is not None:
            assert told.submitted_by in (None, by)
            self._assert_truly_composed(told, line)
        if command == "s":
            self.foreground = pid, by
        elif command == "&":
            self.jobs.append((pid, by))
        else:
            self.note(exit_(pid))

    def _assert_truly_composed(self, told: Said, line: tuple[tuple[str, Hand], ...]) -> None:
        hands = [by for _, by in line]
        if not told.reason:
            assert told.by == {by: hands.count(by) for by in set(hands)}
        if told.submitted_by is not None:
            assert told.by.keys() <= {*hands, told.submitted_by, None}

    def _started(self, parent: int, by: Hand) -> None:
        told = self.run(parent)
        assert told is None or told.submitted_by in (None, by)


_HANDS = st.sampled_from([ADA, BOB])
_KEYS = st.sampled_from([*"lscr&", "\t", "\x7f", "\r", "\r"])
_ACTIONS = st.one_of(
    st.tuples(st.just("press"), _KEYS, _HANDS),
    st.tuples(st.just("press"), _KEYS, _HANDS),
    st.sampled_from([("step",), ("step",), ("rest",), ("end",), ("react",), ("work",)]),
)


_LATE = [("press", "s", ADA), ("press", "\r", ADA)]


# A program started late reads what was typed before it: a key, keys of no effect, keys before
# those that were told from the line, a line.
@example([*_LATE, ("press", "l", BOB), ("rest",), ("react",)])
@example([*_LATE, ("press", "\x7f", BOB), ("rest",), ("react",)])
@example(
    [
        ("press", "l", ADA), *_LATE, ("press", "l", BOB),
        ("step",), ("step",), ("step",), ("press", "l", ADA), ("rest",), ("react",),
    ]
)  # fmt: skip
@example([*_LATE, ("press", "l", BOB), ("press", "\r", ADA), ("rest",), ("react",)])
@settings(max_examples=400)
@given(st.lists(_ACTIONS, max_size=40))
def test_never_a_wrong_name(actions: list[tuple[Any, ...]]) -> None:
    """Whatever two hands type, and whenever the shell gets to it."""
    model = Model()
    for name, *arguments in actions:
        getattr(model, name)(*arguments)
    model.rest()


@given(st.lists(st.tuples(st.sampled_from(["l", "ll", "l&"]), _HANDS, _HANDS), max_size=9))
def test_names_where_nothing_is_in_doubt(lines: list[tuple[str, Hand, Hand]]) -> None:
    """Line by line, with time between them: all is known, whoever wrote and whoever submitted."""
    model = Model()
    for text, writer, submitter in lines:
        for character in text:
            model.press(character, writer)
        model.press("\r", submitter)
        model.step()
        assert model.run() == Said({writer: len(text)}, submitter, "")
        model.rest()
