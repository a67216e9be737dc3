"""tracer.cli.rows"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import samples
from tracer.cli.rows import IDLE_NS, ROW_BYTES, Rows
from tracer.model.events import ProcessKey
from tracer.model.findings import TextOutput

OTHER = samples.PLACE._replace(pane_id="%4", pane_pid=1001)


class Typed:
    """Output of panes piece by piece, with the offsets that it has then."""

    def __init__(self) -> None:
        self.rows, self.offset, self.now_ns = Rows(), 0, samples.NOW

    def show(self, data: bytes, **changes: object) -> list[bytes]:
        """What is shown when a pane shows `data`."""
        output = samples.OUTPUT._replace(data=data, offset=self.offset, **changes)
        self.offset += len(data)
        return self.then(output)

    def then(self, *findings) -> list[bytes]:
        shown = self.rows.feed(findings, self.now_ns)
        return [f.data if isinstance(f, TextOutput) else b"OTHER" for f in shown]


@pytest.fixture
def typed() -> Typed:
    return Typed()


def test_letters_wait_for_the_end_of_their_row(typed):
    """A typed command is one row, and what follows its newline waits again."""
    assert [typed.show(bytes([letter])) for letter in b"$ ls"] == [[]] * 4
    assert typed.show(b"\r\nfile\r\n$ ") == [b"$ ls\r\nfile\r\n"]
    assert [output.data for output in typed.rows.flush()] == [b"$ "]
    assert list(typed.rows.flush()) == []


def test_an_unfinished_row_shows_after_a_second_of_silence(typed):
    """So a question to the user is seen while it is one."""
    typed.show(b"Password: ")
    typed.now_ns += IDLE_NS - 1
    assert typed.then() == []
    typed.now_ns += 1
    assert typed.then() == [b"Password: "]
    assert typed.then() == []


def test_whatever_else_the_pane_tells_comes_after_its_row(typed):
    """The program after the command that started it; other panes' findings don't matter."""
    typed.show(b"$ ls")
    assert typed.then(samples.EXEC._replace(place=OTHER)) == [b"OTHER"]
    assert typed.then(samples.LOST._replace(place=None)) == [b"OTHER"]
    assert typed.then(samples.EXEC) == [b"$ ls", b"OTHER"]


def test_input_does_not_cut_the_row_that_echoes_it(typed):
    """Two people who type one line by turns make one row of output, after what they typed."""
    typed.show(b"$ l")
    assert typed.then(samples.METADATA) == [b"OTHER"]
    assert typed.show(b"s\r\n") == [b"$ ls\r\n"]


@pytest.mark.parametrize(
    "change",
    [
        {"process": samples.PROCESS._replace(key=ProcessKey(5, 5))},
        {"place": samples.PLACE._replace(session_name="renamed")},
        {"offset": 99},
    ],
)
def test_what_does_not_continue_a_row_ends_it(typed, change):
    """Another process or name, or a hole between."""
    typed.show(b"one")
    output = samples.OUTPUT._replace(data=b"two\n", offset=3)._replace(**change)
    assert typed.then(output) == [b"one", b"two\n"]


def test_panes_do_not_mix(typed):
    """Each has its own row."""
    rows = Rows()
    one, two = (samples.OUTPUT._replace(data=b"x", place=p) for p in (samples.PLACE, OTHER))
    assert list(rows.feed([one, two], samples.NOW)) == []
    assert list(rows.flush()) == [one, two]


def test_a_row_without_end_does_not_grow_for_ever(typed):
    """Programs that never write a newline show in pieces."""
    assert typed.show(b"x" * ROW_BYTES) == []
    assert typed.show(b"x") == [b"x" * (ROW_BYTES + 1)]


@given(st.lists(st.binary(min_size=1, max_size=20)))
def test_no_byte_is_lost_or_moved(pieces):
    """All pieces together are what is shown, each at its offset."""
    typed, shown = Typed(), []
    for piece in pieces:
        output = samples.OUTPUT._replace(data=piece, offset=typed.offset)
        typed.offset += len(piece)
        shown += typed.rows.feed([output], typed.now_ns)
    shown += typed.rows.flush()
    assert b"".join(output.data for output in shown) == b"".join(pieces)
    ends = [0, *(output.offset + len(output.data) for output in shown)]
    assert [output.offset for output in shown] == ends[:-1]
