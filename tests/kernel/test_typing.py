"""Whose hands: several users type at one session, and each byte that comes to its pane has the
right author, or none; never a wrong one.

The truth is told without the tracer. Where each typist has keys of its own, a byte tells whose it
is; where all type the same letters, tmux's own log does. What came at all, the program in the pane
tells: it keeps what it gets.
"""

from __future__ import annotations

import heapq
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from tests.kernel.conftest import WORKLOADS, StartTracer
from tests.kernel.hearing import assert_right, changes, heard, whose
from tests.kernel.patience import eventually
from tests.kernel.recording import Tracer
from tests.kernel.tmux import Pane, Tmux
from tests.kernel.typists import (
    FOURTH,
    USERS,
    Author,
    Sender,
    Typist,
    Writes,
    alone,
    at_once,
    at_random,
    authors_by_log,
    keys,
    let_in,
    play,
    wait_until_attached,
)
from tracer.model.findings import InputInjected, ProcessTraced, TextInput
from tracer.model.hands import How

MOST_UNKNOWN = 0.001
END = b"@"
ALPHABETS = ("abcdefgh", "ijklmnop", "qrstuvwx")
DIGITS = "0123456789"
POLICIES = pytest.mark.parametrize("policy", ["full", "metadata"])


class Reader(NamedTuple):
    """A pane whose program keeps what it gets in a file, byte for byte."""

    pane: Pane
    path: Path

    def got(self) -> bytes:
        return self.path.read_bytes() if self.path.exists() else b""


class Room:
    """A session whose panes are readers, and those who may type there."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.tmux = Tmux(place)
        self.readers: list[Reader] = []
        self.typists: list[Typist] = []

    def open(self, before: str = ":") -> Reader:
        """The first pane. A command sets its terminal up before it reads."""
        path = self._place / "got0"
        self.readers = [Reader(self.tmux.new_session(_reads(path, before)), path)]
        let_in(self.tmux, *USERS, FOURTH)
        eventually(path.exists)
        return self.readers[0]

    def split(self) -> Reader:
        """One more."""
        path = self._place / f"got{len(self.readers)}"
        self.readers.append(Reader(self.tmux.split(self.readers[0].pane, _reads(path)), path))
        eventually(path.exists)
        return self.readers[-1]

    def seat(self, count: int) -> list[Typist]:
        """So many users attach."""
        pane = self.readers[0].pane
        self.typists = [Typist(self.tmux, pane, user) for user in USERS[:count]]
        wait_until_attached(self.tmux, self.typists)
        return self.typists

    @cached_property
    def sender(self) -> Sender:
        """The fourth user, who has no terminal."""
        return Sender(self.tmux, self.readers[0].pane)

    def end(self) -> None:
        """The last that is typed, and what was typed before has come when that has."""
        self.sender.type(END)
        first = self.readers[0]
        eventually(lambda: first.got().endswith(END), lambda: f"{first.got()[-99:]!r}")

    def log(self) -> None:
        """From now on tmux writes what it does."""
        os.kill(self.readers[0].pane.server_pid, signal.SIGUSR2)

    def logged(self) -> bytes:
        (path,) = self._place.glob("tmux-server-*.log")
        return path.read_bytes()

    def letters(self) -> dict[bytes, Author | None]:
        """Whose each key is: letters of the typists, digits and END of the fourth user."""
        pairs = zip(self.typists, ALPHABETS, strict=False)
        mine: dict[bytes, Author | None] = {
            bytes([letter]): typist for typist, letters in pairs for letter in letters.encode()
        }
        return mine | {bytes([char]): self.sender for char in DIGITS.encode() + END}

    def close(self) -> None:
        for typist in self.typists:
            typist.close()
        self.tmux.close()


@pytest.fixture
def room() -> Iterator[Room]:
    """An empty room that other users can come into."""
    with tempfile.TemporaryDirectory(prefix="ttytrace-") as place:
        Path(place).chmod(0o711)
        room = Room(Path(place))
        yield room
        room.close()


def _reads(path: Path, before: str = ":") -> str:
    return f"stty raw -echo\n{before}\nexec cat >{shlex.quote(str(path))}"


def kits(count: int) -> list[Sequence[Writes]]:
    return [keys(alphabet) for alphabet in ALPHABETS[:count]]


@pytest.mark.parametrize("count", [2, 3])
def test_the_two_truths_agree(room: Room, count: int) -> None:
    """tmux's log and the letters themselves name the same author for each byte: so the log can be
    believed where letters don't tell."""
    reader = room.open()
    room.log()
    typists = room.seat(count)
    random = Random(7919)
    play(typists, at_random(random, kits(count), 3))
    play(typists, at_once(random, kits(count), 53))
    room.end()
    truth = whose(reader.got(), room.letters())
    assert truth == authors_by_log(room.logged(), typists, room.sender)
    assert changes(truth) > len(truth) / 10


