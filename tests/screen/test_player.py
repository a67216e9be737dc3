"""The player in a real terminal: a pane of a private tmux."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.escape_vectors import VECTORS
from tests.kernel.tmux import Pane, Tmux
from tests.patience import eventually
from tests.samples import NOW, OUTPUT, SECOND
from tests.stored import StoredLog
from tests.unit.replay.logged import made
from tracer.observe import procfs

COLOURS = b"\x1b[31mred\x1b[m \x1b[1;4;38;5;208mbold\x1b[m \x1b[7;48;2;1;2;3mrgb\x1b[m\r\n"
WIDE = "漢字 😀 é ─┼─\r\n".encode()
FULL = b"\x1b[?1049h\x1b[2J\x1b[5;10Hin full screen\x1b[24;80Hx"


class Player:
    """A shell in a pane, which runs the player."""

    def __init__(self, tmux: Tmux, pane: Pane) -> None:
        self._tmux, self.pane = tmux, pane

    def rows(self) -> list[str]:
        """What the terminal shows."""
        return [row.rstrip() for row in self._tmux.screen(self.pane).split("\n")]

    def look(self) -> str:
        """The same with colours."""
        return self._tmux.run("capture-pane", "-pe", "-t", self.pane.id)

    def keys(self, *keys: str) -> None:
        self._tmux.send_keys(self.pane, *keys)

    def until(self, condition: Callable[[list[str]], object]) -> list[str]:
        """The rows, once they are as they should be."""
        eventually(lambda: condition(self.rows()), lambda: "\n".join(self.rows()))
        return self.rows()

    def status(self, text: str) -> list[str]:
        """The rows, once the last one says this."""
        return self.until(lambda rows: any(text in row for row in rows[-2:]))

    def formats(self, text: str) -> str:
        return self._tmux.run("display-message", "-p", "-t", self.pane.id, text).strip()

    @property
    def pid(self) -> int:
        """The player's."""
        return eventually(
            lambda: next(
                (
                    pid
                    for pid in procfs.descendants([self.pane.pid])
                    if b"replay" in Path(f"/proc/{pid}/cmdline").read_bytes()
                    and b"exec" not in Path(f"/proc/{pid}/cmdline").read_bytes()
                ),
                0,
            )
        )


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    (tmp_path / "tmux").mkdir()
    tmux = Tmux(tmp_path / "tmux")
    yield tmux
    tmux.close()


def play(tmux: Tmux, log: StoredLog, *options: str, size: tuple[int, int] = (100, 30)) -> Player:
    """The shell tells how its terminal is set, before and after, and how the player ended."""
    command = [sys.executable, "-m", "tracer.cli.main", "replay", "--log", str(log.path), *options]
    cache = shlex.quote(str(log.path.parent / "cache"))
    shell = f"XDG_CACHE_HOME={cache} PYTHONPATH={Path.cwd()} {shlex.join(command)}"
    pane = tmux.new_session("PS1='> ' sh", columns=size[0], rows=size[1])
    before, after = f"stty -a >{log.path}/before", f"stty -a >{log.path}/after"
    tmux.type(pane, f"{before}; {shell}; echo ended $?; {after}")
    player = Player(tmux, pane)
    player.keys("Enter")
    return player


def ended(player: Player, log: StoredLog, code: int) -> None:
    """The terminal is as it was, and the shell goes on."""
    player.until(lambda rows: any(row.endswith(f"ended {code}") for row in rows))
    after = log.path / "after"
    eventually(lambda: after.exists() and after.read_text())
    assert after.read_text() == (log.path / "before").read_text()
    assert player.formats("#{alternate_on} #{cursor_flag} #{wrap_flag} #{mouse_any_flag}") == (
        "0 1 1 0"
    )
    player.keys("echo still here", "Enter")
    player.until(lambda rows: "still here" in rows)


def log_of(path: Path, *shown: bytes) -> StoredLog:
    """A pane of 80x24 that showed these, a second apart."""
    log = StoredLog(path)
    log.segment(NOW)
    log.log("start", NOW)
    offset = 0
    for number, data in enumerate(shown):
        at_ns = NOW + number * SECOND
        log.add(OUTPUT._replace(time_ns=at_ns, end_ns=at_ns, data=data, offset=offset))
        offset += len(data)
    return log


def test_it_shows_what_was_shown(tmux: Tmux, tmp_path: Path) -> None:
    """As a tmux shows it that got the same bytes: text, colours, cursor."""
    shown = (COLOURS, WIDE, b"$ cursor here\x1b[5D")
    Path(tmp_path / "bytes").write_bytes(b"".join(shown))
    reference = tmux.new_session(f"cat {tmp_path}/bytes; sleep 1000", columns=80, rows=29)
    player = play(tmux, log_of(tmp_path / "log", *shown), "%3", size=(80, 30))
    player.keys("End")
    player.status("end of the record")
    expected = tmux.run("capture-pane", "-pe", "-t", reference.id).split("\n")[:4]
    assert player.look().split("\n")[:4] == expected
    where = "#{cursor_y} #{cursor_x} #{cursor_flag}"
    assert player.formats(where) == Player(tmux, reference).formats(where)


