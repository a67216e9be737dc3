"""tracer.store.rows"""

from __future__ import annotations

import pytest

from tracer.model.capture import Capture, Cursor, Modes
from tracer.screen.state import unpack
from tracer.store import rows as module
from tracer.store.acts import Act, Device
from tracer.store.captured import screen_of
from tracer.store.index_entry import Entry, Label
from tracer.store.rows import FRAME_BYTES, IDLE_US, RECORD_BYTES, Packed, Rows, Shown
from tracer.store.tracks import StoredKeyframe

SECOND_US = 1_000_000
DEVICE = Device("boot", 900, "pane", 136, 1)
OUTPUT = Act("text_output", DEVICE, 1000, 0, 0, 80, 24, b"")


class Log:
    """Terminals, and what is stored of them."""

    def __init__(self) -> None:
        self.stored: dict[str, Packed] = {}
        self.rows = Rows(self.stored.get)
        self.sequence = self.offset = 0

    def add(self, act: Act, second: int = 0) -> Shown:
        """The next record."""
        self.sequence += 1
        self.offset = (act.offset or 0) + (act.size or 0)
        none = Label(*[None] * 17, ())  # type: ignore[arg-type]
        entry = Entry(second * SECOND_US, second * SECOND_US * 1000, none, None, act, None, {})
        return self.rows.feed(self.sequence, act, entry)

    def show(self, text: str, offset: int, *, minor: int = 1, second: int = 0) -> list[str]:
        """What comes up when a terminal shows this."""
        data = text.encode()
        act = OUTPUT._replace(offset=offset, size=len(data), data=data)
        return self.add(act._replace(device=DEVICE._replace(minor=minor)), second).rows

    def store(self) -> None:
        """Puts the changes down, and begins anew from what is stored."""
        for name, packed in self.rows.changes().items():
            if packed is None:
                self.stored.pop(name, None)
            else:
                self.stored[name] = packed
        waiting = [
            (packed.sequence, name) for name, packed in self.stored.items() if packed.is_waiting
        ]
        self.rows = Rows(self.stored.get, [name for _, name in sorted(waiting)])


@pytest.fixture
def log() -> Log:
    """Without records."""
    return Log()


def test_a_row_belongs_to_the_record_that_finishes_it(log: Log) -> None:
    """Echo that comes letter by letter is one row, of the record with its end; each terminal has
    its own."""
    assert log.show("he", 0) == []
    assert log.show("other", 0, minor=2) == []
    assert log.show("llo\r\n$ ", 2) == ["hello"]
    log.rows.flush()
    assert log.rows.late() == [(2, "other"), (3, "$")]


def test_an_unfinished_row_is_given_once_and_may_grow(log: Log) -> None:
    """When nothing was drawn for a while; and again, whole, when it is finished."""
    log.show("password: ", 0, second=10)
    log.rows.tick(10 * SECOND_US + IDLE_US - 1)
    assert log.rows.late() == []
    for second in (16, 30):
        log.rows.tick(second * SECOND_US)
    log.rows.flush()
    assert log.rows.late() == [(1, "password:")]
    assert log.show("no\r\n", 10, second=40) == ["password: no"]


def test_a_row_that_was_drawn_over_is_of_the_record_that_drew_it(log: Log) -> None:
    """And of no later one."""
    log.show("10%", 0)
    log.show("\r20%", 3)
    assert log.rows.late() == [(1, "10%")]


def test_another_terminal_with_the_same_numbers(log: Log) -> None:
    """It has another process, and its own count; or the one before is known to be gone."""
    log.show("one", 0)
    other = OUTPUT._replace(pid=1001, offset=0, size=5, data=b"two\r\n")
    assert log.add(other).rows == ["two"]
    assert log.rows.late() == [(1, "one")]
    log.show("three", 5)
    log.rows.close(log.rows.open_of(900, "pane", 1001))
    log.rows.close(log.rows.open_of(900, "pane", 1000))
    assert log.show("four\r\n", 10) == ["four"]


def test_a_process_group_without_its_leader_changes_nothing(log: Log) -> None:
    """Where the count goes on it is the same terminal, whoever leads; a client is its process."""
    log.show("on", 0)
    act = OUTPUT._replace(offset=2, size=2, data=b"e ")
    assert log.add(act._replace(pid=None)).key.pid == 1000
    shown = log.add(act._replace(pid=1001, offset=4, size=5, data=b"two\r\n"))
    assert (shown.key.pid, shown.rows) == (1000, ["one two"])
    client = OUTPUT._replace(action="client_output", device=DEVICE._replace(kind="client"))
    assert log.add(client._replace(size=2, data=b"ab")).key.pid == 1000
    assert log.add(client._replace(offset=2, size=2, data=b"cd", pid=1001)).key.pid == 1001


