"""tracer.cli.player_terminal; its signals are tested in tests/screen/test_player.py, too"""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import termios
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from tracer.cli.player_terminal import Terminal


class Pty(NamedTuple):
    """A terminal: where we are, and where a person would be."""

    inner: int
    outer: int

    def taken(
        self, changed: Callable[[], None] = lambda: None, encoding: str = "utf-8"
    ) -> Terminal:
        return Terminal(changed, (self.inner, self.inner), encoding)


@pytest.fixture
def pty() -> Iterator[Pty]:
    """Of 40 columns and 10 rows."""
    outer, inner = os.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 40, 0, 0))
    yield Pty(inner, outer)
    os.close(inner)
    os.close(outer)


def modes(pty: Pty) -> list[object]:
    return termios.tcgetattr(pty.inner)


def shown(pty: Pty) -> bytes:
    """All that came, once the terminal was given back."""
    data = b""
    while not data.endswith(b"\x1b[?1049l"):
        data += os.read(pty.outer, 4096)
    return data


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in range(1, 32)]


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt, SystemExit])
def test_all_is_as_before(pty: Pty, error: type[BaseException] | None) -> None:
    """However it ends: modes, handlers of signals, the screen."""
    before = modes(pty), handlers()
    try:
        with pty.taken() as taken:
            assert modes(pty) != before[0]
            taken.write("x")
            if error:
                raise error
    except (ValueError, KeyboardInterrupt, SystemExit) as raised:
        assert type(raised) is error
    assert (modes(pty), handlers()) == before
    data = shown(pty)
    assert data.startswith(b"\x1b[?1049h")
    assert data.endswith(b"x\x1b[m\x1b[?7h\x1b[?25h\x1b[2J\x1b[?1049l")


def test_it_reads_keys_and_tells_its_size(pty: Pty) -> None:
    """Enter and Ctrl-S come as they are; nothing is echoed."""
    with pty.taken() as taken:
        assert taken.size == (40, 10)
        os.write(pty.outer, b"a\r\x13")
        assert taken.read(9) == b"a\r\x13"
        assert taken.read(0) == b""
    assert b"a\r" not in shown(pty)


def test_what_was_not_read_is_gone(pty: Pty) -> None:
    """No shell gets it."""
    with pty.taken() as taken:
        os.write(pty.outer, b"rm -rf /\r")
        taken.write("x")
    os.set_blocking(pty.inner, False)
    with pytest.raises(BlockingIOError):
        os.read(pty.inner, 100)


def test_another_size_is_told(pty: Pty) -> None:
    """And who waits for keys is woken."""
    changes: list[int] = []
    with pty.taken(lambda: changes.append(1)) as taken:
        changes.clear()
        signal.raise_signal(signal.SIGWINCH)
        assert taken.read(None) == b""
    assert changes == [1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_ends_by_a_signal(pty: Pty, number: int) -> None:
    """As one that was killed by it, and in order."""
    before = modes(pty)
    with pytest.raises(SystemExit, match=str(128 + number)), pty.taken():
        signal.raise_signal(number)
    assert modes(pty) == before


def test_what_a_terminal_can_not_show_is_a_question_mark(pty: Pty) -> None:
    """Where it doesn't speak UTF-8, whose bytes it could obey."""
    with pty.taken(encoding="iso8859-1") as taken:
        taken.write("é😀")
    assert b"\xe9?\x1b[m" in shown(pty)
