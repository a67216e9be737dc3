"""tracer.observe.captures, with real servers and hostile ones."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.observe.conftest import Hostile, RealTmux, eventually
from tracer.clock import boot_ns
from tracer.model.capture import Capture, Cursor, Modes
from tracer.model.facts import PaneToAsk, Verdict
from tracer.observe import captures, procfs
from tracer.observe.captures import MAX_CELLS, parse

_USUAL = Modes(True, False, False, True)
_REST = b"0 %d %d 0 2 1 0 0 1 8" % (captures._NOT_SAVED, captures._NOT_SAVED)


def _head(pid: int = 7, columns: int = 10, rows: int = 3, x: int = 2, y: int = 1) -> bytes:
    return b"V %d %d %d %d %d %s\n" % (pid, columns, rows, x, y, _REST)


def _ask(tmux: RealTmux, pane: str = "%0") -> Capture:
    pid = int(tmux.run("display-message", "-p", "-t", pane, "#{pane_pid}"))
    asked = captures.ask(PaneToAsk(tmux.pid, pid, pane))
    assert asked.verdict is Verdict.OK
    assert asked.capture is not None
    process = procfs.process(pid)
    assert process is not None
    assert asked.tty == process.tty
    return asked.capture


def _shows(tmux: RealTmux, script: str, until: str) -> None:
    """A new pane %1 in which sh runs `script` and stays."""
    tmux.run("new-window", "-d", f"{script}; exec sleep 1000")
    eventually(lambda: until in tmux.run("capture-pane", "-p", "-t", "%1"))


def test_what_is_printed_is_read() -> None:
    """Size, cursor, modes and rows; the empty line of a pane without a saved screen is none."""
    assert parse(_head() + b"a\n\x1b[31mb\n\n\n", 7) == Capture(
        10, 3, Cursor(1, 2), _USUAL, 0, 2, (8,), b"a\n\x1b[31mb\n\n"
    )


def test_the_alternate_screen_comes_with_what_is_behind_it() -> None:
    """The saved rows may be of another size."""
    head = _head().replace(b"0 %d %d" % (captures._NOT_SAVED, captures._NOT_SAVED), b"1 4 2")
    capture = parse(head + b"~\n~\n~\n$ vim\n", 7)
    assert capture is not None
    assert (capture.saved_text, capture.saved_cursor) == (b"$ vim\n", Cursor(2, 4))


def test_an_older_server_leaves_out_what_it_does_not_know() -> None:
    """What isn't there is as it mostly is."""
    capture = parse(b"V 7 10 3 2 1 0         \n\n\n\n", 7)
    assert capture == Capture(10, 3, Cursor(1, 2), _USUAL, 0, 2, (), b"\n\n\n")


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"\n",
        _head(),
        _head() + b"a\nb\n",
        _head(pid=8) + b"\n\n\n",
        _head(columns=0) + b"\n\n\n",
        _head(columns=99999) + b"\n\n\n",
        _head(columns=9999, rows=14) + 14 * b"\n",
        _head(rows=-3) + b"\n\n\n",
        _head() + b"\x1b[2J\n\n\n",
        _head() + b"\x1b]0;title\x07\n\n\n",
        _head() + b"\x1b]8;;http://x/\n\n\n",
        _head() + b"a\rb\n\n\n",
        _head() + b"\n\n\n\x1bc\n",
        b"x" + _head() + b"\n\n\n",
        _head().replace(b"\n", b",x\n") + b"\n\n\n",
    ],
)
def test_what_tmux_does_not_print_is_no_picture(output: bytes) -> None:
    """Nor is that of another pane, or of a size beyond the bound."""
    assert MAX_CELLS < 9999 * 14
    assert parse(output, 7) is None


@given(st.binary(max_size=200))
def test_any_answer_leads_to_a_picture_or_none(tail: bytes) -> None:
    """And a picture is bounded by the size that it tells."""
    for output in (tail, _head() + tail, _head()[:-1] + tail):
        capture = parse(output, 7)
        assert capture is None or capture.text.count(b"\n") == capture.rows


def test_numbers_out_of_bounds_are_drawn_in() -> None:
    """A cursor, a region and tab stops that no such screen has."""
    head = b"V 7 10 3 4294967295 99 0   9 1 1 0 0 1 8,9999\n"
    capture = parse(head + b"\n\n\n", 7)
    assert capture is not None
    assert (capture.cursor, capture.top, capture.bottom) == (Cursor(2, 10), 0, 2)
    assert capture.tabs == (8,)


