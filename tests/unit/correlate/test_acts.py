"""What people do to panes, joined to who they are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.playbook import PANE, PTS, SERVER, at_ns, exec_, followed, key, typed, who
from tracer.correlate.acts import RUN_NS, Acts
from tracer.correlate.people import People
from tracer.correlate.procs import ProcessTable
from tracer.model import abi
from tracer.model.context import Place
from tracer.model.events import Injection, Traced, Tty
from tracer.model.findings import Finding, InputInjected, ProcessTraced, TextInput
from tracer.model.hands import Composed, Hand, How

TIOCSTI = 0x5412
EVE = 666
INNER = 300  # a tmux client in the pane
_RUN_MS = RUN_NS // 1_000_000


def place_of(server_tgid: int, pane_tgid: int | None) -> Place:
    return Place(key(server_tgid), pane_pid=pane_tgid)


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def acts(people: People) -> Acts:
    """A pane whose shell is known, and nobody else."""
    processes = ProcessTable()
    processes.seed(followed(PANE, PANE))
    processes.seed(followed(INNER, PANE))
    return Acts(people, processes, place_of, lambda pid: pid == INNER)


def injection(code: int = TIOCSTI, ms: float = 0, session: int = PANE) -> Injection:
    """EVE injects."""
    return Injection(at_ns(ms), key(EVE), who(), SERVER, 0xFFFF8880, session, PTS, code)


def of(kind: type, findings: Sequence[Finding]) -> list:
    return [finding for finding in findings if isinstance(finding, kind)]


def test_injected_bytes_are_one_event_while_they_go_on(acts: Acts) -> None:
    """Who, by what way, where and how often; a second of silence ends it."""
    for ms in (0, 10, 20):
        assert of(InputInjected, acts.injected(injection(ms=ms))) == []
    assert of(InputInjected, acts.tick(at_ns(20 + _RUN_MS - 1))) == []
    (told,) = of(InputInjected, acts.tick(at_ns(20 + _RUN_MS)))
    assert (told.time_ns, told.end_ns, told.times) == (at_ns(0), at_ns(20), 3)
    assert (told.way, told.person.key, told.person.uid) == ("tiocsti", key(EVE), 1000)
    assert (told.place.pane_pid, told.tty) == (PANE, PTS)
    assert acts.flush() == []


@pytest.mark.parametrize(("foreground", "withheld"), [(PANE, None), (INNER, "nested")])
def test_what_goes_to_another_tmux_is_told_by_that_alone(
    acts: Acts, foreground: int, withheld: str | None
) -> None:
    """Here its bytes aren't kept: that tmux may be asking for a secret."""
    acts.typed(typed((b"hunter2", None), foreground=foreground))
    (told,) = acts.flush()
    assert isinstance(told, TextInput) and told.withheld == withheld
    assert told.data == (None if withheld else b"hunter2")


def test_after_a_pause_another_run_begins(acts: Acts) -> None:
    """The first is told before the second."""
    acts.injected(injection())
    (first,) = of(InputInjected, acts.injected(injection(ms=_RUN_MS)))
    assert first.times == 1
    assert [run.time_ns for run in of(InputInjected, acts.flush())] == [at_ns(_RUN_MS)]


def test_tiocsti_on_a_pane_is_input_of_its_author_too(acts: Acts) -> None:
    """How many bytes, not which."""
    acts.injected(injection())
    acts.injected(injection(ms=1))
    (told,) = of(TextInput, acts.flush())
    assert (told.size, told.data, told.withheld) == (2, None, "not-captured")
    (by,) = told.typed_by
    assert (by.how, by.person and by.person.key) == (How.TIOCSTI, key(EVE))


@pytest.mark.parametrize(
    ("code", "session", "way"),
    [
        (0x541C, PANE, "tioclinux"),
        (abi.INJECT_MASTER, PANE, "foreign-master"),
        (TIOCSTI, 4711, "tiocsti"),  # a client's terminal: the server reads it, and types it
    ],
)
def test_other_ways_are_told_and_count_as_no_input_themselves(
    acts: Acts, code: int, session: int, way: str
) -> None:
    """What comes of them has records of its own."""
    acts.injected(injection(code, session=session))
    findings = acts.flush()
    assert of(TextInput, findings) == []
    assert [told.way for told in of(InputInjected, findings)] == [way]


def test_who_takes_hold_of_a_process_is_told(acts: Acts) -> None:
    """By name of the request; the process is the pane's shell."""
    record = Traced(at_ns(0), key(EVE), who(), key(PANE), SERVER, PANE, 16)
    (told,) = of(ProcessTraced, acts.traced(record))
    assert (told.request, told.person.key) == ("PTRACE_ATTACH", key(EVE))
    assert (told.process.exe, told.place.pane_pid) == (b"/usr/bin/bash", PANE)


def test_a_command_has_its_hands_as_persons_once(acts: Acts, people: People) -> None:
    """A terminal that nobody is known to have is nobody."""
    people.meet(key(EVE), who())
    eve, stranger = Hand(None, key(EVE)), Hand(Tty(136, 99), None)
    by = ((eve, 4), (stranger, 1), (None, 2))
    acts.composed(Composed(at_ns(0), key(300), by, eve, True, "history"))
    assert acts.command(key(301), SERVER) is None
    command = acts.command(key(300), SERVER)
    assert command is not None and command.submitted_by is not None
    assert command.submitted_by.key == key(EVE)
    persons = [(person and person.key, size) for person, size in command.composed_by]
    assert persons == [(key(EVE), 4), (None, 1), (None, 2)]
    assert (command.is_partial, command.reason) == (True, "history")
    assert acts.command(exec_(300).key, SERVER) is None
