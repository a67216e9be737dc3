"""What is recorded of a pane equals, byte for byte, what tmux and script(1) saw of it."""

from __future__ import annotations

import random
import shlex
from pathlib import Path

import pytest

from tests.kernel.conftest import StartTracer, Workload
from tests.kernel.recording import Tracer
from tests.kernel.tmux import Tmux, ends_with
from tests.kernel.witness import (
    END,
    assert_equal,
    assert_whole,
    closed,
    piped,
    script_content,
    scripted,
)
from tests.patience import eventually
from tracer.model.findings import Finding, TextOutput

_LINE = "línea ünï 漢字かな 🦀🇪🇺 e\u0301 \x1b[31mrot\x1b[0m\t|\r\n".encode()


class Scene:
    """One pane with both witnesses, and a tracer."""

    def __init__(self, tracer: Tracer, tmux: Tmux, place: Path) -> None:
        self.tracer, self.tmux = tracer, tmux
        self._place, self.pipe, self._log = place, place / "pipe", place / "script"

    def begin(self, command: str) -> None:
        """Runs a command in the directory of the test."""
        there = f"cd {shlex.quote(str(self._place))}; {scripted(command, self._log)}"
        self.pane = self.tmux.new_session(closed(there), pipe=self.pipe)

    def shows(self, text: str) -> None:
        """Waits until the screen has this text."""
        screen = self.tmux.screen
        eventually(lambda: text in screen(self.pane), lambda: f"{text!r}: {screen(self.pane)}")

    def keys(self, *keys: str) -> None:
        self.tmux.send_keys(self.pane, *keys)

    def has_size(self, finding: Finding, columns: int, rows: int) -> bool:
        """Whether the pane showed this when it had that size."""
        if not isinstance(finding, TextOutput) or finding.place.server.tgid != self.pane.server_pid:
            return False
        return (finding.columns, finding.rows) == (columns, rows)

    def assert_recorded(self) -> bytes:
        """All three agree. Returns what the command showed."""
        expected = piped(self.pipe)
        assert_whole(self.tracer.output(self.pane, len(expected)), expected)
        shown = script_content(self._log)
        assert_equal(shown + END, expected)
        return shown


@pytest.fixture
def scene(watching: Tracer, tmux: Tmux, tmp_path: Path) -> Scene:
    return Scene(watching, tmux, tmp_path)


