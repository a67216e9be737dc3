"""What panes showed: every byte once, holes where they were, characters whole."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.playbook import PANE, account, at_ns, key, output
from tracer.correlate.ttys import COALESCE_BYTES, TtyStreams
from tracer.model import abi
from tracer.model.context import Place
from tracer.model.events import PaneOutput
from tracer.model.findings import ClientOutput, Lost, TextOutput

PLACE = Place(key(100), pane_pid=PANE)
TTY = 0xFFFF8880


def shown(streams: TtyStreams, *records: PaneOutput) -> list[TextOutput | Lost]:
    """What the records, and a flush after them, bring."""
    out = []
    for record in records:
        out += streams.add(record, None, PLACE)
    return out + streams.flush()


def data_of(out: list[TextOutput | Lost]) -> list[bytes]:
    return [finding.data for finding in out if isinstance(finding, TextOutput)]


def test_consecutive_reads_are_one_text() -> None:
    """Pieces of less than the coalescing time are joined, with the offset of the first."""
    (text,) = shown(TtyStreams(), output(b"he", 0, 0, 1), output(b"llo", 2, 1, 3))
    assert isinstance(text, TextOutput)
    assert (text.data, text.offset, text.time_ns, text.end_ns) == (b"hello", 0, at_ns(1), at_ns(3))


def test_text_is_told_after_the_coalescing_time() -> None:
    """10 ms after its first byte, without another one."""
    streams = TtyStreams()
    assert streams.add(output(b"prompt$ ", ms=0), None, PLACE) == []
    assert streams.tick(at_ns(9)) == []
    assert data_of(streams.tick(at_ns(10))) == [b"prompt$ "]
    assert streams.tick(at_ns(500)) == []


def test_big_output_is_told_at_once() -> None:
    """64 KiB don't wait for the clock."""
    streams = TtyStreams()
    half = bytes(COALESCE_BYTES // 2)
    assert streams.add(output(half), None, PLACE) == []
    assert data_of(streams.add(output(half, len(half), 1), None, PLACE)) == [half * 2]


def test_a_resized_terminal_starts_a_new_text() -> None:
    """Each text has one size of the terminal, that with which it was shown."""
    out = shown(TtyStreams(), output(b"narrow"), output(b"wide", 6, 1)._replace(columns=132))
    assert [(text.columns, text.data) for text in out] == [(80, b"narrow"), (132, b"wide")]


def test_a_lost_record_is_a_hole_of_its_size() -> None:
    """The kernel's count says how many bytes were in what didn't come."""
    out = shown(TtyStreams(), output(b"one", 0, 0), output(b"four", 30, 3))
    assert [type(finding) for finding in out] == [TextOutput, Lost, TextOutput]
    hole = out[1]
    assert (hole.records, hole.bytes, hole.offset, hole.reason) == (2, 27, 3, "ring full")


def test_bytes_that_were_never_a_record_are_a_hole() -> None:
    """A read that the kernel half could not take shows in the count alone."""
    out = shown(TtyStreams(), output(b"one", 0, 0), output(b"two", 13, 1))
    assert (out[1].records, out[1].bytes, out[1].offset) == (0, 10, 3)
    assert out[1].reason == "not read"


def test_what_is_longer_than_a_record_was_cut() -> None:
    """Only a write that was not taken whole makes one record of so many bytes."""
    after = output(b"end", 3 + abi.DATA_MAX + 1, 2)
    hole = shown(TtyStreams(ClientOutput), output(b"one"), after)[1]
    assert (hole.bytes, hole.reason) == (abi.DATA_MAX + 1, "longer than is taken")
    assert shown(TtyStreams(), output(b"one"), after)[1].reason == "ring full"


def test_the_first_records_may_be_lost() -> None:
    """A pty whose first record that arrives is the third has a hole at its beginning."""
    out = shown(TtyStreams(), output(b"three", 20, 2, origin=5))
    assert (out[0].records, out[0].bytes, out[0].offset) == (2, 15, 5)
    assert out[1].offset == 20


def test_a_new_pty_at_an_old_address() -> None:
    """Its count begins anew, and so does its stream."""
    out = shown(TtyStreams(), output(b"old" * 9), output(b"new", 0, 0, ms=9, began_ns=at_ns(9)))
    assert [(text.offset, text.data) for text in out] == [(0, b"old" * 9), (0, b"new")]


@pytest.mark.parametrize(("shown_before", "nth"), [(4, 1), (100, 7)])
def test_a_new_pty_at_an_old_address_whose_first_record_is_lost(
    shown_before: int, nth: int
) -> None:
    """Nothing of the old one is missing; of the new one it is, also where its counts go on from
    where those of the old one were or beyond."""
    old = (output(b"old" * 9), output(b"old" * 9, 27, 1))
    out = shown(TtyStreams(), *old, output(b"new", shown_before, nth, ms=9, began_ns=at_ns(5)))
    assert data_of(out) == [b"old" * 18, b"new"]
    (hole,) = [finding for finding in out if isinstance(finding, Lost)]
    assert (hole.records, hole.bytes, hole.offset) == (nth, shown_before, 0)


def test_an_account_of_another_pty_at_the_same_address_says_nothing() -> None:
    """It was taken before the address was used again."""
    streams = TtyStreams()
    streams.add(output(b"new", began_ns=at_ns(5)), None, PLACE)
    assert streams.settle([(account(90, 3), PLACE)], at_ns(900)) == []


def test_a_pty_goes_on_when_its_numbers_wrap() -> None:
    """Record 2**32 has number 0, and is not the first."""
    streams = TtyStreams()
    streams.add(output(b"a", 0, 0), None, PLACE)
    stream = streams._streams[TTY]
    stream._nth = 2**32 - 1
    out = shown(streams, output(b"b", 1, 2**32 - 1), output(b"c", 2, 0))
    assert data_of(out) == [b"abc"]


def test_a_character_waits_for_its_rest() -> None:
    """The start of a character is told with the rest, when that comes in time."""
    euro = "€".encode()
    streams = TtyStreams()
    streams.add(output(b"5 " + euro[:1], ms=0), None, PLACE)
    assert data_of(streams.tick(at_ns(60))) == [b"5 "]
    assert streams.add(output(euro[1:], 3, 1, ms=90), None, PLACE) == []
    assert data_of(streams.tick(at_ns(140))) == [euro]


def test_a_character_in_pieces_is_shown_when_it_is_whole() -> None:
    """What comes with its rest is not told as if it had come with its start."""
    euro = "€".encode()
    streams = TtyStreams()
    streams.add(output(euro[:1], ms=0), None, PLACE)
    streams.add(output(euro[1:] + b"5", 1, 1, ms=90), None, PLACE)
    (told,) = streams.tick(at_ns(140))
    assert isinstance(told, TextOutput)
    assert (told.data, told.time_ns) == (euro + b"5", at_ns(90))


def test_a_character_that_never_ends_is_told() -> None:
    """It waits a second, and then is what it is."""
    streams = TtyStreams()
    streams.add(output(b"\xe2\x82", ms=0), None, PLACE)
    assert streams.tick(at_ns(990)) == []
    assert data_of(streams.tick(at_ns(1000))) == [b"\xe2\x82"]


def test_flush_of_a_pane_tells_what_it_showed_until_now() -> None:
    """So that it stands before what happens there next; other panes go on joining."""
    streams = TtyStreams()
    streams.add(output(b"$ ls\r\n"), None, PLACE)
    streams.add(output(b"other", tty_id=9, session=300), None, PLACE)
    assert data_of(streams.flush_pane(PANE)) == [b"$ ls\r\n"]
    assert streams.flush_pane(12345) == []
    assert data_of(streams.flush()) == [b"other"]


def test_what_is_lost_at_the_end_is_placed_by_the_kernels_account() -> None:
    """No later record shows it: the kernel half's table says where the last one ended."""
    streams = TtyStreams()
    streams.add(output(b"one"), None, PLACE)
    streams.owe(2)
    assert streams.owed == 2
    out = streams.settle([(account(90, 3), PLACE)], at_ns(900))
    assert data_of(out) == [b"one"]
    assert (out[1].records, out[1].bytes, out[1].offset, out[1].place) == (2, 87, 3, PLACE)
    assert streams.owed == 0
    after = shown(streams, output(b"four", 90, 3, ms=1000))
    assert data_of(after) == [b"four"]
    assert len(after) == 1


def test_what_nobody_can_place_is_told_without_a_place() -> None:
    """Records that no account has are lost all the same."""
    streams = TtyStreams()
    streams.owe(5)
    (hole,) = streams.settle([], at_ns(9))
    assert (hole.records, hole.bytes, hole.place) == (5, None, None)
    assert streams.owed == 0


@pytest.mark.parametrize("has_old", [False, True], ids=["unknown", "an address used before"])
def test_a_pty_of_which_nothing_arrived_is_placed_by_the_account(has_old: bool) -> None:
    """Its loss is told once: a record that comes later goes on from there."""
    streams = TtyStreams()
    if has_old:
        streams.add(output(b"old"), None, PLACE)
    streams.owe(5)
    *before, hole = streams.settle([(account(70, 5, began_ns=at_ns(3)), PLACE)], at_ns(9))
    assert data_of(before) == [b"old"] * has_old
    assert isinstance(hole, Lost)
    assert (hole.records, hole.bytes, hole.offset, hole.place) == (5, 70, 0, PLACE)
    assert streams.owed == 0
    after = shown(streams, output(b"new", 70, 5, ms=20, began_ns=at_ns(3)))
    assert [(text.offset, text.data) for text in after] == [(70, b"new")]


def test_a_hole_that_is_known_before_its_numbers_is_told_once() -> None:
    """The pty's own number showed the loss; the CPU's number comes later and adds nothing."""
    streams = TtyStreams()
    shown(streams, output(b"a", 0, 0), output(b"b", 9, 3))
    assert streams.owed == -2
    assert streams.settle([], at_ns(9)) == []
    streams.owe(2)
    assert streams.owed == 0


def test_a_server_that_is_gone_takes_its_ptys_along() -> None:
    """What was held is told, and another server's panes are not touched."""
    streams = TtyStreams()
    streams.add(output(b"mine"), None, PLACE)
    streams.add(output(b"its", tty_id=9), None, Place(key(500)))
    assert data_of(streams.forget(100)) == [b"mine"]
    assert data_of(streams.flush()) == [b"its"]


_TEXT = st.text(st.sampled_from("a\r\né€😀\x1b[ñ"), max_size=80).map(str.encode)
_BYTES = _TEXT | st.binary(max_size=80)


@st.composite
def _ptys(draw: st.DrawFn) -> tuple[bytes, list[PaneOutput], int]:
    """What a pty showed, its records of which some are lost or were never made, and the number
    of records of which one was made."""
    data = draw(_BYTES)
    rng = random.Random(draw(st.integers(0, 1 << 16)))
    records, at, nth, ms = [], 0, 0, 0.0
    while at < len(data):
        size = rng.randint(1, 9)
        ms += rng.choice((0.5, 5, 30, 70, 160))
        fate = rng.choice(("came", "came", "came", "lost", "not read"))
        if fate == "came":
            records.append(output(data[at : at + size], at, nth, ms))
        nth += fate != "not read"
        at += size
    return data, records, nth


@given(_ptys(), st.integers(1, 90))
def test_bytes_told_and_lost_are_the_bytes_that_were_shown(
    pty: tuple[bytes, list[PaneOutput], int], tick_ms: int
) -> None:
    """However output is cut into records, whatever is lost, whenever the clock ticks: what is
    told is in its place, no byte twice, and bytes told + lost = bytes shown."""
    data, records, made = pty
    streams, out, clock = TtyStreams(), [], 0
    for record in records:
        while at_ns(clock) < record.ktime_ns:
            out += streams.tick(at_ns(clock))
            clock += tick_ms
        out += streams.add(record, None, PLACE)
    if records:
        streams.owe(1)  # whatever is lost at the end has a number that never came
        out += streams.settle([(account(len(data), made), PLACE)], at_ns(clock))
    out += streams.flush()
    end = 0
    placed = [finding for finding in out if finding.place]
    for finding in placed:
        assert finding.offset == end
        if isinstance(finding, TextOutput):
            assert data[end : end + len(finding.data)] == finding.data
            end += len(finding.data)
        else:
            end += finding.bytes
    if records:
        assert end == len(data) or made == records[-1].nth + 1  # unread at the very end
    lost = sum(hole.records for hole in placed if isinstance(hole, Lost))
    assert lost == (made - len(records) if records else 0)


@given(_TEXT, st.lists(st.integers(1, 7), min_size=1), st.integers(0, 49))
def test_characters_are_never_cut(data: bytes, sizes: list[int], step_ms: int) -> None:
    """Valid UTF-8 that arrives without a pause is told in valid UTF-8, wherever reads cut it."""
    streams, out, at, nth, ms = TtyStreams(), [], 0, 0, 0
    while at < len(data):
        size = sizes[nth % len(sizes)]
        out += streams.add(output(data[at : at + size], at, nth, ms), None, PLACE)
        out += streams.tick(at_ns(ms))
        at, nth, ms = at + size, nth + 1, ms + step_ms
    out += streams.flush()
    for text in out:
        text.data.decode()
    assert b"".join(data_of(out)) == data
