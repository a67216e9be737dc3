"""The service in a flood: what is not recorded is told to the last record and byte, nothing is lost
of what is critical, and memory has its bound."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kernel.conftest import StartRun
from tests.kernel.logged import Log, Record
from tests.kernel.tmux import Tmux
from tests.soak.ledger import Ledger
from tests.soak.soak import unproved
from tests.soak.verdict import missed, unaccounted

SECONDS = 10
PANES = 8
FORKER = f"timeout {SECONDS} sh -c 'while :; do /bin/true; done' &"
FLOOD = f"{FORKER} {FORKER} timeout {SECONDS} yes; wait"
MEMORY_MIB = 110


class Outputs(Ledger):
    """Also what each pane showed: its bytes, recorded and lost, without a hole or an overlap."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.ends: dict[int, int] = {}
        """Of each terminal's output, by its number."""
        self.bytes = {"text_output": 0, "lost": 0}

    def note(self, record: Record) -> None:
        super().note(record)
        action = record["event"]["action"]
        tty = record.get("process", {}).get("tty", {}).get("char_device", {}).get("minor")
        if action == "text_output":
            place = record["ttytrace"]["io"]
            size = record["process"]["io"]["total_bytes_captured"]
        elif action == "lost" and tty is not None:
            place = record["ttytrace"]["lost"]
            size = place["bytes"]
        else:
            return
        assert place["offset"] == self.ends.get(tty, 0), record
        self.ends[tty] = place["offset"] + size
        self.bytes[action] += size

    def wants(self, line: bytes) -> bool:
        return super().wants(line) or b'"action":"text_output"' in line


@pytest.mark.parametrize("percent", [0, 5], ids=["no limit", "a limit"])
def test_a_flood_is_recorded_or_told_as_lost(
    log: Log, start_run: StartRun, tmux: Tmux, percent: int
) -> None:
    """Sixteen forkers and eight times `yes`; also where recording may take but a twentieth of a
    core for output."""
    more = f'[scope]\nsockets = ["{tmux.socket}"]\n[limits]\ncpu_percent = {percent}\n'
    log.config.write_text(log.config.read_text() + more)
    outputs = Outputs(log.directory)
    run = start_run()
    for pane in range(PANES):
        tmux.new_session(f"{FLOOD}; tmux wait-for -S over{pane}; exec sleep infinity")
    for pane in range(PANES):
        tmux.wait(f"over{pane}")
        outputs.look()
    peak, nice = _peak_mib(run.pid), os.getpriority(os.PRIO_PROCESS, run.pid)
    run.stop()
    outputs.look()
    print(f"{peak:.0f} MiB at most, {outputs.bytes}, {outputs.counters}")
    assert not [*unaccounted(outputs), *missed(outputs)]
    assert len(outputs.ends) == PANES
    assert outputs.counters["exec"]["produced"] > 1000
    assert peak <= MEMORY_MIB
    assert nice < 0, "others run before it"
    assert not [*unproved(log)]


def _peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
