"""Which line a program comes from: two users type to one bash, and each program has the hands that
wrote its line and the one that pressed Enter, as far as they can be known."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from tests.kernel.recording import Tracer
from tests.kernel.sights import started, wait_for_names
from tests.kernel.tmux import Pane, Tmux
from tests.kernel.typists import (
    USERS,
    Author,
    Stroke,
    Typist,
    let_in,
    play,
    wait_until_attached,
)
from tests.patience import eventually
from tracer.attribute.line import AHEAD, COMPLETION, HISTORY, PROGRAM
from tracer.model.context import Command, Person
from tracer.model.findings import Finding, ProgramStarted

PROMPT = "ready$"
SHELL = f"exec env PS1='{PROMPT} ' bash --norc --noprofile"
SETTLED_S = 0.6


class Scene:
    """A pane with bash at its prompt, and two users at their terminals."""

    def __init__(self, place: Path, tracer: Tracer) -> None:
        self._tracer = tracer
        self._tmux = Tmux(place)
        # What a server makes before it is known as one isn't seen from its beginning.
        wait_for_names(tracer, self._tmux.new_session("exec sleep infinity"))
        self.pane: Pane = self._tmux.new_session(SHELL)
        wait_for_names(tracer, self.pane)
        let_in(self._tmux, *USERS)
        self.typists = [Typist(self._tmux, self.pane, user) for user in USERS[:2]]
        wait_until_attached(self._tmux, self.typists)
        self.wait_for_prompt()

    def type(self, author: Author, text: str) -> None:
        """Types, and waits until the terminal shows it at the end."""
        author.type(text.encode())
        self._until_last_line(lambda last: last.endswith(text.strip()))

    def wait_for_prompt(self) -> None:
        """Until nothing stands at it."""
        self.wait_for_line(PROMPT)

    def wait_for_line(self, line: str) -> None:
        """Until this is the last one that the terminal shows."""
        self._until_last_line(lambda last: last == line)

    def command(self, *argv: str) -> Command | None:
        """What is told of a program."""
        is_it = started(*argv)
        found = self._tracer.until(lambda found: is_it(found) and self._is_here(found))
        assert isinstance(found, ProgramStarted)
        return found.command

    def _is_here(self, found: Finding) -> bool:
        return bool(found.place and found.place.server.tgid == self.pane.server_pid)

    def close(self) -> None:
        for typist in self.typists:
            typist.close()
        self._tmux.close()

    def _until_last_line(self, is_it: Callable[[str], bool]) -> None:
        eventually(
            lambda: is_it(self._tmux.screen(self.pane).rstrip().rpartition("\n")[2]),
            lambda: self._tmux.screen(self.pane),
        )


@pytest.fixture
def scene(watching: Tracer) -> Iterator[Scene]:
    """It opens once the tracer sees."""
    with tempfile.TemporaryDirectory(prefix="ttytrace-") as place:
        Path(place).chmod(0o711)
        scene = Scene(Path(place), watching)
        yield scene
        scene.close()


def is_by(person: Person | None, author: Author) -> bool:
    return person is not None and author.is_person(person)


def assert_whole(command: Command | None, size: int, author: Author) -> None:
    """A line that one typed and submitted, and all of it."""
    assert command is not None
    ((person, by_size),) = command.composed_by
    assert is_by(person, author) and by_size == size
    assert is_by(command.submitted_by, author)
    assert (command.is_partial, command.reason) == (False, "")


@pytest.mark.every_plan
def test_two_write_a_line_and_one_submits(scene: Scene) -> None:
    """Every byte that stands in it counts, those that were erased don't."""
    ada, bob = scene.typists
    scene.type(ada, "/bin/tru")
    scene.type(bob, "xxe on")
    bob.type(b"\x7f" * 6)
    scene.wait_for_line(f"{PROMPT} /bin/tru")
    scene.type(ada, "e on")
    scene.type(bob, "e")
    bob.type(b"\r")
    command = scene.command("/bin/true", "one")
    assert command is not None
    assert {(person and person.uid): size for person, size in command.composed_by} == {
        ada.uid: 12,
        bob.uid: 1,
    }
    assert is_by(command.submitted_by, bob)
    assert (command.is_partial, command.reason) == (False, "")


def test_lines_one_after_the_other(scene: Scene) -> None:
    """Each program has its own line, with a builtin between them as well."""
    ada, bob = scene.typists
    for author, word in (ada, "one"), (bob, "two"), (bob, "three"), (ada, "four"):
        line = f"/bin/true {word}"
        scene.type(author, line)
        author.type(b"\r")
        assert_whole(scene.command("/bin/true", word), len(line), author)
        scene.wait_for_prompt()
    ada.type(b"cd /\r")
    scene.wait_for_prompt()
    time.sleep(SETTLED_S)
    bob.type(b"/bin/true five\r")
    assert_whole(scene.command("/bin/true", "five"), 14, bob)