@POLICIES
@pytest.mark.every_plan
def test_each_byte_of_two_has_its_author(
    start_tracer: StartTracer, room: Room, policy: str
) -> None:
    """A short time of two typists; of what they type is kept what the policy says."""
    tracer = start_tracer("--input", policy)
    reader = room.open()
    typists = room.seat(2)
    play(typists, at_random(Random(7907), kits(2), 2))
    play(typists, at_once(Random(7901), kits(2), 23))
    room.end()
    input_ = heard(tracer.stop(), reader.pane)
    assert input_.data == (reader.got() if policy == "full" else None)
    assert_right(input_, whose(reader.got(), room.letters()), MOST_UNKNOWN)


@pytest.mark.parametrize("count", [2, 3])
def test_a_minute_of_typing_has_its_authors(
    start_tracer: StartTracer, room: Room, scale: float, count: int
) -> None:
    """Thousands of keys, at random and within windows of 10 ms."""
    tracer = start_tracer("--input", "full")
    reader = room.open()
    typists = room.seat(count)
    random = Random(7883)
    play(typists, at_random(random, kits(count), 40 * scale))
    play(typists, at_once(random, kits(count), int(1601 * scale)))
    room.end()
    input_ = heard(tracer.stop(), reader.pane)
    truth = whose(reader.got(), room.letters())
    assert input_.data == reader.got()
    assert changes(truth) > 2000 * scale
    assert_right(input_, truth, MOST_UNKNOWN)


@POLICIES
def test_who_types_the_same_letters_is_not_mistaken(
    start_tracer: StartTracer, room: Room, scale: float, policy: str
) -> None:
    """Three type nothing but a and b. Where two press the same key at once nobody can tell who was
    first; elsewhere the author is known."""
    tracer = start_tracer("--input", policy)
    reader = room.open()
    room.log()
    typists = room.seat(3)
    random = Random(7879)
    play(typists, at_random(random, [keys("ab")] * 3, 20 * scale))
    play(typists, at_once(random, [keys("ab")] * 3, int(401 * scale)))
    room.end()
    truth = authors_by_log(room.logged(), typists, room.sender)
    assert len(truth) == len(reader.got())
    assert_right(heard(tracer.stop(), reader.pane), truth, most_unknown=0.1)


class Kit(NamedTuple):
    """What a typist types, and what the pane may get of it."""

    typed: list[Writes]
    arrives: list[bytes]


def _kit(letters: str, passed: Sequence[bytes], special: Sequence[Writes], *arrives: bytes) -> Kit:
    # Letters are most of it, as with anybody.
    typed = [*keys(letters) * 5, *((key,) for key in passed), *special]
    return Kit(typed, [*(bytes([char]) for char in letters.encode()), *passed, *arrives])


def _click(column: int) -> tuple[bytes, bytes]:
    return f"\x1b[<0;{column};7M".encode(), f"\x1b[<0;{column};7m".encode()


