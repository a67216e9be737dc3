"""A pane for tests of lines: its records in few words, and a model of the shell in it."""

from __future__ import annotations

from typing import NamedTuple

from tests.playbook import (
    COOKED_LFLAG,
    PANE,
    RAW_LFLAG,
    SERVER,
    at_ns,
    exec_,
    exit_,
    fork,
    hand,
    typed,
)
from tracer.attribute.line import AHEAD
from tracer.attribute.lines import Lines
from tracer.model.events import Record
from tracer.model.hands import Attributed, Composed, Hand

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
