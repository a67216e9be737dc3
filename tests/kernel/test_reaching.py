"""Who puts input into a pane past its keyboard, or takes hold of what runs there, is told."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest

from tests.kernel.conftest import WORKLOADS
from tests.kernel.hearing import heard
from tests.kernel.recording import Tracer
from tests.kernel.room import Room
from tests.patience import eventually
from tracer.model.findings import InputInjected, ProcessTraced, TextInput
from tracer.model.hands import How


def _reach(*arguments: object) -> int:
    """Runs workload/reach.py outside of tmux; returns its pid."""
    argv = [sys.executable, WORKLOADS / "reach.py", *map(str, arguments)]
    return int(subprocess.check_output(argv, text=True))


def _is_of(finding: object, pid: int, **fields: object) -> bool:
    person = getattr(finding, "person", None)
    there = {name: getattr(finding, name, None) for name in fields}
    return person is not None and person.key.tgid == pid and there == fields


def test_injected_keys_are_told_with_who_did_it(tracer: Tracer, room: Room) -> None:
    """TIOCSTI from a process outside: an event of its own, and the bytes are nobody else's."""
    reader = room.open()
    pid = _reach("tiocsti", f"/dev/pts/{reader.pane.tty.minor}", "stuffed")
    eventually(lambda: reader.got() == b"stuffed")
    recording = tracer.stop()
    (injected,) = recording.of(InputInjected, reader.pane.server_pid)
    assert _is_of(injected, pid, way="tiocsti", times=len("stuffed"), tty=reader.pane.tty)
    typed = recording.of(TextInput, reader.pane.server_pid)
    parts = [part for finding in typed for part in finding.typed_by]
    assert sum(part.size for part in parts) == len("stuffed")
    assert all(part.how == How.TIOCSTI and _is_of(part, pid) for part in parts)


def test_a_stranger_with_the_master_is_told(tracer: Tracer, room: Room) -> None:
    """A process takes the server's side of a terminal and writes to it. Where only what descends
    from tmux can be followed, it is one in a pane."""
    reader = room.open()
    pid_file = reader.path.with_name("pid")
    target = reader.pane.server_pid, f"/dev/pts/{reader.pane.tty.minor}", "foreign"
    reach = shlex.join(map(str, [sys.executable, WORKLOADS / "reach.py", "master", *target]))
    room.tmux.new_session(f"{reach} >{shlex.quote(str(pid_file))}; exec sleep infinity")
    eventually(lambda: reader.got() == b"foreign")
    pid = int(eventually(pid_file.read_text))
    recording = tracer.stop()
    (injected,) = recording.of(InputInjected, reader.pane.server_pid)
    assert _is_of(injected, pid, way="foreign-master", tty=reader.pane.tty)
    input_ = heard(recording, reader.pane)
    assert [(part.how, _is_of(part, pid)) for part in input_.by] == [
        (How.FOREIGN_MASTER, True)
    ] * len("foreign")


@pytest.mark.parametrize(("way", "request_"), [("ptrace", "PTRACE_ATTACH"), ("memory", "memory")])
def test_who_takes_hold_of_a_shell_is_told(
    tracer: Tracer, room: Room, way: str, request_: str
) -> None:
    """ptrace(2) of a pane's process, and a write to its memory."""
    reader = room.open()
    pid = _reach(way, reader.pane.pid)
    traced = tracer.until(
        lambda found: isinstance(found, ProcessTraced) and found.process.key.tgid == reader.pane.pid
    )
    assert isinstance(traced, ProcessTraced)
    assert _is_of(traced, pid, request=request_)
    assert traced.place.pane_pid == reader.pane.pid