MIXED = (
    _kit(
        ALPHABETS[0],
        [b"\x1bOP", b"\x1b[A", b"\x1ba", "🦀".encode(), "漢字".encode()],
        [
            (b"\x1b[200~ABC DEF\x1b[201~",),
            (b"\x1b[H",),  # tmux rewrites it
            (b"\x02", b"a"),  # the prefix and a bound key
            (b"\x02", b"b", b"c"),  # into copy-mode and out
            (b"\x1b[15~",),  # bound without a prefix, but in a burst not
            _click(5),
        ],
        *(
            b"\x1b[200~",
            *map(str.encode, "ABC DEF"),
            b"\x1b[201~",
            b"\x1b[1~",
            b"\x1b[15~",
            b"\x02",
        ),
        *_click(5),
    ),
    _kit(
        ALPHABETS[1],
        [b"\x1b[17~", b"\x1b[B", b"\x1b[1;5D", "ü".encode(), b"\r", "🇪🇺".encode(), b"\x1bi"],
        [
            (b"\x1b[F",),
            (b"\x01", b"i"),  # the other prefix, and a buffer is pasted
            _click(10),
        ],
        *(b"\x1b[4~", b"IJKL", b"\x01", *_click(10)),
    ),
    _kit(
        ALPHABETS[2],
        [b"\x1b[24~", b"\x1b[C", b"\x7f", b"\x1bq", "e\u0301".encode()],
        [_click(15)],
        *_click(15),
    ),
)
_MODES = r"printf '\033[?2004h\033[?1000h\033[?1006h'"  # bracketed paste, and the mouse
_ASKING = r"while sleep 0.05; do printf '\033[c'; done &"  # what are you? tmux answers
_ANSWERS = (b"\x1b[?1;2c", b"\x1b[?1;2;4c")  # without and with sixel
_SETTINGS = (
    "set -g prefix C-b ; set -g prefix2 C-a ; set -g display-time 100 ; "
    "bind a display-message hello ; bind b copy-mode ; bind -n F5 display-message hello ; "
    "unbind -a -T copy-mode ; bind -T copy-mode c send-keys -X cancel ; "
    "set-buffer -b mine IJKL ; bind i paste-buffer -b mine"
)


@POLICIES
def test_all_sorts_of_keys_have_their_authors(
    start_tracer: StartTracer, room: Room, scale: float, policy: str
) -> None:
    """Pastes, send-keys of a fourth user, copy-mode, prefix keys, the mouse, function keys, UTF-8
    and emoji, mixed, while a program in the pane asks the terminal what it is."""
    tracer = start_tracer("--input", policy)
    reader = room.open(f"{_MODES}\n{_ASKING}")
    room.tmux.run(*_SETTINGS.split())
    authors: list[Author] = [*room.seat(3), room.sender]
    random, seconds = Random(7873), 60 * scale
    sent = alone(Random(7867), 3, keys(DIGITS), seconds, pause_s=0.4)
    typed = at_random(random, [kit.typed for kit in MIXED], seconds)
    play(authors, heapq.merge(typed, sent))
    authors[0].type(b"c")  # whatever came of the prefix, copy-mode is over
    room.end()
    tokens = room.letters() | dict.fromkeys(_ANSWERS)
    for kit, typist in zip(MIXED, room.typists, strict=True):
        tokens |= dict.fromkeys(kit.arrives, typist)
    got = reader.got()[: reader.got().index(END) + 1]  # tmux goes on answering
    input_ = heard(tracer.stop(), reader.pane).until(len(got))
    assert_right(input_, whose(got, tokens), MOST_UNKNOWN)
    assert input_.data == (got if policy == "full" else None)
    assert {How.KEYSTROKE, How.PASTE, How.SEND_KEYS, How.TERMINAL_REPLY} <= set(input_.ways())


def test_synchronised_panes_have_the_same_authors(
    start_tracer: StartTracer, room: Room, scale: float
) -> None:
    """What goes to both panes is its typist's in both; only one of them is where it was typed."""
    tracer = start_tracer("--input", "full")
    readers = [room.open(), room.split()]
    room.tmux.run("set-option", "-w", "synchronize-panes", "on")
    typists = room.seat(2)
    play(typists, at_random(Random(7853), kits(2), 10 * scale))
    room.end()
    eventually(lambda: readers[1].got() == readers[0].got())
    recording = tracer.stop()
    truth = whose(readers[0].got(), room.letters())
    for reader in readers:
        input_ = heard(recording, reader.pane)
        assert input_.data == reader.got()
        assert_right(input_, truth, MOST_UNKNOWN)
    ways = sum((heard(recording, reader.pane).ways() for reader in readers), start=Counter())
    assert ways[How.SYNC_PANES] >= len(truth) * (1 - MOST_UNKNOWN)