@pytest.mark.every_plan
def test_a_big_text_is_recorded_whole(scene: Scene, tmp_path: Path, scale: float) -> None:
    """100 MB of UTF-8 of every length of character, as fast as tmux takes it."""
    text = _LINE * (int(100_000_000 * scale) // len(_LINE))
    (tmp_path / "text").write_bytes(text)
    scene.begin("cat text")
    assert len(scene.assert_recorded()) == len(text) + text.count(b"\n")


@pytest.mark.every_plan
def test_many_small_writes_are_recorded_whole(
    scene: Scene, workload: Workload, scale: float
) -> None:
    """200,000 writes of 40 bytes, most of which cut a character."""
    count = int(200_000 * scale)
    scene.begin(f"{workload('writes')} {count} 40")
    shown = scene.assert_recorded()
    assert len(shown.replace(b"\r\n", b"\n")) == 40 * count


@pytest.mark.every_plan
def test_garbage_is_recorded_whole(scene: Scene, tmp_path: Path, scale: float) -> None:
    """A million bytes of every value, NUL and broken UTF-8 among them."""
    garbage = random.Random(7919).randbytes(int(1_000_003 * scale))
    (tmp_path / "garbage").write_bytes(garbage)
    scene.begin("stty raw; cat garbage")
    assert_equal(scene.assert_recorded(), garbage)


def test_an_endless_program_is_recorded_until_it_is_interrupted(scene: Scene, scale: float) -> None:
    """`yes`, ended by C-c when it has shown ten seconds' worth."""
    scene.begin("yes 0123456789012345678901234567890123456789")
    pipe = scene.pipe
    eventually(lambda: pipe.exists() and pipe.stat().st_size > 150_000_000 * scale)
    scene.keys("C-c")
    assert scene.assert_recorded().count(b"\r\n") > 3_000_000 * scale


def test_an_editor_is_recorded_whole(scene: Scene, tmp_path: Path) -> None:
    """vim: alternate screen, cursor addressing, insertion, and its end."""
    (tmp_path / "text").write_bytes(_LINE.replace(b"\r", b"") * 200)
    scene.begin("vim.tiny -u NONE text")
    scene.shows("línea")
    scene.keys("G", "o", "größer", "Escape")
    scene.shows("größer")
    scene.keys(":wq", "Enter")
    scene.assert_recorded()
    assert "größer" in (tmp_path / "text").read_text()


def test_a_pager_is_recorded_whole(scene: Scene, tmp_path: Path) -> None:
    """less: paging, a search, and its end."""
    (tmp_path / "text").write_text("".join(f"line {number}\n" for number in range(2000)))
    scene.begin("less text")
    scene.shows("line 1")
    scene.keys("/line 1213", "Enter")
    scene.shows("line 1213")
    scene.keys("G")
    scene.shows("line 1999")
    scene.keys("q")
    assert b"line 1999" in scene.assert_recorded()


def test_a_resize_is_recorded_with_the_size_at_each_time(scene: Scene) -> None:
    """top redraws for each size of its window; output carries the size that it was made for."""
    scene.begin("top -d 0.3")
    scene.shows("load average")
    for columns, rows in ((131, 41), (61, 17)):
        scene.tmux.resize(scene.pane, columns, rows)
        scene.tracer.until(lambda f, size=(columns, rows): scene.has_size(f, *size))
    scene.keys("q")
    scene.assert_recorded()


def test_echo_is_recorded(scene: Scene) -> None:
    """What the terminal echoes of what is typed: text, erased text, control characters."""
    scene.begin("echo ready; cat")
    scene.shows("ready\n")
    scene.keys("hällo", "Enter")
    scene.shows("hällo\nhällo\n")
    scene.keys("wrong", "BSpace", "BSpace", "C-v", "C-a", "Enter")
    scene.shows("wro^A\nwro")
    scene.keys("kill", "C-u", "last", "Enter")
    scene.shows("last\nlast\n")
    scene.keys("C-d")
    shown = scene.assert_recorded()
    assert "hällo\r\nhällo\r\n".encode() in shown
    assert b"wrong\b \b\b \b^\b^A\r\nwro\x01\r\n" in shown


def test_a_line_editor_is_recorded(scene: Scene) -> None:
    """bash's readline: prompt, history, completion, an interrupt."""
    scene.begin("bash --norc --noprofile -i")
    scene.shows("bash-")
    scene.keys("echo fir", "Escape", "b", "st-", "Enter")
    scene.shows("st-fir\n")
    scene.keys("Up", "C-a", "C-k", "sleep 1000", "Enter", "C-c")
    scene.keys("echo $((7900+19))", "Enter")
    scene.shows("7919")
    scene.keys("exit", "Enter")
    scene.assert_recorded()


@pytest.mark.every_plan
def test_panes_do_not_mix(
    watching: Tracer, tmux: Tmux, tmp_path: Path, workload: Workload, scale: float
) -> None:
    """Three panes that all show something at the same time."""
    pipes = [tmp_path / name for name in ("pipe0", "pipe1", "pipe2")]
    count = int(20_011 * scale)
    commands = [f"{workload('writes')} {count} {size}" for size in (40, 101, 997)]
    gated = [closed(f"tmux wait-for go{i}; {command}") for i, command in enumerate(commands)]
    panes = [tmux.new_session(gated[0], pipe=pipes[0], rows=50)]
    panes += [tmux.split(panes[0], gated[i], pipe=pipes[i]) for i in (1, 2)]
    for number in range(3):
        tmux.signal(f"go{number}")
    expected = [piped(pipe) for pipe in pipes]
    for pane, data in zip(panes, expected, strict=True):
        assert_whole(watching.output(pane, len(data)), data)


def test_a_pane_that_was_there_first_continues_at_the_kernels_count(
    start_tracer: StartTracer, tmux: Tmux, tmp_path: Path
) -> None:
    """Output from before the tracer is neither recorded nor told as lost."""
    pipe = tmp_path / "pipe"
    before = "seq -w 1 10007; printf BEFORE; tmux wait-for go"
    pane = tmux.new_session(closed(f"{before}; seq -w 1 20011"), pipe=pipe)
    missed = len(ends_with(pipe, b"BEFORE"))
    tracer = start_tracer()
    tmux.signal("go")
    expected = piped(pipe)
    assert_whole(tracer.stop().output(pane), expected, offset=missed)


def test_a_tracer_that_comes_and_goes_records_its_part(
    start_tracer: StartTracer, tmux: Tmux, tmp_path: Path, workload: Workload
) -> None:
    """Two tracers, one after the other, while a pane shows more and more: what each has is in its
    right place, with nothing lost in between."""
    pipe = tmp_path / "pipe"
    pane = tmux.new_session(closed(f"trap : INT; {workload('flow')}"), pipe=pipe)
    parts = []
    for _ in range(2):
        tracer = start_tracer()
        since = pipe.stat().st_size
        eventually(lambda since=since: pipe.stat().st_size > since + 200_003)
        parts.append(tracer.stop().output(pane))
    tmux.send_keys(pane, "C-c")
    expected = piped(pipe)
    for part in parts:
        assert not part.lost
        assert len(part.data) > 200_000
        assert_equal(part.data, expected[part.offset : part.offset + len(part.data)])
    assert parts[0].offset + len(parts[0].data) <= parts[1].offset
