"""Lines as they are typed, by whom, and what of them can't be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.samples import ALICE, BOB, INPUT, LOST, PLACE
from tests.viewed import record
from tracer.attribute.line import LINE_BYTES
from tracer.detect.fields import KEPT
from tracer.detect.typed import AUTHORS, PANES, Typed
from tracer.detect.view import View
from tracer.model.context import Person
from tracer.model.events import ProcessKey, Tty
from tracer.model.findings import TypedBy
from tracer.model.hands import Confidence, How

Run = tuple[bytes, Person | None, How]


def typed(*runs: Run, **fields: Any) -> dict[str, Any]:
    """A record of what these typed into one pane."""
    at, authors = 0, []
    for data, person, how in runs:
        authors.append(TypedBy(at, len(data), person, how, Confidence.EXACT, ""))
        at += len(data)
    data = b"".join(data for data, _, _ in runs)
    return record(INPUT._replace(data=data, size=at, typed_by=tuple(authors), **fields))


def keys(data: bytes, person: Person | None = ALICE) -> Run:
    """Keys that somebody pressed."""
    return data, person, How.KEYSTROKE


def paste(data: bytes, person: Person | None = ALICE) -> Run:
    """What somebody pasted."""
    return data, person, How.PASTE


def fed(*records: dict[str, Any]) -> list[View]:
    """The views of these, in order."""
    lines = Typed()
    return [view for each in records for view in lines.feed(each)]


def texts(views: Sequence[View]) -> list[tuple[str, str]]:
    """What stood there, and whether it was ended."""
    return [(view.fields["Text"][0], view.fields["IsFinished"][0]) for view in views]


def ended(*runs: Run) -> View:
    """The one line that these end."""
    (view,) = fed(typed(*runs))
    assert view.fields["IsFinished"] == ("true",)
    return view


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"ls -l\r", "ls -l"),
        (b"ls\x7f\x7fid\r", "id"),
        (b"rm -rf /\x15id\n", "id"),
        (b"echo foo bar\x17baz\r", "echo foo baz"),
        ("echo é\r".encode(), "echo é"),
        (b"\x1b[200~id\x1b[201~\r", "id"),
        (b"\xff\r", "\ufffd"),
    ],
)
def test_a_line_is_what_stood_there_at_enter(data: bytes, text: str) -> None:
    """Keys that edit it have done so; its text is what keywords are looked for in."""
    view = ended(keys(data))
    assert view.fields["Text"] == (text,)
    assert view.text == text
    assert view.fields["IsPartial"] == ("false",)


@pytest.mark.parametrize("data", [b"ls\t\r", b"\x1b[A\r", b"\x12ls\r", b"ls\x1b[D\x1b[Da\r"])
def test_a_line_that_cannot_be_told_is_partial(data: bytes) -> None:
    """Completion, history, the cursor: what was typed is there all the same."""
    assert ended(keys(data)).fields["IsPartial"] == ("true",)


def test_an_unfinished_line_is_told_with_each_record() -> None:
    """Else nobody would see what is typed without an Enter."""
    views = fed(typed(keys(b"rm ")), typed(keys(b"-rf")), typed(keys(b" /\r")))
    assert texts(views) == [("rm ", "false"), ("rm -rf", "false"), ("rm -rf /", "true")]


def test_a_line_that_is_given_up_is_not_told() -> None:
    """^C leaves nothing; the next line begins with nothing, and an empty one is none."""
    assert texts(fed(typed(keys(b"rm -rf /\x03id\r\r")))) == [("id", "true")]


def test_all_who_typed_in_a_line_are_its_authors() -> None:
    """With how they did so; who typed into the line before isn't."""
    first, second = fed(
        typed(keys(b"ls\r", ALICE), keys(b"id", BOB), (b" -u", ALICE, How.SEND_KEYS)),
        typed(keys(b"\r", BOB)),
    )[::2]
    assert first.fields["Typist"] == ("alice",)
    assert second.fields["Text"] == ("id -u",)
    assert second.fields["Typist"] == ("bob", "alice")
    assert second.fields["How"] == ("keystroke", "send-keys")
    assert second.fields["TypistLoginUid"] == ("1002", "1000")
    assert second.fields["IsByOther"] == ("true",)


def test_who_pressed_enter_is_an_author() -> None:
    """It is theirs as much as who wrote it."""
    assert ended(keys(b"id"), keys(b"\r", BOB)).fields["Typist"] == ("alice", "bob")


def test_whose_bytes_are_gone_is_no_author() -> None:
    """Of the line that was ended."""
    assert ended(keys(b"x", BOB), keys(b"\x7fid\r")).fields["Typist"] == ("alice",)


def test_an_unknown_author_is_nobody() -> None:
    """Nor is the line said to be the owner's."""
    fields = ended((b"id\r", None, How.UNKNOWN)).fields
    assert not {"Typist", "TypistUid", "IsByOther"} & fields.keys()
    assert fields["How"] == ("unknown",)


def test_answers_of_terminals_are_not_typed() -> None:
    """Nobody pressed those keys."""
    reply = (b"\x1b[0n", None, How.TERMINAL_REPLY)
    assert ended(keys(b"i"), reply, keys(b"d\r")).fields["Text"] == ("id",)
    assert fed(typed(reply)) == []


def test_a_paste_of_several_lines_is_one_line_where_the_shell_takes_it_so() -> None:
    """In brackets, up to the Enter behind it; LineCount has how many."""
    view = ended(paste(b"\x1b[200~echo 1\recho 2\r\x1b[201~"), keys(b"\r"))
    assert view.fields["Text"] == ("echo 1\necho 2\n",)
    assert view.fields["IsPasted"] == ("true",)
    assert view.fields["LineCount"] == ("2",)
    assert view.fields["IsPartial"] == ("false",)


