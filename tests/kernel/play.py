"""Commands in a pane of a private server, the truth that the workloads tell, and what was traced.

Invariant: a command is over when `Play.run` returns; what it ran has told its truth by then.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.kernel.recording import Recording, Tracer
from tests.kernel.tmux import Pane, Tmux
from tracer.model.context import Process
from tracer.model.events import ProcessKey
from tracer.model.findings import Finding, Lost, ProcessEnded, ProcessForked, ProgramStarted

WORKLOADS = Path(__file__).parents[1] / "workload"
# A preemptible kernel leaves out runs of fentry programs, which are told as lost output or input.
_OF_PROCESSES = ("fork", "exec", "end")


def build_static(name: str, place: Path) -> Path:
    """The program that tests/workload/NAME.c makes, for roots without a library."""
    program = place / name
    flags = ["-static", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread"]
    subprocess.run(["cc", *flags, "-o", program, WORKLOADS / f"{name}.c"], check=True)
    return program


class Leaf(NamedTuple):
    """What one run of leaf.c saw of itself; `argv` is cut where it is long."""

    pid: int
    uid: int
    euid: int
    argc: int
    argv_bytes: int
    argv: bytes
    cwd: bytes


def told(path: Path) -> list[Leaf]:
    """What the leaves told, in order."""
    lines = map(json.loads, path.read_text().splitlines())
    return [
        Leaf(**{**line, "argv": bytes.fromhex(line["argv"]), "cwd": bytes.fromhex(line["cwd"])})
        for line in lines
    ]


def run(tmux: Tmux, command: str, *, name: str | None = None) -> Pane:
    """Runs a command in a pane of its own, which stays."""
    pane = begin(tmux, command, name=name)
    finish(tmux, pane)
    return pane


def begin(tmux: Tmux, command: str, *, name: str | None = None) -> Pane:
    """A pane that runs a command once `finish` lets it."""
    tell = shlex.join(["tmux", "-S", str(tmux.socket), "wait-for", "-S"])
    return tmux.new_session(f"read go; {command}\n{tell} over-$$; exec cat", name=name)


def finish(tmux: Tmux, pane: Pane) -> None:
    """Lets the command of `begin` run, and waits for its end."""
    tmux.send_keys(pane, "Enter")
    tmux.wait(f"over-{pane.pid}")


def all_of(tracer: Tracer, pane: Pane) -> Traced:
    """What a tracer that goes on has of a pane of `run`, once that is all."""
    tracer.until(lambda found: _is_last(found, pane))
    return Traced(tracer.recording(), pane)


def _is_last(finding: Finding, pane: Pane) -> bool:
    if not isinstance(finding, ProgramStarted) or finding.place.server.tgid != pane.server_pid:
        return False
    return (finding.process.key.tgid, finding.process.argv) == (pane.pid, (b"cat",))


class Traced:
    """What a recording has of one pane."""

    def __init__(self, recording: Recording, pane: Pane) -> None:
        self.pane = pane
        of = recording.of
        self.started = [f for f in of(ProgramStarted, pane.server_pid) if self._is_here(f)]
        self.ended = [f for f in of(ProcessEnded, pane.server_pid) if self._is_here(f)]
        self.forked = [f for f in of(ProcessForked, pane.server_pid) if self._is_here(f)]
        self.lost = [lost for lost in of(Lost) if lost.kind in _OF_PROCESSES]

    def programs(self, name: bytes) -> list[Process]:
        """Every program that was started with this argv[0]."""
        return [f.process for f in self.started if f.process.argv[:1] == (name,)]

    def program(self, name: bytes) -> Process:
        """The only one."""
        (process,) = self.programs(name)
        return process

    def statuses(self) -> dict[ProcessKey, int]:
        """How each process ended. Fails where one ended twice."""
        statuses = {f.process.key: f.status for f in self.ended}
        assert len(statuses) == len(self.ended)
        return statuses

    def pids(self) -> Iterator[int]:
        """Of every process that was made or ran here."""
        return (f.process.key.tgid for f in [*self.forked, *self.started])

    def _is_here(self, finding: ProgramStarted | ProcessEnded | ProcessForked) -> bool:
        return finding.place.pane_pid == self.pane.pid
