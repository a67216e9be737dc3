"""What is not recorded is told exactly: how many bytes, of which pane, where; how many records."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kernel.conftest import StartTracer, Workload
from tests.kernel.recording import Recording, Shown, is_loss
from tests.kernel.tmux import Tmux, ends_with
from tests.kernel.witness import END, assert_equal, closed, piped
from tests.patience import eventually
from tracer.model.findings import (
    Finding,
    Lost,
    ProcessEnded,
    ProcessForked,
    ProgramStarted,
    TextOutput,
)

TINY = ("--bulk-pages", "4")


def _assert_accounted(shown: Shown, expected: bytes) -> None:
    """Each recorded piece is what was shown at its place, and the holes are all the rest."""
    assert shown.lost
    for piece in shown.pieces:
        assert_equal(piece.data, expected[piece.offset : piece.offset + len(piece.data)])
    assert len(shown.data) + shown.lost_bytes == len(expected)
    assert all(hole.bytes for hole in shown.lost)


def _assert_records_add_up(recording: Recording, kind: str = "text_output") -> None:
    """Numbers given out by the kernel half = records that arrived + records told as lost."""
    lost = [finding for finding in recording.of(Lost) if finding.kind == kind]
    assert all(finding.reason == "ring full" for finding in lost)
    made, came = recording.totals.produced[kind], recording.totals.arrived[kind]
    assert made == came + sum(finding.records or 0 for finding in lost)


def _shows_head(finding: Finding) -> bool:
    return isinstance(finding, TextOutput) and b"HEAD" in finding.data


@pytest.mark.every_plan
def test_a_loss_in_the_middle_is_told_to_the_byte(
    start_tracer: StartTracer, tmux: Tmux, tmp_path: Path
) -> None:
    """The reader stands still while a pane shows ten times what the ring holds, and goes on."""
    pipe, tracer = tmp_path / "pipe", start_tracer(*TINY)
    parts = "printf HEAD; tmux wait-for go; seq 30011; printf MIDDLE; tmux wait-for go; printf TAIL"
    pane = tmux.new_session(closed(parts), pipe=pipe)
    tracer.until(_shows_head)
    tracer.pause()
    tmux.signal("go")
    ends_with(pipe, b"MIDDLE")
    tracer.resume()
    tmux.signal("go")
    expected = piped(pipe)
    recording = tracer.stop()
    shown = recording.output(pane)
    assert shown.data.endswith(expected[-14:])
    _assert_accounted(shown, expected)
    _assert_records_add_up(recording)


@pytest.mark.parametrize("is_interrupted", [False, True], ids=["at rest", "and it is told to end"])
def test_a_loss_at_the_end_is_told_to_the_byte(
    start_tracer: StartTracer, tmux: Tmux, tmp_path: Path, is_interrupted: bool
) -> None:
    """Nothing is shown after the loss that could reveal it: the reader finds it by itself."""
    pipe, tracer = tmp_path / "pipe", start_tracer(*TINY)
    # Small reads at last, so that the ring has no room left for even the smallest.
    shows = "seq 30011; for i in $(seq 101); do printf .; sleep 0.01; done"
    pane = tmux.new_session(closed(f"printf HEAD; tmux wait-for go; {shows}"), pipe=pipe)
    tracer.until(_shows_head)
    tracer.pause()
    tmux.signal("go")
    expected = piped(pipe)
    if is_interrupted:
        tracer.interrupt()
    tracer.resume()
    if not is_interrupted:
        tracer.until(lambda finding: _lost_until(finding) == len(expected))
    recording = tracer.stop()
    shown = recording.output(pane)
    assert _lost_until(shown.lost[-1]) == len(expected)
    _assert_accounted(shown, expected)
    _assert_records_add_up(recording)


def _lost_until(finding: object) -> int | None:
    if not isinstance(finding, Lost) or finding.offset is None or finding.bytes is None:
        return None
    return finding.offset + finding.bytes


def test_losses_of_many_panes_are_told_to_the_byte(
    start_tracer: StartTracer, tmux: Tmux, tmp_path: Path, scale: float
) -> None:
    """Three panes compete for a tiny ring while the reader stops and goes; one of them ends its
    output during a stop, while the others go on."""
    tracer = start_tracer(*TINY)
    lines = [int(count * scale) + 2003 for count in (30_011, 500_009, 300_007)]
    pipes = [tmp_path / f"pipe{number}" for number in range(3)]
    panes = [
        tmux.new_session(closed(f"tmux wait-for go{number}; seq {count}"), pipe=pipe)
        for number, (count, pipe) in enumerate(zip(lines, pipes, strict=True))
    ]
    for number in range(3):
        tmux.signal(f"go{number}")
    for pipe in pipes:
        tracer.pause()
        size = pipe.stat().st_size
        eventually(lambda pipe=pipe, size=size: pipe.stat().st_size > size + 30_000 or _over(pipe))
        tracer.resume()
    expected = [piped(pipe) for pipe in pipes]
    recording = tracer.stop()
    shown = [recording.output(pane) for pane in panes]
    assert sum(one.lost_bytes for one in shown) > 0
    for one, data in zip(shown, expected, strict=True):
        assert len(one.data) + one.lost_bytes == len(data)
        for piece in one.pieces:
            assert_equal(piece.data, data[piece.offset : piece.offset + len(piece.data)])
    _assert_records_add_up(recording)


def _over(pipe: Path) -> bool:
    return pipe.read_bytes().endswith(b"@")


def test_new_panes_do_not_inherit_the_losses_of_closed_ones(
    start_tracer: StartTracer, tmux: Tmux, tmp_path: Path
) -> None:
    """While the reader stands still and the ring is full, panes are closed and others open, some of
    which get in the kernel the address of an old one: their bytes are their own.

    The server stays on one CPU, whose last freed memory is what is allocated next.
    """
    flood, pipes = tmp_path / "flood", [tmp_path / f"new{number}" for number in range(7)]
    tracer = start_tracer(*TINY)
    tmux.new_session(closed("tmux wait-for flood; seq 30011"), pipe=flood)
    os.sched_setaffinity(tmux.pid, {min(os.sched_getaffinity(0))})
    old = [tmux.new_session(closed("printf HEAD"), pipe=tmp_path / f"old{n}") for n in range(7)]
    for pane in old:
        tracer.until(lambda finding, tty=pane.tty: getattr(finding, "tty", None) == tty)
    tracer.pause()
    tmux.signal("flood")
    piped(flood)
    for pane in old:
        tmux.run("kill-session", "-t", pane.session)
        eventually(lambda pid=pane.pid: not Path(f"/proc/{pid}").exists())
    shows = "seq 1009; tmux wait-for go{}; " + closed("seq 7")
    new = [tmux.new_session(shows.format(n), pipe=pipe) for n, pipe in enumerate(pipes)]
    for pipe in pipes:
        ends_with(pipe, b"1009\r\n")
    tracer.resume()
    tracer.until(is_loss)
    for number in range(7):
        tmux.signal(f"go{number}")
    expected = [piped(pipe) for pipe in pipes]
    recording = tracer.stop()
    for pane, data in zip(new, expected, strict=True):
        _assert_accounted(recording.output(pane), data)
    _assert_records_add_up(recording)


class Storm:
    """A pane that runs many programs, a prime number of them for each Enter."""

    def __init__(self, tmux: Tmux, place: Path, program: Path, count: int) -> None:
        self._tmux, self._pipe, self.count = tmux, place / "storm", count
        command = f"exec {program} {count} {END.decode()}"
        self.pane = tmux.new_session(command, pipe=self._pipe)

    def blow(self) -> None:
        """Runs them, and returns when all have ended."""
        seen = self._pipe.read_bytes().count(END)
        self._tmux.send_keys(self.pane, "Enter")
        eventually(lambda: self._pipe.read_bytes().count(END) == seen + 1)

    def recorded(self, recording: Recording) -> dict[str, int]:
        """How many of each kind were recorded of these programs."""
        pid, server = self.pane.pid, self.pane.server_pid
        forks = (f.process.who for f in recording.of(ProcessForked, server))
        execs = (f.process.argv for f in recording.of(ProgramStarted, server))
        ends = (f.process for f in recording.of(ProcessEnded, server))
        return {
            "fork": sum(1 for who in forks if who and who.parent.tgid == pid),
            "exec": sum(1 for argv in execs if argv == (b"leaf",)),
            # Without its fork nothing is known of a process that ended but its number.
            "end": sum(1 for ended in ends if not ended.who or ended.who.parent.tgid == pid),
        }


@pytest.fixture
def storm(tmux: Tmux, tmp_path: Path, workload: Workload, scale: float) -> Storm:
    return Storm(tmux, tmp_path, workload("storm"), 2003 if scale >= 1 else 211)


@pytest.mark.parametrize("rounds", [1, 2], ids=["at the end", "in the middle"])
def test_lost_programs_are_counted(start_tracer: StartTracer, storm: Storm, rounds: int) -> None:
    """Thousands of programs run while the reader stands still: those recorded and those told as
    lost add up, for their starts, their forks and their ends."""
    tracer = start_tracer("--critical-pages", "8")
    tracer.pause()
    storm.blow()
    tracer.resume()
    if rounds == 2:
        storm.blow()
    recording = tracer.stop()
    for kind, recorded in storm.recorded(recording).items():
        _assert_records_add_up(recording, kind)
        lost = sum(f.records or 0 for f in recording.of(Lost) if f.kind == kind)
        assert recorded and lost
        assert recorded + lost == rounds * storm.count, (kind, recording.servers())


def test_a_flood_of_output_loses_no_program(
    start_tracer: StartTracer, tmux: Tmux, storm: Storm
) -> None:
    """Output overflows a tiny ring all the time; programs have their own."""
    tracer = start_tracer("--bulk-pages", "2")
    tmux.new_session("yes 0123456789012345678901234567890123456789")
    tracer.until(is_loss)
    storm.blow()
    recording = tracer.stop()
    assert {lost.kind for lost in recording.of(Lost) if is_loss(lost)} == {"text_output"}
    assert storm.recorded(recording) == dict.fromkeys(("fork", "exec", "end"), storm.count)
