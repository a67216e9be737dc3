"""What is left of processes when a tracer starts: the dead are nobody's, and whoever gets their
number is not taken for them; what still lives is followed, however little of it is left."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from tests.kernel.conftest import StartTracer
from tests.kernel.play import Traced, build_static
from tests.kernel.tmux import Pane, Tmux
from tests.patience import eventually
from tracer.model.findings import ProgramStarted


class Remains:
    """tests/workload/remains.c in a pane; `pid` is what it printed."""

    def __init__(self, tmux: Tmux, place: Path, *words: object) -> None:
        self.program = build_static("remains", place)
        self._go, said = place / "go", place / "said"
        os.mkfifo(self._go)
        how = shlex.join(map(str, [self.program, *words]))
        self.pane: Pane = tmux.new_session(
            f"{how} <{self._go} >{said}; tmux wait-for -S over; exec cat"
        )
        self._writer = self._go.open("wb")
        eventually(lambda: said.exists() and said.read_text().endswith("\n"))
        self.pid = int(said.read_text())
        self._tmux = tmux

    def go_on(self) -> None:
        """Ends its stdin, and waits until it is over."""
        self._writer.close()
        self._tmux.wait("over")


def test_who_gets_the_pid_of_a_zombie_is_a_stranger(
    start_tracer: StartTracer, tmux: Tmux, tmp_path: Path
) -> None:
    """A zombie of a pane is there when the tracer starts. When it has been waited for, a process
    outside tmux gets its pid: it doesn't appear."""
    remains, leaf = Remains(tmux, tmp_path, "zombie"), build_static("leaf", tmp_path)
    tracer = start_tracer()
    remains.go_on()
    subprocess.run([remains.program, "reuse", str(remains.pid), leaf], check=True)
    recording = tracer.stop()
    assert Traced(recording, remains.pane).pids()  # the pane itself was followed
    strangers = [f for f in recording.of(ProgramStarted) if f.process.argv == (b"stranger",)]
    assert strangers == []


def test_a_process_without_its_leader_is_followed(
    start_tracer: StartTracer, tmux: Tmux, tmp_path: Path
) -> None:
    """/proc shows it as a zombie, but a thread goes on: what that starts is of the pane."""
    remains = Remains(tmux, tmp_path, "leaderless", build_static("leaf", tmp_path))
    stat = Path(f"/proc/{remains.pid}/stat")
    eventually(lambda: ") Z " in stat.read_text())
    tracer = start_tracer()
    remains.go_on()
    traced = Traced(tracer.stop(), remains.pane)
    process = traced.program(b"leaderless")
    assert process.who is not None
    assert process.who.parent.tgid == remains.pid
    assert {remains.pid, process.key.tgid} <= {key.tgid for key in traced.statuses()}