def test_what_was_lost_leaves_a_doubt(log: Log) -> None:
    """The screen goes on; until all that stood there has left."""
    log.show("one\r\n", 0)
    lost = log.add(Act("lost", DEVICE, 1000, 5, 10, 0, 0, b""))
    assert lost.rows == []
    log.show("two\r\n", 15)
    assert keyframe(log).doubt == 2
    log.show("\r\n" * 60, log.offset)
    assert keyframe(log).doubt is None
    log.show("nobody says what is missing here", log.offset + 1)
    assert keyframe(log).doubt == log.sequence - 1


def keyframe(log: Log) -> StoredKeyframe:
    """Of what is shown now."""
    frame = log.add(OUTPUT._replace(offset=log.offset, size=FRAME_BYTES)).frame
    assert frame is not None
    return frame


def test_a_keyframe_is_the_screen_at_the_end_of_its_record(log: Log) -> None:
    """After so many bytes, or records."""
    text = "x" * 70 + "\r\n"
    for number in range(FRAME_BYTES // RECORD_BYTES):
        frame = log.add(OUTPUT._replace(offset=72 * number, size=72, data=text.encode())).frame
        assert (frame is None) == (number + 1 < FRAME_BYTES // RECORD_BYTES)
    assert frame is not None
    assert frame.sequence == log.sequence + 1
    assert [row.text() for row in unpack(frame.state).lines] == ["x" * 70] * 23 + [""]
    assert not frame.is_sized


def test_keyframes_take_no_more_than_was_shown_between_them(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much a program puts on the screen at once."""
    monkeypatch.setattr(module, "FRAME_BYTES", RECORD_BYTES)
    text = "".join(
        f"\x1b[48;5;{n % 256};38;2;{n % 251};{n % 241};0m{chr(33 + n % 90)}" for n in range(1900)
    )
    first = log.add(OUTPUT._replace(size=1, data=text.encode())).frame
    assert first is not None
    assert len(first.state) > 2 * RECORD_BYTES
    count = 1
    while log.add(OUTPUT._replace(offset=count, size=1)).frame is None:
        count += 1
    assert (count - 1) * RECORD_BYTES < len(first.state) <= count * RECORD_BYTES


def test_sizes_are_told_by_outputs_until_a_resize_does(log: Log) -> None:
    """Then by resizes alone."""
    wide = OUTPUT._replace(columns=132, rows=50)
    log.add(wide)
    assert _size(log) == (80, 24)
    log.add(Act("terminal-resized", DEVICE, 1000, None, None, 100, 30, b""))
    log.add(wide)
    assert _size(log) == (100, 30)


def _size(log: Log) -> tuple[int, int]:
    screen = unpack(keyframe(log).state)
    return screen.columns, screen.rows


def test_what_tmux_claims_is_not_what_was_seen(log: Log) -> None:
    """It is the screen from then on, and comes up neither now nor when it scrolls away."""
    log.show("$ ", 0)
    text = b"".join(b"claimed %d\n" % number for number in range(24))
    modes = Modes(is_cursor_visible=True, inserts=False, is_origin=False, wraps=True)
    capture = Capture(80, 24, Cursor(23, 0), modes, 0, 23, (), text)
    claim = Act("pane-captured", DEVICE, 1000, None, None, 0, 0, b"", screen_of(capture))
    assert log.add(claim).rows == []
    assert log.show("\r\nseen\r\n" + "\r\n" * 40, 2) == ["seen"]
    assert log.rows.late() == [(1, "$")]
    assert keyframe(log).doubt is None


def test_more_cells_than_are_kept(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal drawn on longest ago is packed, and goes on where it was; what its cursor stood
    in is given."""
    monkeypatch.setattr(module, "OPEN_CELLS", 2 * 80 * 24)
    for minor in range(1, 6):
        log.show(f"pane{minor}", 0, minor=minor)
    assert log.rows.late() == [(1, "pane1"), (2, "pane2"), (3, "pane3")]
    assert log.show(" on\r\n", 5, minor=5) == ["pane5 on"]
    assert log.show(" goes on\r\n", 5, minor=1) == ["pane1 goes on"]


def test_it_goes_on_from_what_was_stored(log: Log) -> None:
    """Only what changed has to be; a terminal that is gone is said to be."""
    log.show("he", 0)
    log.show("x", 0, minor=2)
    log.store()
    assert len(log.stored) == 2
    log.rows.close(['["boot",900,"pane",136,2]'])
    assert log.rows.late() == [(2, "x")]
    log.store()
    assert len(log.stored) == 1
    assert log.show("y\r\n", 2) == ["hey"]


def test_a_stored_row_is_given_as_one_in_memory(log: Log) -> None:
    """Once, when nothing was drawn for a while, or at a flush."""
    log.show("still", 0)
    log.show("at the end", 0, minor=2, second=4)
    log.store()
    log.rows.tick(IDLE_US)
    assert log.rows.late() == [(1, "still")]
    log.store()
    log.rows.flush()
    assert log.rows.late() == [(2, "at the end")]
    log.store()
    log.rows.flush()
    assert log.rows.late() == []
