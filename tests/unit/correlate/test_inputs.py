"""Runs of one author, in order, and the holes between them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.playbook import PANE, PTS, SERVER, at_ns, key
from tracer.correlate.inputs import AGE_NS, IDLE_NS, RUN_BYTES, Inputs
from tracer.correlate.people import People
from tracer.model.context import Origin, Person, Place
from tracer.model.events import Tty
from tracer.model.findings import Lost, TextInput
from tracer.model.hands import Confidence, Hand, How, Range, Typed

ADA, BEN = Hand(Tty(136, 7), None), Hand(Tty(136, 8), None)
SSH = Origin("ssh", "10.0.0.7", 50122)
PLACE = Place(key(SERVER), pane_pid=PANE)
_IDLE_MS, _AGE_MS = IDLE_NS // 1_000_000, AGE_NS // 1_000_000


class Seats(People):
    """Whoever sits at pts/N is process N * 10, of whom it is known later how he came."""

    def person_of(self, hand: Hand, server_tgid: int) -> Person | None:
        assert server_tgid == SERVER
        pid = hand.tty.minor * 10 if hand.tty else hand.process.tgid if hand.process else 0
        return Person(key(pid), pid, pid, None, hand.tty, None, hand.tty is not None)

    def latest(self, person: Person) -> Person:
        return person._replace(origin=SSH)


def by(hand: Hand | None, size: int, how: How = How.KEYSTROKE) -> Range:
    confidence = Confidence.EXACT if hand else Confidence.NONE
    return Range(size, hand, how, confidence, "")


def typed(data: bytes, offset: int, *ranges: Range, ms: float = 0, withheld: int = 0) -> Typed:
    """`data` came, all by ADA unless `ranges` say otherwise; `withheld` bytes came without."""
    size = withheld or len(data)
    return Typed(
        at_ns(ms), SERVER, 0xFFFF8880, offset, PANE, PANE, PTS, 0, size, bool(withheld), data,
        ranges or (by(ADA, size),),
    )  # fmt: skip


def feed(inputs: Inputs, *pieces: Typed) -> list[TextInput | Lost]:
    return [finding for piece in pieces for finding in inputs.add(piece, None, PLACE)]


def authors(finding: TextInput | Lost) -> list[tuple[int, int, int | None]]:
    assert isinstance(finding, TextInput)
    return [(one.start, one.size, one.person and one.person.uid) for one in finding.typed_by]


def test_keys_of_one_author_are_one_run_until_enter() -> None:
    """`ls` and Enter, key by key."""
    inputs = Inputs(Seats())
    found = feed(inputs, typed(b"l", 0), typed(b"s", 1, ms=200), typed(b"\r", 2, ms=400))
    (run,) = found
    assert isinstance(run, TextInput)
    assert (run.data, run.offset, run.size, run.withheld) == (b"ls\r", 0, 3, None)
    assert (run.time_ns, run.end_ns) == (at_ns(0), at_ns(400))
    assert authors(run) == [(0, 3, 70)]
    assert run.typed_by[0].person and run.typed_by[0].person.origin == SSH


def test_another_author_begins_a_run_of_his_own() -> None:
    """Each run has one author, but for a write that mixes them."""
    inputs = Inputs(Seats())
    mixed = typed(b"cd", 3, by(ADA, 1), by(BEN, 1))
    found = feed(inputs, typed(b"a", 0), typed(b"bb", 1, by(BEN, 2)), mixed, typed(b"e\r", 5))
    assert [authors(run) for run in found] == [
        [(0, 1, 70)],
        [(0, 2, 80)],
        [(0, 1, 70), (1, 1, 80)],
        [(0, 2, 70)],
    ]


def test_a_run_of_nobody_has_no_person() -> None:
    """Replies of a terminal, and what isn't known."""
    inputs = Inputs(Seats())
    feed(inputs, typed(b"\x1b[0n", 0, by(None, 4, How.TERMINAL_REPLY)))
    feed_ = [*feed(inputs, typed(b"?", 4, by(None, 1, How.UNKNOWN))), *inputs.flush()]
    assert [run.typed_by[0].how for run in feed_ if isinstance(run, TextInput)] == [
        How.TERMINAL_REPLY,
        How.UNKNOWN,
    ]
    assert [authors(run)[0][2] for run in feed_] == [None, None]


