"""The attached kernel half: its tables, and its end."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

import pytest

from tests.kernel.tracing import load_program
from tests.need import lacking
from tracer.capture.maps import NUMBER, TTY_KEY, TTY_STATE, HashMap
from tracer.capture.program import LINEAGE_IGNORED, LoadedProgram
from tracer.errors import TtytraceError
from tracer.model import abi
from tracer.model.events import Tty
from tracer.model.facts import TtyState
from tracer.settings import RingSizes

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def program() -> Iterator[LoadedProgram]:
    try:
        loaded = load_program(None, RingSizes(critical_pages=2, bulk_pages=4))
    except TtytraceError as error:
        lacking(str(error))
    yield loaded
    loaded.close()


def test_processes_are_followed_until_they_are_not(program: LoadedProgram) -> None:
    """The kernel half's table has what it is told."""
    program.follow(4_000_001, 4_000_000, 4_000_001)
    program.follow(4_000_000, 4_000_000, 0)
    program.ignore_server(4_000_000)
    rows = dict(program.lineage.items())
    assert rows[4_000_001,] == (4_000_000, 4_000_001, 0)
    assert rows[4_000_000,] == (4_000_000, 0, LINEAGE_IGNORED)
    assert not program.has_server(4_000_000)
    program.follow(4_000_000, 4_000_000, 0)
    assert program.has_server(4_000_000)
    for tgid in (4_000_001, 4_000_000, 4_000_002):
        program.unfollow(tgid)
    assert not program.has_server(4_000_000)
    assert not {(4_000_000,), (4_000_001,)} & dict(program.lineage.items()).keys()


def test_a_process_that_finds_no_room_is_counted(
    program: LoadedProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has so many processes under servers must not end the recording by that."""

    def full(*_: object) -> None:
        raise OSError(errno.E2BIG, "full")

    monkeypatch.setattr(HashMap, "__setitem__", full)
    program.follow(4_000_001, 4_000_000, 4_000_001)
    assert program.unfollowed == 1


def test_only_output_has_an_account(program: LoadedProgram) -> None:
    """Each terminal is counted by kind, and the account is the output's."""
    table = HashMap(program.maps["ttys"], TTY_KEY, TTY_STATE)
    for kind, end in ((abi.KIND_PANE_INPUT, 3), (abi.KIND_PANE_OUTPUT, 50)):
        table[0xFFFF8880, kind] = (9, 1, end, 2, 100, 200, 136 << 20 | 3)
    (state,) = [state for state in program.tty_states() if state.tty_id == 0xFFFF8880]
    output = TtyState(0xFFFF8880, 9, 1, 50, 2, 100, 200, Tty(136, 3), abi.KIND_PANE_OUTPUT)
    assert state == output


def test_a_session_is_left_out(program: LoadedProgram) -> None:
    """The kernel half is told of it by its leader."""
    program.exclude_session(4_000_003)
    excluded = HashMap(program.maps["excluded"], NUMBER, NUMBER)
    assert excluded[4_000_003,] == (1,)


def test_closing_closes_every_descriptor(program: LoadedProgram) -> None:
    """And only once: closing again closes no stranger's."""
    copy = LoadedProgram(
        program.plan,
        {name: os.dup(fd) for name, fd in program.maps.items()},
        {name: os.dup(fd) for name, fd in program.programs.items()},
        [os.dup(fd) for fd in program.links],
    )
    held = [*copy.maps.values(), *copy.programs.values(), *copy.links]
    copy.close()
    copy.close()
    for fd in held:
        with pytest.raises(OSError):
            os.fstat(fd)