def test_a_paste_without_brackets_is_as_many_lines() -> None:
    """Each says of how many it is one; what is typed then isn't."""
    views = fed(typed(paste(b"echo 1\recho 2\recho 3")), typed(keys(b"\rid\r")))
    assert texts(views) == [
        ("echo 1", "true"),
        ("echo 2", "true"),
        ("echo 3", "false"),
        ("echo 3", "true"),
        ("id", "true"),
    ]
    assert [view.fields["LineCount"][0] for view in views] == ["3", "3", "3", "3", "1"]
    assert [view.fields["IsPasted"][0] for view in views] == ["true"] * 4 + ["false"]


def test_what_is_withheld_has_no_text() -> None:
    """Who typed how much is told at once."""
    event = record(INPUT._replace(data=None, withheld="policy"))
    (view,) = fed(event)
    assert fed(typed(keys(b"id\r")))[0].fields.keys() - view.fields.keys() == KEPT
    assert view.text == ""
    assert view.fields["Withheld"] == ("policy",)
    assert view.fields["Bytes"] == ("6",)
    assert view.fields["Typist"] == ("alice",)
    assert view.fields["IsByOther"] == ("false",)


@pytest.mark.parametrize(
    ("before", "withheld", "is_partial"),
    [(b"i", "no-echo", "true"), (b"", "no-echo", "false"), (b"", "not-captured", "true")],
)
def test_withheld_bytes_may_be_of_the_line(before: bytes, withheld: str, is_partial: str) -> None:
    """Of one that had begun, and of the next one if they were pushed back into the terminal."""
    secret = record(INPUT._replace(data=None, withheld=withheld))
    *_, view = fed(typed(keys(before)), secret, typed(keys(b"id\r")))
    assert view.fields["IsPartial"] == (is_partial,)


@pytest.mark.parametrize(
    ("lost", "is_partial"),
    [
        (LOST, "true"),
        (LOST._replace(place=None, tty=None), "true"),
        (LOST._replace(tty=Tty(136, 9)), "false"),
    ],
)
def test_where_input_is_lost_the_line_is_partial(lost: Any, is_partial: str) -> None:
    """In all panes if it isn't known where."""
    lines = Typed()
    lines.feed(typed(keys(b"i")))
    lines.lose(record(lost._replace(kind="text_input")))
    (view,) = lines.feed(typed(keys(b"d\r")))
    assert view.fields["IsPartial"] == (is_partial,)


def test_panes_have_lines_of_their_own() -> None:
    """Another server's, another pane's, another terminal's."""
    other = PLACE._replace(pane_pid=1001)
    views = fed(typed(keys(b"a")), typed(keys(b"b\r"), place=other), typed(keys(b"c\r")))
    assert texts(views) == [("a", "false"), ("b", "true"), ("ac", "true")]


def test_a_pane_that_is_gone_leaves_nothing() -> None:
    """Another one may get its numbers."""
    lines = Typed()
    lines.feed(typed(keys(b"a")))
    lines.close(record(INPUT))
    assert texts(lines.feed(typed(keys(b"b\r")))) == [("b", "true")]


def test_only_so_many_panes_are_known() -> None:
    """The one where nothing was typed for longest is forgotten."""
    lines = Typed()
    for number in range(PANES + 1):
        lines.feed(typed(keys(b"a"), tty=Tty(136, number)))
    assert texts(lines.feed(typed(keys(b"b\r"), tty=Tty(136, 1)))) == [("ab", "true")]
    assert texts(lines.feed(typed(keys(b"b\r"), tty=Tty(136, 0)))) == [("b", "true")]


def test_a_long_line_is_cut() -> None:
    """And says so."""
    view = ended(keys(b"x" * LINE_BYTES + b"yz\r"))
    assert view.fields["Text"] == ("x" * LINE_BYTES,)
    assert view.is_cut
    assert not ended(keys(b"x\r")).is_cut


def test_only_so_many_authors_are_told_apart() -> None:
    """More of them are nobody in particular."""
    people = [ALICE._replace(key=ProcessKey(pid, 0)) for pid in range(1, 3 * AUTHORS)]
    view = ended(*(keys(b"x", person) for person in people), keys(b"\r", people[0]))
    assert len(view.fields["TypistProcessId"]) <= 2 * AUTHORS


def test_what_stands_in_no_range_is_nobodys() -> None:
    """A record that says too little of its authors, or nothing."""
    event = typed(keys(b"id\r"))
    event["tmux"]["typed_by"] = [{"range": {"length": -3}}, 7]
    (view,) = fed(event)
    assert view.fields["Text"] == ("id",)
    assert "Typist" not in view.fields


@pytest.mark.parametrize("exact", ["abc", 3, "é"])
def test_bytes_that_are_none_are_not_there(exact: object) -> None:
    """A damaged record is one without text."""
    event = typed(keys(b"id\r"))
    event["ttytrace"]["io"]["bytes"] = exact
    (view,) = fed(event)
    assert "Text" not in view.fields


@given(st.lists(st.tuples(st.binary(max_size=12), st.sampled_from((ALICE, BOB, None))), max_size=6))
def test_whatever_is_typed_the_pieces_do_not_matter(
    runs: list[tuple[bytes, Person | None]],
) -> None:
    """The lines that end are the same, in one record or in many."""
    whole = typed(*(keys(data, person) for data, person in runs))
    pieces = [typed(keys(data[at : at + 1], who)) for data, who in runs for at in range(len(data))]
    lines = [texts([view]) for view in fed(whole) if view.fields["IsFinished"] == ("true",)]
    again = [texts([view]) for view in fed(*pieces) if view.fields["IsFinished"] == ("true",)]
    assert lines == again