def test_silence_ends_a_run_and_so_does_age() -> None:
    """A second without a key, or five since the first."""
    inputs = Inputs(Seats())
    assert feed(inputs, typed(b"a", 0)) == []
    assert inputs.tick(at_ns(_IDLE_MS - 1)) == []
    assert len(inputs.tick(at_ns(_IDLE_MS))) == 1
    keys = [typed(b"a", 1 + n, ms=5000 + n * 500) for n in range(_AGE_MS // 500 + 1)]
    assert [run.size for run in feed(inputs, *keys) if isinstance(run, TextInput)] == [10]


def test_a_long_run_is_told_in_parts() -> None:
    """A paste without Enter."""
    inputs = Inputs(Seats())
    found = feed(inputs, *(typed(b"x" * 1024, n * 1024) for n in range(9)))
    assert [run.size for run in found if isinstance(run, TextInput)] == [RUN_BYTES, RUN_BYTES]


def test_what_was_typed_without_echo_is_a_length() -> None:
    """And is never joined with what was not."""
    inputs = Inputs(Seats())
    found = feed(inputs, typed(b"su", 0), typed(b"", 2, withheld=6), typed(b"\r", 8))
    assert [(run.size, run.data, run.withheld) for run in found if isinstance(run, TextInput)] == [
        (2, b"su", None),
        (6, None, "no-echo"),
        (1, b"\r", None),
    ]


def test_a_hole_in_the_count_is_lost_at_its_place() -> None:
    """What was before it is told first."""
    inputs = Inputs(Seats())
    run, lost = feed(inputs, typed(b"ab", 0), typed(b"f", 5, ms=3))
    assert isinstance(run, TextInput) and run.data == b"ab"
    assert isinstance(lost, Lost)
    assert (lost.kind, lost.bytes, lost.offset, lost.tty) == ("text_input", 3, 2, PTS)


def test_a_new_pane_at_the_same_address_begins_anew() -> None:
    """The count starts again, which is no hole."""
    inputs = Inputs(Seats())
    (run,) = feed(inputs, typed(b"abc", 0), typed(b"d", 0))
    assert isinstance(run, TextInput) and run.data == b"abc"


def test_what_tiocsti_put_in_stands_between_and_is_not_counted() -> None:
    """Its author is the process that called."""
    inputs = Inputs(Seats())
    inputs.add(typed(b"ab", 0), None, PLACE)
    caller = Range(1, Hand(None, key(66)), How.TIOCSTI, Confidence.EXACT, "")
    pushed = typed(b"", 0, caller, withheld=1)
    found = [*inputs.inject(pushed, None, PLACE), *inputs.inject(pushed, None, PLACE)]
    found += [*feed(inputs, typed(b"c", 2)), *inputs.flush()]
    assert [
        (run.offset, run.size, authors(run)) for run in found if isinstance(run, TextInput)
    ] == [
        (0, 2, [(0, 2, 70)]),
        (2, 2, [(0, 2, 66)]),
        (2, 1, [(0, 1, 70)]),
    ]


def test_a_pane_is_flushed_alone_and_a_server_with_all_its_panes() -> None:
    """What came to a pane stands before the program that it started."""
    inputs = Inputs(Seats())
    feed(inputs, typed(b"a", 0))
    assert inputs.flush_pane(PANE + 1) == []
    assert len(inputs.flush_pane(PANE)) == 1
    feed(inputs, typed(b"b", 1))
    assert inputs.forget(SERVER + 1) == []
    assert len(inputs.forget(SERVER)) == 1
    assert inputs.flush() == []


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=9), st.booleans(), st.integers(0, 1500))))
def test_no_byte_is_lost_and_none_changes_its_author(keys: list[tuple[bytes, bool, int]]) -> None:
    """Joined, the runs are what was typed, byte by byte with its author."""
    inputs, wanted, found, offset, ms = Inputs(Seats()), [], list[TextInput | Lost](), 0, 0
    for data, is_ada, pause_ms in keys:
        ms += pause_ms
        hand = ADA if is_ada else BEN
        wanted += [(byte, 70 if is_ada else 80) for byte in data]
        found += feed(inputs, typed(data, offset, by(hand, len(data)), ms=ms))
        found += inputs.tick(at_ns(ms))
        offset += len(data)
    seen: list[tuple[int, int | None]] = []
    for run in [*found, *inputs.flush()]:
        assert isinstance(run, TextInput) and run.data is not None
        for start, size, uid in authors(run):
            seen += [(byte, uid) for byte in run.data[start : start + size]]
    assert seen == wanted
