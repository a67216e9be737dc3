"""A tracer in a process of its own, and what it found.

Invariant: `Recording.output` joins what was recorded of a pane by the kernel's own offsets, and
fails where two pieces overlap or a hole has no `Lost`.
"""

from __future__ import annotations

import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeGuard, TypeVar

from tests.kernel.lines import Totals, from_line
from tests.kernel.tmux import Pane
from tests.patience import PATIENCE_S, eventually
from tracer.model.findings import Finding, Lost, TextOutput

REPO = Path(__file__).parents[2]
_Class = TypeVar("_Class", bound=NamedTuple)


def is_loss(finding: Finding) -> bool:
    """Whether records are missing. That changes of tmux may be unseen is none of that, and can
    happen on any slow machine."""
    return isinstance(finding, Lost) and finding.kind != "tmux-changed"


def _is_output(finding: Finding) -> TypeGuard[TextOutput | Lost]:
    """Or a hole in it. A picture of a pane that came too late is none."""
    is_hole = isinstance(finding, Lost) and finding.kind == "text_output"
    return is_hole or isinstance(finding, TextOutput)


class Shown(NamedTuple):
    """What was recorded of one pane: `data` begins at `offset`, and lacks what `lost` has."""

    offset: int
    data: bytes
    pieces: tuple[TextOutput, ...]
    lost: tuple[Lost, ...]

    @property
    def lost_bytes(self) -> int:
        return sum(hole.bytes or 0 for hole in self.lost)


class Recording:
    """The findings of a run, in the order in which they came."""

    def __init__(self, findings: list[Finding], totals: Totals) -> None:
        """`totals`: empty where the run goes on."""
        self.findings = findings
        self.totals = totals

    def of(self, kind: type[_Class], server_pid: int | None = None) -> list[_Class]:
        """Findings of one class, on request those of one server only."""
        found = [finding for finding in self.findings if isinstance(finding, kind)]
        if server_pid is None:
            return found
        return [finding for finding in found if _server_pid(finding) == server_pid]

    def servers(self) -> set[int]:
        """All servers that were seen: on a machine where others use tmux, their losses too."""
        return {pid for pid in map(_server_pid, self.findings) if pid is not None}

    def output(self, pane: Pane) -> Shown:
        """What the pane showed, joined."""
        pieces, lost = [], []
        data = bytearray()
        end: int | None = None
        for finding in self.findings:
            if not _is_output(finding) or finding.tty != pane.tty:
                continue
            place = finding.place
            if place is None or place.server.tgid != pane.server_pid:
                continue
            if place.pane_pid not in (None, pane.pid):
                continue  # another one had this terminal before
            assert end in (None, finding.offset), f"bytes {end} to {finding.offset} of {pane}"
            if isinstance(finding, TextOutput):
                pieces.append(finding)
                data += finding.data
                end = finding.offset + len(finding.data)
            else:
                lost.append(finding)
                assert finding.offset is not None and finding.bytes is not None
                end = finding.offset + finding.bytes
        first = pieces[0].offset if pieces else 0
        return Shown(first, bytes(data), tuple(pieces), tuple(lost))


class Tracer:
    """A tracer that runs. `stop` ends it and returns what it found."""

    def __init__(self, place: Path, plan: str | None, *options: str) -> None:
        self._out = place / "findings.jsonl"
        self._read_bytes = 0
        self._found: list[Finding] = []
        command = [sys.executable, "-m", "tests.kernel.tracing", str(self._out), *options]
        self._process = subprocess.Popen(
            command + (["--plan", plan] if plan else []),
            cwd=REPO,
            stderr=subprocess.PIPE,
        )
        assert self._process.stderr is not None
        if not select.select([self._process.stderr], [], [], PATIENCE_S)[0]:
            self.kill()
            raise AssertionError("the tracer does not become ready")
        first = self._process.stderr.readline()
        if first != b"ready\n":
            raise AssertionError((first + self._process.stderr.read()).decode())

    @property
    def pid(self) -> int:
        return self._process.pid

    def pause(self) -> None:
        """From now on nothing is drained."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def findings(self) -> list[Finding]:
        """What it has found until now."""
        with self._out.open("rb") as file:
            file.seek(self._read_bytes)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._read_bytes += len(whole + newline)
        self._found += map(from_line, whole.splitlines())
        return list(self._found)

    def until(self, what: Callable[[Finding], object]) -> Finding:
        """The first finding of which `what` is true, once there is one."""
        found = eventually(lambda: next(filter(what, self.findings()), None))
        assert found is not None
        return found

    def recording(self) -> Recording:
        """What it has found until now, of a run that goes on."""
        return Recording(self.findings(), Totals("", {}, {}))

    def output(self, pane: Pane, size: int) -> Shown:
        """What the pane showed, once its first `size` bytes are recorded or told as lost."""
        self.until(lambda finding: _shown_until(finding, pane) >= size)
        return self.recording().output(pane)

    def interrupt(self) -> None:
        """SIGINT, and no wait."""
        self._process.send_signal(signal.SIGINT)

    def stop(self) -> Recording:
        """Ends it in order."""
        self.interrupt()
        _, said = self._process.communicate(timeout=PATIENCE_S)
        assert self._process.returncode == 0, said.decode()
        *findings, totals = self.findings()
        assert isinstance(totals, Totals)
        return Recording(findings, totals)

    def kill(self) -> None:
        """Ends it, if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(PATIENCE_S)
        if self._process.stderr is not None:
            self._process.stderr.close()


def _shown_until(finding: Finding, pane: Pane) -> int:
    if not isinstance(finding, TextOutput | Lost) or finding.tty != pane.tty:
        return 0
    if _server_pid(finding) != pane.server_pid or finding.offset is None:
        return 0
    return finding.offset + (
        len(finding.data) if isinstance(finding, TextOutput) else finding.bytes or 0
    )


def _server_pid(finding: Finding) -> int | None:
    return finding.place.server.tgid if finding.place else None