@pytest.mark.parametrize(("letters", "most_unknown"), [("ijkl", MOST_UNKNOWN), ("ab", 1)])
def test_a_reader_is_never_taken_for_a_writer(
    start_tracer: StartTracer, room: Room, letters: str, most_unknown: float
) -> None:
    """A client that may only look types too: nothing comes of it, and nobody is mistaken for it,
    though it types the same letters."""
    tracer = start_tracer("--input", "full")
    reader = room.open()
    typists = room.seat(2)
    room.tmux.run("server-access", "-r", USERS[1])
    play(typists, at_random(Random(7841), [keys("ab"), keys(letters)], 5))
    room.end()
    truth: list[Author | None] = [*[typists[0]] * (len(reader.got()) - 1), room.sender]
    assert_right(heard(tracer.stop(), reader.pane), truth, most_unknown)


def _reach(*arguments: object) -> int:
    """Runs workload/reach.py outside of tmux; returns its pid."""
    argv = [sys.executable, WORKLOADS / "reach.py", *map(str, arguments)]
    return int(subprocess.check_output(argv, text=True))


def _is_of(finding: object, pid: int, **fields: object) -> bool:
    person = getattr(finding, "person", None)
    there = {name: getattr(finding, name, None) for name in fields}
    return person is not None and person.key.tgid == pid and there == fields


def test_injected_keys_are_told_with_who_did_it(tracer: Tracer, room: Room) -> None:
    """TIOCSTI from a process outside: an event of its own, and the bytes are nobody else's."""
    reader = room.open()
    pid = _reach("tiocsti", f"/dev/pts/{reader.pane.tty.minor}", "stuffed")
    eventually(lambda: reader.got() == b"stuffed")
    recording = tracer.stop()
    (injected,) = recording.of(InputInjected, reader.pane.server_pid)
    assert _is_of(injected, pid, way="tiocsti", times=len("stuffed"), tty=reader.pane.tty)
    typed = recording.of(TextInput, reader.pane.server_pid)
    parts = [part for finding in typed for part in finding.typed_by]
    assert sum(part.size for part in parts) == len("stuffed")
    assert all(part.how == How.TIOCSTI and _is_of(part, pid) for part in parts)


def test_a_stranger_with_the_master_is_told(tracer: Tracer, room: Room) -> None:
    """A process takes the server's side of a terminal and writes to it. Where only what descends
    from tmux can be followed, it is one in a pane."""
    reader = room.open()
    pid_file = reader.path.with_name("pid")
    target = reader.pane.server_pid, f"/dev/pts/{reader.pane.tty.minor}", "foreign"
    reach = shlex.join(map(str, [sys.executable, WORKLOADS / "reach.py", "master", *target]))
    room.tmux.new_session(f"{reach} >{shlex.quote(str(pid_file))}; exec sleep infinity")
    eventually(lambda: reader.got() == b"foreign")
    pid = int(eventually(pid_file.read_text))
    recording = tracer.stop()
    (injected,) = recording.of(InputInjected, reader.pane.server_pid)
    assert _is_of(injected, pid, way="foreign-master", tty=reader.pane.tty)
    input_ = heard(recording, reader.pane)
    assert [(part.how, _is_of(part, pid)) for part in input_.by] == [
        (How.FOREIGN_MASTER, True)
    ] * len("foreign")


@pytest.mark.parametrize(("way", "request_"), [("ptrace", "PTRACE_ATTACH"), ("memory", "memory")])
def test_who_takes_hold_of_a_shell_is_told(
    tracer: Tracer, room: Room, way: str, request_: str
) -> None:
    """ptrace(2) of a pane's process, and a write to its memory."""
    reader = room.open()
    pid = _reach(way, reader.pane.pid)
    traced = tracer.until(
        lambda found: isinstance(found, ProcessTraced) and found.process.key.tgid == reader.pane.pid
    )
    assert isinstance(traced, ProcessTraced)
    assert _is_of(traced, pid, request=request_)
    assert traced.place.pane_pid == reader.pane.pid
