"""What tests look for among findings: a program, a change in tmux, a place with its names."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable

from tests.kernel.recording import Tracer
from tests.kernel.tmux import Pane, Tmux
from tracer.model.findings import Finding, ProgramStarted, TmuxChanged


def started(*argv: str) -> Callable[[Finding], bool]:
    """A program runs, with these arguments exactly."""
    wanted = tuple(map(os.fsencode, argv))
    return lambda found: isinstance(found, ProgramStarted) and found.process.argv == wanted


def changed(action: str, pid: int, **place: object) -> Callable[[Finding], bool]:
    """A change of the server `pid`, with these fields of the place."""

    def is_it(found: Finding) -> bool:
        if not isinstance(found, TmuxChanged) or found.action != action:
            return False
        there = {name: getattr(found.place, name) for name in place}
        return found.place.server.tgid == pid and there == place

    return is_it


def wait_for_names(tracer: Tracer, pane: Pane) -> None:
    """Waits until the tracer knows the names of a pane."""
    tracer.until(changed("pane-opened", pane.server_pid, pane_id=pane.id))


def assert_runs_in(found: Finding, pane: Pane, tmux: Tmux) -> None:
    """It is in this pane, by all names, and the kernel agrees."""
    place = found.place
    assert place
    assert (place.server.tgid, place.pane_pid) == (pane.server_pid, pane.pid)
    assert (place.session_name, place.pane_id) == (pane.session, pane.id)
    assert place.socket == os.fsencode(tmux.socket)
    assert place.verified


def gated(*argv: str) -> str:
    """Runs a program when `go` is signalled, and stays."""
    return f"tmux wait-for go; {shlex.join(argv)}; exec sleep infinity"


def see(tracer: Tracer, tmux: Tmux, marker: str, name: str | None = None) -> Pane:
    """A pane of a new session whose program is recorded with the right names."""
    pane = tmux.new_session(gated("/bin/true", marker), name=name)
    wait_for_names(tracer, pane)
    tmux.signal("go")
    assert_runs_in(tracer.until(started("/bin/true", marker)), pane, tmux)
    return pane


def client_changed(action: str, pid: int) -> Callable[[Finding], bool]:
    """A change of the client `pid`."""
    return lambda found: (
        isinstance(found, TmuxChanged)
        and found.action == action
        and found.client is not None
        and found.client.pid == pid
    )
