"""A line as it is written: exact counts for plain typing, a reason for everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.playbook import hand
from tracer.attribute.line import (
    AHEAD,
    COMPLETION,
    EDITED,
    HISTORY,
    LONG,
    PROGRAM,
    SEVERAL,
    UNFINISHED,
    UNKNOWN,
    Edit,
    Line,
    Told,
)
from tracer.model.hands import Hand

ADA, BOB = hand(7), hand(8)


def press(edit: Edit, *runs: tuple[bytes, Hand | None], now_ns: int = 0) -> list[Line | None]:
    """Types runs, and returns what was submitted."""
    return [edit.submit(by) for data, by in runs for key in data if edit.press(key, by, now_ns)]


def line(*runs: tuple[bytes, Hand | None]) -> Line:
    """The only line of these runs."""
    (submitted,) = press(Edit(), *runs)
    assert submitted is not None
    return submitted


def counts(*runs: tuple[bytes, Hand | None]) -> tuple[dict[Hand | None, int], str]:
    """How many bytes of whom, and why it isn't all."""
    submitted = line(*runs)
    return {by: size for by, size in submitted.by.items() if size}, submitted.reason


def test_every_byte_counts_for_the_hand_that_typed_it() -> None:
    """Enter isn't counted; it says who submitted."""
    submitted = line((b"l", ADA), (b"s -", BOB), (b"l", ADA), (b"\r", BOB))
    assert submitted.by == {ADA: 2, BOB: 3}
    assert submitted.submitted_by == BOB
    assert submitted.reason == ""


@pytest.mark.parametrize(
    ("keys", "size"),
    [
        (b"cat\x7f\x7fd\r", 2),
        (b"\x7f\x7fls\r", 2),
        (b"rm -rf\x15ls\r", 2),
        (b"cat one two\x17\r", 8),
        (b"cat one two  \x17\r", 8),
        (b"ls\x0c -l\r", 5),
        (b"caf\xc3\xa9\r", 5),
        (b"ls\n", 2),
        (b"\x1b[200~ls -l\x1b[201~\r", 5),
    ],
)
def test_editing_at_the_end_is_exact(keys: bytes, size: int) -> None:
    """DEL, ^U, ^W over plain words, ^L, and a paste of one line."""
    assert counts((keys, ADA)) == ({ADA: size}, "")


def test_erasing_takes_back_the_other_ones_bytes() -> None:
    """Whoever erases; what is erased counts for nobody."""
    assert counts((b"rm ", ADA), (b"\x7f\x7f\x7fls", BOB), (b"\r", ADA)) == ({BOB: 2}, "")


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (b"l\x1b[D\r", EDITED),
        (b"l\x1bOD\r", EDITED),
        (b"l\x01\r", EDITED),
        (b"l\x19\r", EDITED),
        (b"l\x1b.\r", EDITED),
        (b"\x1b[A\r", HISTORY),
        (b"\x1bOA\r", HISTORY),
        (b"\x10\r", HISTORY),
        (b"\x12make\r", HISTORY),
        (b"!!\r", HISTORY),
        (b"ca\t\r", COMPLETION),
        (b"ca\x04\r", EDITED),
        (b"rm a-b\x17\r", EDITED),
        (b"caf\xc3\xa9\x7f\r", EDITED),
        (b"\x1b[200~a\nb\x1b[201~\r", SEVERAL),
        (b"x" * 4097 + b"\r", LONG),
    ],
)
def test_what_a_terminal_cannot_tell_leaves_a_reason(keys: bytes, reason: str) -> None:
    """History, completion, the cursor, and what shells do differently."""
    assert line((keys, ADA)).reason == reason


def test_a_sequence_may_come_in_pieces() -> None:
    """No byte of it counts as text."""
    edit = Edit()
    assert press(edit, (b"\x1b", ADA), (b"[", ADA), (b"A", ADA)) == []
    (submitted,) = press(edit, (b"\r", ADA))
    assert submitted is not None
    assert (submitted.by, submitted.reason) == ({}, HISTORY)


def test_escape_before_enter_may_submit_or_not() -> None:
    """Shells differ, so it is no Enter, and whoever pressed it may have run what comes."""
    edit = Edit()
    assert press(edit, (b"ls\x1b\r", BOB)) == []
    assert edit.touched == {BOB}


@pytest.mark.parametrize("keys", [b"\r", b"  \r", b"ls\x15\r", b"ls\x7f\x7f\r", b"rm -rf\x03"])
def test_nothing_is_submitted(keys: bytes) -> None:
    """An empty line, and one that was given up."""
    assert press(Edit(), (keys, ADA)) == [None]


def test_a_line_given_up_leaves_nothing() -> None:
    """Neither bytes nor reasons."""
    _, submitted = press(Edit(), (b"\x1b[Arm\t\x03", ADA), (b"ls\r", BOB))
    assert submitted is not None
    assert (submitted.by, submitted.reason) == ({BOB: 2}, "")


@pytest.mark.parametrize(
    "first", [b"for i in 1 2\r", b"cat <<END\r", b"echo 'a\r", b"ls |\r", b"cd x; y=1\r"]
)
def test_a_line_that_ran_nothing_may_go_on_in_the_next(first: bytes) -> None:
    """A prompt for more looks as the prompt does, and so does what a builtin reads."""
    _, second = press(Edit(), (first, ADA), (b"done\r", BOB))
    assert second is not None
    assert (second.goes_on, second.reason) == (True, UNFINISHED)