def test_keys_go_through_it(tmux: Tmux, tmp_path: Path) -> None:
    """To commands, gaps and alerts, by steps, by search, into a full-screen program and back."""
    log = made(tmp_path / "log")
    log.add(OUTPUT._replace(time_ns=NOW + 20 * SECOND, data=FULL, offset=38))
    player = play(tmux, log, "%3", size=(200, 30))
    player.until(lambda rows: rows[0].startswith("$"))
    player.keys(" ", "0", "c")
    player.status("runs: ls -l my file (⏎ alice)")
    player.keys("x")
    player.status("GAP 5 bytes")
    player.keys("a")
    player.status("ALERT: bob put input in past the keyboard")
    player.keys("0", "/", *"hello", "Enter")
    rows = player.status("0:02/0:20")
    assert rows[1].startswith("hello world")
    player.keys("End")
    rows = player.status("0:20/0:20")
    assert "in full screen" in rows[4]
    player.keys(",")
    rows = player.status("0:08/0:20")
    assert rows[2].startswith("$ afterthe end")
    player.keys("h")
    player.until(lambda rows: "play, pause" in rows[1])
    player.keys("g", *"50%", "Enter")
    player.status("0:10/0:20")
    player.keys("q")
    ended(player, log, 0)


def test_it_plays_by_itself(tmux: Tmux, tmp_path: Path) -> None:
    """As fast as is asked for, to the end of what is recorded."""
    log = log_of(tmp_path / "log", *(b"line %d\r\n" % number for number in range(9)))
    player = play(tmux, log, "%3", "--speed", "4", "--idle-limit", "1")
    rows = player.status("end of the record so far")
    assert rows[8].startswith("line 8")
    player.keys("q")
    ended(player, log, 0)


@pytest.mark.parametrize("raw", [(), ("--raw",)], ids=["cells", "raw"])
def test_a_hostile_recording_does_nothing(tmux: Tmux, tmp_path: Path, raw: tuple[str, ...]) -> None:
    """No attack of the corpus sets, asks or prints anything."""
    attacks = [b"\r\n" + vector for vector in VECTORS.values()]
    log = log_of(tmp_path / "log", *attacks, b"\x18\x1b\\done")
    player = play(tmux, log, "%3", "--speed", "100", *raw)
    title = player.formats("#{pane_title}")
    player.until(lambda rows: any("done" in row for row in rows))
    assert player.formats("#{pane_title}") == title
    assert player.formats("#{mouse_any_flag} #{keypad_flag} #{keypad_cursor_flag}") == "0 0 0"
    assert not tmux.run("list-buffers")
    player.keys("q")
    ended(player, log, 0)
    assert not any("\\x1b" in row or "[?" in row for row in player.rows())


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_the_terminal_is_given_back(
    tmux: Tmux, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """However the player ends; what was typed meanwhile is no command."""
    log = log_of(tmp_path / "log", COLOURS)
    player = play(tmux, log, "%3")
    player.until(lambda rows: rows[0].startswith("red"))
    if number is signal.SIGINT:
        player.keys("C-c")
    else:
        os.kill(player.pid, number)
    ended(player, log, code)


def test_it_can_be_stopped_for_a_while(tmux: Tmux, tmp_path: Path) -> None:
    """The shell has its terminal meanwhile; then it is drawn anew."""
    log = log_of(tmp_path / "log", COLOURS)
    player = play(tmux, log, "%3")
    player.until(lambda rows: rows[0].startswith("red"))
    player.keys("C-z")
    player.until(lambda rows: any("Stopped" in row for row in rows))
    assert player.formats("#{alternate_on}") == "0"
    player.keys("fg", "Enter")
    player.until(lambda rows: rows[0].startswith("red"))
    assert player.formats("#{alternate_on}") == "1"
    player.keys("q")
    player.until(lambda rows: rows and rows[0].startswith(">"))


def test_it_takes_another_size(tmux: Tmux, tmp_path: Path) -> None:
    """And says what of the recording is shown."""
    log = log_of(tmp_path / "log", FULL)
    player = play(tmux, log, "%3")
    player.until(lambda rows: "in full screen" in rows[4])
    tmux.resize(player.pane, 40, 10)
    rows = player.until(lambda rows: "clipped: 40x9 of 80x24" in rows[9])
    assert rows[8].endswith("x")
    tmux.resize(player.pane, 100, 40)
    rows = player.until(lambda rows: "in full screen" in rows[4])
    assert rows[24] == "─" * 80


def test_it_does_not_start_without_a_terminal(tmux: Tmux, tmp_path: Path) -> None:
    """But says what to do."""
    log = log_of(tmp_path / "log", COLOURS)
    pane = tmux.new_session("PS1='> ' sh", columns=100, rows=30)
    command = [sys.executable, "-m", "tracer.cli.main", "replay", "--log", str(log.path), "%3"]
    tmux.type(pane, f"cd {Path.cwd()}; {shlex.join(command)} | cat")
    tmux.send_keys(pane, "Enter")
    Player(tmux, pane).until(lambda rows: "export --format text" in " ".join(rows))
