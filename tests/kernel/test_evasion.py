"""No way to write to a terminal shows something that isn't recorded."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
from pathlib import Path

import pytest

from tests.kernel.conftest import Workload
from tests.kernel.recording import Tracer
from tests.kernel.tmux import Tmux, ends_with
from tests.kernel.witness import assert_whole, closed, piped

_SWITCHES = {
    "io-uring": Path("/proc/sys/kernel/io_uring_disabled"),
    "io-uring-fixed": Path("/proc/sys/kernel/io_uring_disabled"),
}


@pytest.mark.every_plan
def test_every_way_of_writing_is_recorded(
    watching: Tracer, tmux: Tmux, tmp_path: Path, workload: Workload
) -> None:
    """Vectors, sendfile, splice, io_uring, 32-bit system calls, pages that were never touched,
    /dev/tty, TIOCSTI, and a buffer that another thread rewrites during the write."""
    truth, pipe = tmp_path / "truth", tmp_path / "pipe"
    pane = tmux.new_session(
        closed(f"{workload('evade')} {shlex.quote(str(truth))} </dev/tty"), pipe=pipe
    )
    expected = piped(pipe)
    shown = watching.output(pane, len(expected))
    assert_whole(shown, expected)
    ways = [json.loads(line) for line in truth.read_text().splitlines()]
    assert len(ways) == 13
    for way in ways:
        if not way["error"]:
            assert way["marker"].encode() in shown.data, way["way"]
    assert len(re.findall(rb"([a-z])\1{4095}", shown.data)) > 1, "nothing was rewritten"
    _assert_switched_off({way["way"]: way["error"] for way in ways if way["error"]})


def _assert_switched_off(impossible: dict[str, str]) -> None:
    """What a workload could not do must be what this kernel is set up to refuse."""
    for way, error in impossible.items():
        if way == "int80" and error == os.strerror(errno.ENOSYS):
            continue
        switch = _SWITCHES.get(way)
        assert switch and switch.read_text() != "0\n", (way, error)


def test_a_stranger_who_writes_to_the_terminal_is_recorded(
    watching: Tracer, tmux: Tmux, tmp_path: Path
) -> None:
    """A process outside of tmux opens the pane's terminal and writes."""
    pipe = tmp_path / "pipe"
    pane = tmux.new_session(closed("printf BEFORE; tmux wait-for go"), pipe=pipe)
    ends_with(pipe, b"BEFORE")
    Path(f"/dev/pts/{pane.tty.minor}").write_bytes(b"from outside")
    ends_with(pipe, b"from outside")
    tmux.signal("go")
    expected = piped(pipe)
    assert_whole(watching.output(pane, len(expected)), expected)