@pytest.mark.parametrize("first", [b"cd ../src\r", b"export PATH=/bin:/usr/bin\r", b"echo '\x03"])
def test_a_simple_command_is_finished(first: bytes) -> None:
    """It needs no second line; and one that was given up needs none either."""
    _, second = press(Edit(), (first, ADA), (b"ls\r", BOB))
    assert second is not None
    assert (second.goes_on, second.reason) == (False, "")


def test_a_line_that_ran_something_is_finished() -> None:
    """The shell has understood it."""
    edit = Edit()
    press(edit, (b"ls | wc\r", ADA))
    edit.ran()
    (second,) = press(edit, (b"ls\r", ADA))
    assert second is not None and not second.goes_on


def test_what_was_typed_ahead_may_stand_in_the_next_line() -> None:
    """Only what was typed at the prompt is counted. After an Enter nothing of it is left."""
    edit = Edit()
    edit.ahead({BOB}, 0, is_ended=False)
    (submitted,) = press(edit, (b"ls\r", ADA))
    assert submitted is not None
    assert (submitted.by, submitted.reason) == ({ADA: 2}, AHEAD)
    edit.ahead({BOB}, 0, is_ended=True)
    assert not edit


def test_a_name_needs_all_hands_to_be_one() -> None:
    """Another hand that may be behind it leaves nobody's; the same hand leaves its name."""
    submitted = line((b"ls\r", ADA))
    assert submitted.tell((), True) == Told(((ADA, 2),), ADA, False, "")
    assert submitted.tell((), False) == Told(((ADA, 2),), ADA, True, PROGRAM)
    assert submitted.tell({ADA}, True) == Told(((ADA, 2),), ADA, True, AHEAD)
    assert submitted.tell({BOB}, True) == Told(((None, 2),), None, True, AHEAD)
    assert submitted.tell({None}, True) == Told(((None, 2),), None, True, AHEAD)


def test_an_unknown_enter_is_told() -> None:
    """The line is whole, and its bytes have their hands."""
    told = line((b"ls", ADA), (b"\r", None)).tell((), True)
    assert told == Told(((ADA, 2),), None, False, UNKNOWN)


def test_who_wrote_is_told_where_another_submitted() -> None:
    """Both are known for certain."""
    told = line((b"ls", ADA), (b"\r", BOB)).tell((), True)
    assert told == Told(((ADA, 2),), BOB, False, "")


def test_two_lines_as_one() -> None:
    """Counts add up, and the hands of both may be behind what comes."""
    first, second = line((b"ls\r", ADA)), line((b"pwd\r", ADA))
    assert second.after(first).tell((), True) == Told(((ADA, 5),), ADA, True, SEVERAL)
    other = line((b"pwd\r", BOB))
    assert other.after(first).tell((), True) == Told(((None, 5),), None, True, SEVERAL)


def test_what_already_runs_keeps_its_line() -> None:
    """Others are noted for what comes after them."""
    submitted = line((b"make\r", ADA))
    later = submitted.with_others({BOB})
    assert submitted.tell((), True).submitted_by == ADA
    assert later.tell((), True).submitted_by is None


_PLAIN = st.sampled_from(["a", "b", " ", "_", "7", "\x7f", "\x15", "\x17", "\x0c"])


def _after(text: list[tuple[str, Hand]], key: str, by: Hand) -> list[tuple[str, Hand]]:
    """What a shell makes of one more key, as bash has it."""
    match key:
        case "\x7f":
            return text[:-1]
        case "\x15":
            return []
        case "\x0c":
            return text
        case "\x17":
            while text and text[-1][0] == " ":
                text = text[:-1]
            while text and text[-1][0] != " ":
                text = text[:-1]
            return text
    return [*text, (key, by)]


@given(st.lists(st.tuples(_PLAIN, st.sampled_from([ADA, BOB])), max_size=60))
def test_plain_typing_is_exact(keys: list[tuple[str, Hand]]) -> None:
    """Whatever two hands type and erase: the counts are those of the text that stands there."""
    text: list[tuple[str, Hand]] = []
    for key, by in keys:
        text = _after(text, key, by)
    (submitted,) = press(Edit(), *((key.encode(), by) for key, by in keys), (b"\r", ADA))
    if not "".join(key for key, _ in text).strip():
        assert submitted is None
        return
    assert submitted is not None
    hands = [by for _, by in text]
    assert submitted.by == {by: hands.count(by) for by in set(hands)}
    assert submitted.reason == ""


@given(st.lists(st.tuples(st.binary(max_size=9), st.sampled_from([ADA, BOB, None]))))
def test_any_bytes_are_taken(keys: list[tuple[bytes, Hand | None]]) -> None:
    """Hostile input neither raises nor counts more than was typed."""
    edit = Edit()
    for submitted in press(edit, *keys):
        assert submitted is None or submitted.by.total() <= sum(len(data) for data, _ in keys)


def test_what_stands_there_can_be_read() -> None:
    """As far as it can be told, until the line is submitted."""
    edit = Edit()
    press(edit, (b"rm\x15ls -x\x7f", ADA), (b"l", BOB))
    assert edit.text == b"ls -l"
    edit.submit(ADA)
    assert edit.text == b""
