"""Whom a line can be told of: what else a shell may have acted on, and what it can't have."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.playbook import COOKED_LFLAG, PANE, SERVER, exec_, exit_, fork, injection, key, typed
from tests.unit.attribute.panes import ADA, BOB, LATER, Model, Pane, Said, exactly, unknown
from tracer.attribute.line import AHEAD, BUILTIN, CHILD, COMPLETION, SEVERAL, UNFINISHED
from tracer.model import abi
from tracer.model.hands import Hand


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


# A shell, its terminal and two hands, in any order of events.
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