def test_a_real_pane(tmux: RealTmux) -> None:
    """Colours, wide characters, line drawing, and where the cursor is."""
    script = r"printf '\033[31mred\033[0m 漢\033[44m \n\033(0lqk\033(B'"
    _shows(tmux, script, "漢")
    capture = _ask(tmux, "%1")
    # Newer servers have more blanks in a row, and colours begin anew on each.
    blanks = r"(?:\x1b\[49m\x0f? *|)\n"
    rows = rf"\x1b\[31mred\x1b\[39m 漢\x1b\[44m {blanks}(?:\x1b\[44m)?\x0elqk{blanks}"
    assert re.match(rows.encode(), capture.text)
    assert (capture.columns, capture.rows, capture.cursor) == (80, 24, Cursor(1, 3))
    assert capture.tabs == tuple(range(8, 80, 8))
    assert capture.saved_text is None


def test_a_real_alternate_screen_and_its_modes(tmux: RealTmux) -> None:
    """As a full-screen program leaves them."""
    script = r"printf 'shell\033[?1049h\033[?25l\033[4h\033[2;9r\033[5;6Hfull'"
    _shows(tmux, script, "full")
    capture = _ask(tmux, "%1")
    assert capture.cursor == Cursor(4, 9)
    assert capture.modes == Modes(False, True, False, True)
    assert (capture.top, capture.bottom) == (1, 8)
    assert capture.saved_text is not None
    assert capture.saved_text.splitlines()[0].rstrip() == b"shell"
    assert capture.saved_cursor == Cursor(0, 5)


def test_copy_mode_is_not_what_the_pane_shows(tmux: RealTmux) -> None:
    """Whoever scrolls back there sees it, the program's screen stays."""
    _shows(tmux, "seq 100", "100")
    before = _ask(tmux, "%1")
    tmux.run("copy-mode", "-t", "%1")
    tmux.run("send-keys", "-t", "%1", "-X", "page-up")
    assert _ask(tmux, "%1") == before


def test_a_pane_that_has_gone_or_is_another_now_is_no_picture(tmux: RealTmux) -> None:
    """By its id, or by its first process."""
    pid = int(tmux.run("display-message", "-p", "-t", "%0", "#{pane_pid}"))
    gone = captures.ask(PaneToAsk(tmux.pid, pid, "%77"))
    other = captures.ask(PaneToAsk(tmux.pid, os.getpid(), "%0"))
    assert (gone.verdict, gone.capture, gone.is_there) == (Verdict.OK, None, False)
    assert (other.verdict, other.capture, other.is_there) == (Verdict.OK, None, False)


def test_who_is_attached_notices_nothing(tmux: RealTmux) -> None:
    """No flag of a window, no activity of a session or client, no buffer is touched."""
    tmux.attach("first", 80, 24)
    tmux.run("set-option", "-g", "monitor-activity", "on")
    _shows(tmux, "printf there", "there")
    now_s = int(time.time())
    eventually(lambda: int(time.time()) > now_s)  # seconds are what tmux counts activity in

    def state() -> list[str]:
        return [
            tmux.run("list-windows", "-a", "-F", "#{window_flags} #{window_activity}"),
            tmux.run("list-sessions", "-F", "#{session_activity} #{session_alerts}"),
            tmux.run("list-clients", "-F", "#{client_activity} #{client_name} #{client_flags}"),
            tmux.run("list-buffers"),
        ]

    eventually(lambda: state() == state())
    before = state()
    _ask(tmux, "%1")
    _ask(tmux, "%0")
    assert state() == before


@pytest.mark.parametrize("mode", ["lie", "garbage", "flood", "shell", "close"])
def test_no_hostile_server_gets_anything(hostile: Callable[[str], Hostile], mode: str) -> None:
    """No picture comes of it, and nothing runs."""
    server = hostile(mode)
    before, pid = boot_ns(), server.process.pid
    asked = captures.ask(PaneToAsk(pid, pid, "%0"))
    assert asked.capture is None
    assert before <= asked.asked_ns <= asked.heard_ns
    assert "executed" not in server.files()


def test_what_listens_nowhere_is_not_asked() -> None:
    """A server that has gone."""
    assert captures.ask(PaneToAsk(os.getpid(), 1, "%0")).verdict is Verdict.UNREACHABLE


def test_only_what_tmux_makes_up_itself_is_asked_for() -> None:
    """The command has one pane as its target, by id, and asks for nothing that a user can set."""
    words = captures.command("%3")
    assert words.count("%3") == 3
    assert not any(name in " ".join(words) for name in ("pane_title", "@", "pane_current_path"))