def test_a_line_typed_ahead_by_the_other(scene: Scene) -> None:
    """bash reads it when the first is done, and nobody is named who could be the wrong one."""
    ada, bob = scene.typists
    ada.type(b"/bin/sleep 1.5\r")
    assert_whole(scene.command("/bin/sleep", "1.5"), 14, ada)
    bob.type(b"/bin/true ahead\r")
    command = scene.command("/bin/true", "ahead")
    assert command is not None
    assert (command.submitted_by, command.is_partial, command.reason) == (None, True, AHEAD)
    assert all(person is None for person, _ in command.composed_by)
    scene.wait_for_prompt()
    time.sleep(SETTLED_S)
    ada.type(b"/bin/true after\r")
    assert_whole(scene.command("/bin/true", "after"), 15, ada)


def test_a_job_keeps_its_line(scene: Scene) -> None:
    """It runs programs after the other has submitted lines of his own."""
    ada, bob = scene.typists
    job = "(/bin/sleep 1; /bin/true late) &"
    scene.type(ada, job)
    ada.type(b"\r")
    scene.command("/bin/sleep", "1")
    bob.type(b"/bin/true now\r")
    assert_whole(scene.command("/bin/true", "now"), 13, bob)
    assert_whole(scene.command("/bin/true", "late"), len(job), ada)


def test_what_a_program_starts_is_partial(scene: Scene) -> None:
    """A script, and a program that runs another in its place."""
    ada, _ = scene.typists
    ada.type(b"/bin/sh -c '/bin/true script; :'\r")
    command = scene.command("/bin/true", "script")
    assert command is not None and is_by(command.submitted_by, ada)
    assert (command.is_partial, command.reason) == (True, PROGRAM)
    scene.wait_for_prompt()
    ada.type(b"env /bin/true env\r")
    command = scene.command("/bin/true", "env")
    assert command is not None and is_by(command.submitted_by, ada)
    assert (command.is_partial, command.reason) == (True, PROGRAM)


def test_history_and_completion_are_partial(scene: Scene) -> None:
    """What the shell put into the line, nobody typed."""
    ada, bob = scene.typists
    scene.type(ada, "/bin/true again")
    ada.type(b"\r")
    scene.command("/bin/true", "again")
    scene.wait_for_prompt()
    time.sleep(SETTLED_S)
    bob.type(b"\x1b[A")
    scene.wait_for_line(f"{PROMPT} /bin/true again")
    scene.type(bob, "st")
    time.sleep(SETTLED_S)
    ada.type(b"\r")
    command = scene.command("/bin/true", "against")
    assert command is not None and is_by(command.submitted_by, ada)
    assert (command.is_partial, command.reason) == (True, HISTORY)
    ((person, size),) = command.composed_by
    assert is_by(person, bob) and size == 2
    scene.wait_for_prompt()
    time.sleep(SETTLED_S)
    ada.type(b"/bin/slee\t")
    scene.wait_for_line(f"{PROMPT} /bin/sleep")
    scene.type(ada, "0")
    time.sleep(SETTLED_S)
    ada.type(b"\r")
    command = scene.command("/bin/sleep", "0")
    assert command is not None and is_by(command.submitted_by, ada)
    assert (command.is_partial, command.reason) == (True, COMPLETION)


def test_a_shell_inside_the_shell(scene: Scene) -> None:
    """Its lines are its own."""
    ada, bob = scene.typists
    ada.type(b"bash --norc --noprofile\r")
    scene.command("bash", "--norc", "--noprofile")
    time.sleep(SETTLED_S)
    scene.wait_for_prompt()
    bob.type(b"/bin/true inner\r")
    assert_whole(scene.command("/bin/true", "inner"), 15, bob)


def test_at_random_never_a_wrong_name(scene: Scene) -> None:
    """Lines of both, at once, ahead and one after the other; each says in its words whose it is."""
    random = Random(11)
    at_s = 0.0
    words: list[tuple[str, int]] = []
    strokes: list[Stroke] = []
    for number in range(61):
        typist = random.randrange(2)
        words.append((f"{number}.of.{typist}", typist))
        wait = random.choice(["", "", "/bin/sleep 0.1; ", "cd /; "])
        strokes.append(Stroke(at_s, typist, f"{wait}/bin/true {words[-1][0]}\r".encode()))
        at_s += random.choice([0.0, 0.002, 0.05, 0.2, 0.7])
    play(scene.typists, strokes)
    commands = [(scene.command("/bin/true", word), typist) for word, typist in words]
    named = 0
    for command, typist in commands:
        for person in _named(command):
            assert is_by(person, scene.typists[typist])
            named += 1
    assert named > len(words) // 3


def _named(command: Command | None) -> list[Person]:
    if command is None:
        return []
    hands = [command.submitted_by, *(person for person, _ in command.composed_by)]
    return [person for person in hands if person is not None]
