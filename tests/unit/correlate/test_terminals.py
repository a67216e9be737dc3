"""tracer.correlate.terminals"""

from __future__ import annotations

import pytest

from tests.playbook import (
    CLIENT,
    CLIENT_PTS,
    CLIENT_TTY,
    MIDNIGHT_NS,
    PANE,
    SERVER,
    at_ns,
    client_shown,
    key,
    output,
    resize,
)
from tracer.correlate.procs import ProcessTable
from tracer.correlate.terminals import Terminals
from tracer.model import abi
from tracer.model.context import Person, Place
from tracer.model.events import Tty
from tracer.model.facts import TtyState
from tracer.model.findings import ClientOutput, Lost, TerminalResized, TextOutput

ADA = Person(key(CLIENT), 1000, 1000, 4, CLIENT_PTS, None, True)
SEAT = Place(key(SERVER), session_id="$0", session_name="work")


def _place_of(server_tgid: int, pane_pid: int | None) -> Place:
    return Place(key(server_tgid), pane_pid=pane_pid)


def _client_at(_server_tgid: int, tty: Tty) -> tuple[Person | None, Place]:
    return (ADA, SEAT) if tty == CLIENT_PTS else (None, Place(key(SERVER)))


@pytest.fixture
def terminals() -> Terminals:
    return Terminals(ProcessTable(), _place_of, _client_at)


def test_what_a_client_got_has_its_person_and_session(terminals: Terminals) -> None:
    """Joined as what panes show is, and apart from that."""
    terminals.add(client_shown(b"\x1b[H", 0, 0), 1)
    terminals.add(output(b"pane"), 1)
    assert terminals.extend(client_shown("ä".encode()[:1], 3, 1), 1)
    assert terminals.extend(client_shown("ä".encode()[1:], 4, 2), 1)
    shown, screen = sorted(terminals.flush(), key=lambda each: type(each).__name__, reverse=True)
    assert isinstance(shown, TextOutput) and shown.data == b"pane"
    assert isinstance(screen, ClientOutput)
    assert (screen.data, screen.person, screen.place) == ("\x1b[Hä".encode(), ADA, SEAT)


def test_a_hole_in_a_screen_is_its_own_loss(terminals: Terminals) -> None:
    """Not one of a pane."""
    terminals.add(client_shown(b"abc"), 1)
    assert terminals.owe(abi.KIND_CLIENT_OUTPUT, 1) and terminals.is_owed
    _, lost = terminals.add(client_shown(b"ghi", 6, 2), 1)
    assert isinstance(lost, Lost)
    assert (lost.kind, lost.records, lost.bytes, lost.offset) == ("client_output", 1, 3, 3)
    assert lost.place == SEAT and not terminals.is_owed


def test_what_was_lost_last_is_found_in_the_account(terminals: Terminals) -> None:
    """Of a client that got nothing since."""
    terminals.add(client_shown(b"abc"), 1)
    terminals.owe(abi.KIND_CLIENT_OUTPUT, 2)
    kind = abi.KIND_CLIENT_OUTPUT
    state = TtyState(CLIENT_TTY, MIDNIGHT_NS, 0, 50, 3, SERVER, CLIENT, CLIENT_PTS, kind)
    *_, lost = terminals.settle([state], at_ns(9))
    assert isinstance(lost, Lost)
    assert (lost.kind, lost.bytes, lost.place) == ("client_output", 47, SEAT)


def test_other_kinds_are_not_its_to_owe(terminals: Terminals) -> None:
    """They have no offsets."""
    assert not terminals.owe(abi.KIND_EXEC, 1)


@pytest.mark.parametrize("is_client", [False, True])
def test_a_size_is_told_where_it_changes(terminals: Terminals, is_client: bool) -> None:
    """Behind what was shown before; the same size again isn't told, nor none at all."""
    terminals.add(client_shown(b"a") if is_client else output(b"a"), 1)
    shown, told = terminals.resized(resize(80, 24, is_client=is_client))
    assert isinstance(shown, TextOutput | ClientOutput) and shown.data == b"a"
    assert isinstance(told, TerminalResized)
    assert (told.columns, told.rows, told.offset) == (80, 24, 7)
    assert told.person == (ADA if is_client else None)
    assert told.place.pane_pid == (None if is_client else PANE)
    assert not terminals.resized(resize(80, 24, is_client=is_client))
    assert not terminals.resized(resize(0, 0, is_client=is_client))
    assert len(terminals.resized(resize(81, 24, is_client=is_client))) == 1


def test_a_size_that_a_server_saw_and_we_did_not_is_told_by_what_it_wrote(
    terminals: Terminals,
) -> None:
    """Behind what is missing before it; where the server is seen to look at it again, no more."""
    terminals.resized(resize(80, 24, is_client=True))
    terminals.add(client_shown(b"old"), 1)
    new = client_shown(b"new", 9, 2)._replace(columns=132, rows=43)
    assert not terminals.extend(new, 1)
    shown, hole, resized = terminals.add(new, 1)
    assert isinstance(shown, ClientOutput) and shown.data == b"old"
    assert isinstance(hole, Lost) and (hole.offset, hole.bytes) == (3, 6)
    assert isinstance(resized, TerminalResized)
    assert (resized.columns, resized.rows, resized.offset) == (132, 43, 9)
    assert (resized.person, resized.place) == (ADA, SEAT)
    assert not terminals.resized(resize(132, 43, is_client=True))
    (shown,) = terminals.flush()
    assert isinstance(shown, ClientOutput) and (shown.data, shown.offset) == (b"new", 9)


def test_a_size_at_which_no_server_looked_is_not_told(terminals: Terminals) -> None:
    """The first look tells it."""
    assert not terminals.add(client_shown(b"a"), 1)
    _, told = terminals.resized(resize(80, 24, is_client=True))
    assert isinstance(told, TerminalResized)


def test_nothing_is_left_of_a_server_that_is_gone(terminals: Terminals) -> None:
    """What it showed is told; the next of that pid begins anew."""
    terminals.add(client_shown(b"a"), 1)
    terminals.resized(resize(80, 24))
    assert [type(each) for each in terminals.forget(SERVER)] == [ClientOutput]
    assert terminals.resized(resize(80, 24))
