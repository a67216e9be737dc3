"""Whose hands: several users type at one session, and each byte that comes to its pane has the
right author, or none; never a wrong one.

The truth is told without the tracer. Where each typist has keys of its own, a byte tells whose it
is; where all type the same letters, tmux's own log does. What came at all, the program in the pane
tells: it keeps what it gets.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import pytest

from tests.kernel.conftest import StartTracer
from tests.kernel.hearing import Heard, assert_right, changes, heard, heard_whole, whose
from tests.kernel.recording import Tracer
from tests.kernel.room import ALPHABETS, DIGITS, END, Room
from tests.kernel.typists import (
    USERS,
    Author,
    Writes,
    alone,
    at_once,
    at_random,
    authors_by_log,
    keys,
    play,
)
from tests.patience import eventually
from tracer.model.hands import How

MOST_UNKNOWN = 0.001
# Less than 0.001 where it was measured; a busy machine puts more into one turn of tmux's loop.
MOST_UNKNOWN_MIXED = 0.01
# Few keys, and a server that gets so little CPU that a write comes many reads too late.
MOST_UNKNOWN_IN_A_GUEST = 0.05


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


@pytest.mark.every_plan
def test_each_byte_of_two_has_its_author(watching: Tracer, room: Room, scale: float) -> None:
    """A short time of two typists; what they type isn't kept unless it is asked for."""
    reader = room.open()
    typists = room.seat(2)
    play(typists, at_random(Random(7907), kits(2), 2))
    play(typists, at_once(Random(7901), kits(2), 23))

    def sent() -> Heard | None:
        # Together with a question of ours, END may be what a hook of tmux typed: nobody is named.
        room.end()
        input_ = heard_whole(watching, reader.pane, len(reader.got()))
        return input_ if How.SEND_KEYS in input_.ways() else None

    input_ = eventually(sent)
    assert input_.data is None
    most_unknown = MOST_UNKNOWN if scale == 1 else MOST_UNKNOWN_IN_A_GUEST
    assert_right(input_, whose(reader.got(), room.letters()), most_unknown)


def test_a_minute_of_typing_has_its_authors(
    start_tracer: StartTracer, room: Room, scale: float
) -> None:
    """Three press thousands of keys, at random and within windows of 10 ms."""
    tracer = start_tracer("--input", "full")
    reader = room.open()
    typists = room.seat(3)
    random = Random(7883)
    play(typists, at_random(random, kits(3), 40 * scale))
    play(typists, at_once(random, kits(3), int(1601 * scale)))
    room.end()
    input_ = heard(tracer.stop(), reader.pane)
    truth = whose(reader.got(), room.letters())
    assert input_.data == reader.got()
    assert changes(truth) > 2000 * scale
    assert_right(input_, truth, MOST_UNKNOWN)


def test_who_types_the_same_letters_is_not_mistaken(
    start_tracer: StartTracer, room: Room, scale: float
) -> None:
    """Three type nothing but a and b. Where two press the same key at once nobody can tell who was
    first; elsewhere the author is known."""
    tracer = start_tracer("--input", "full")
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


def test_all_sorts_of_keys_have_their_authors(
    start_tracer: StartTracer, room: Room, scale: float
) -> None:
    """Pastes, send-keys of a fourth user, copy-mode, prefix keys, the mouse, function keys, UTF-8
    and emoji, mixed, while a program in the pane asks the terminal what it is."""
    tracer = start_tracer("--input", "full")
    reader = room.open(f"{_MODES}\n{_ASKING}")
    room.tmux.run(*_SETTINGS.split())
    authors: list[Author] = [*room.seat(3), room.sender]
    random, seconds = Random(7873), 60 * scale
    sent = alone(Random(7867), 3, keys(DIGITS), seconds, pause_s=2)
    typed = at_random(random, [kit.typed for kit in MIXED], seconds)
    play(authors, heapq.merge(typed, sent))
    authors[0].type(b"c")  # whatever came of the prefix, copy-mode is over
    room.end()
    tokens = room.letters() | dict.fromkeys(_ANSWERS)
    for kit, typist in zip(MIXED, room.typists, strict=True):
        tokens |= dict.fromkeys(kit.arrives, typist)
    got = reader.got()[: reader.got().index(END) + 1]  # tmux goes on answering
    input_ = heard(tracer.stop(), reader.pane).until(len(got))
    assert_right(input_, whose(got, tokens), MOST_UNKNOWN_MIXED)
    assert input_.data == got
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
        assert_right(input_, truth, MOST_UNKNOWN_MIXED)
    ways = sum((heard(recording, reader.pane).ways() for reader in readers), start=Counter())
    assert ways[How.SYNC_PANES] + ways[How.UNKNOWN] >= len(truth) - len(END)


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
    truth: list[Author | None] = [typists[0]] * (len(reader.got()) - len(END))
    assert_right(heard(tracer.stop(), reader.pane).until(len(truth)), truth, most_unknown)
