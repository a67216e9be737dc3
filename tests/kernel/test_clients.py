"""Every way to come to a session and to leave it, with the person, as the kernel shows it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.kernel.conftest import StartTracer
from tests.kernel.recording import Tracer
from tests.kernel.sights import changed, client_changed, wait_for_names
from tests.kernel.tmux import ENVIRONMENT, Pane, Tmux
from tests.kernel.typists import FOURTH, Typist, let_in
from tests.kernel.visitors import Visit, Visitor, visits
from tests.patience import PATIENCE_S, eventually
from tracer.model.context import Person
from tracer.model.findings import Finding, TmuxChanged

IDLE = "exec sleep infinity"


@pytest.fixture
def visit() -> Iterator[Visit]:
    """Attaches clients."""
    with visits() as visit_:
        yield visit_


@pytest.fixture
def pane(watching: Tracer, tmux: Tmux) -> Pane:
    """The only pane of the session "work", which the tracer knows."""
    made = tmux.new_session(IDLE, name="work")
    wait_for_names(watching, made)
    return made


def sees(tracer: Tracer, action: str, pid: int) -> TmuxChanged:
    """The change of that client, once it is told."""
    found = tracer.until(client_changed(f"client-{action}", pid))
    assert isinstance(found, TmuxChanged)
    return found


def of(tracer: Tracer, pid: int) -> list[str]:
    """All that was told of a client until now, in order."""
    return [change.action.removeprefix("client-") for change in _of(tracer.findings(), pid)]


def _of(findings: list[Finding], pid: int) -> list[TmuxChanged]:
    return [
        found
        for found in findings
        if isinstance(found, TmuxChanged) and found.client and found.client.pid == pid
    ]


def person(change: TmuxChanged) -> Person:
    assert change.client is not None and change.client.person is not None
    return change.client.person


@pytest.mark.every_plan
def test_who_attaches_and_detaches_by_key(
    watching: Tracer, tmux: Tmux, pane: Pane, visit: Visit
) -> None:
    """The kernel's process, terminal, uid and size; tmux's session."""
    visitor = visit(tmux, pane.session)
    come = sees(watching, "attached", visitor.pid)
    assert (come.place.session_name, come.place.server.tgid) == ("work", pane.server_pid)
    assert visitor.is_person(person(come)) and person(come).is_client
    assert come.client is not None and come.client.verified
    assert (come.client.columns, come.client.rows) == (80, 24)
    assert (come.client.is_read_only, come.client.is_control) == (False, False)
    visitor.type(b"\x02d")
    visitor.leave()
    gone = sees(watching, "detached", visitor.pid)
    assert (gone.note, gone.place.session_name) == ("terminal put back", "work")
    # An attach is told a moment later at most: a slow machine may not know from where until then.
    assert person(gone).origin is not None
    assert person(come) in (person(gone), person(gone)._replace(origin=None))
    assert of(watching, visitor.pid) == ["attached", "detached"]


def test_another_users_client_is_that_users(watching: Tracer) -> None:
    """The server's owner let them in."""
    with TemporaryDirectory(prefix="public-") as place:
        Path(place).chmod(0o755)
        tmux = Tmux(Path(place))
        pane = tmux.new_session(IDLE, name="work")
        let_in(tmux, FOURTH)
        typist = Typist(tmux, pane, FOURTH)
        try:
            assert typist.is_person(person(sees(watching, "attached", typist.pid)))
        finally:
            typist.close()
            tmux.close()
    assert sees(watching, "detached", typist.pid).note == "killed by SIGKILL"


def test_one_who_pushes_another_out(watching: Tracer, tmux: Tmux, pane: Pane, visit: Visit) -> None:
    """attach -d: both attached, one detached."""
    first = visit(tmux, pane.session)
    sees(watching, "attached", first.pid)
    second = visit(tmux, pane.session, "-d")
    first.leave()
    sees(watching, "detached", first.pid)
    sees(watching, "attached", second.pid)
    assert of(watching, second.pid) == ["attached"]


def test_a_client_whose_parent_is_hung_up(watching: Tracer, tmux: Tmux, pane: Pane) -> None:
    """detach -P."""
    pid = tmux.attach(pane.session)
    sees(watching, "attached", pid)
    tmux.run("detach-client", "-P", "-s", pane.session)
    sees(watching, "detached", pid)


def test_a_client_that_becomes_another_program(
    watching: Tracer, tmux: Tmux, pane: Pane, visit: Visit
) -> None:
    """detach -E: its process lives on, and it is no client."""
    visitor = visit(tmux, pane.session)
    tmux.run("detach-client", "-E", "exec sleep infinity", "-s", pane.session)
    sees(watching, "detached", visitor.pid)
    os.kill(visitor.pid, 0)


def test_a_client_goes_to_another_session(
    watching: Tracer, tmux: Tmux, pane: Pane, visit: Visit
) -> None:
    """switch-client, and then its end in the new one."""
    tmux.new_session(IDLE, name="other")
    visitor = visit(tmux, pane.session)
    sees(watching, "attached", visitor.pid)
    tmux.run("switch-client", "-c", visitor.tty_name, "-t", "=other")
    switched = sees(watching, "session-changed", visitor.pid)
    assert (switched.place.session_name, switched.note) == ("other", "was work")
    os.kill(visitor.pid, signal.SIGKILL)
    gone = sees(watching, "detached", visitor.pid)
    assert (gone.place.session_name, gone.note) == ("other", "killed by SIGKILL")


def test_a_client_is_suspended_and_goes_on(
    watching: Tracer, tmux: Tmux, pane: Pane, visit: Visit
) -> None:
    """Nobody continues a session leader, so that the test does."""
    visitor = visit(tmux, pane.session)
    sees(watching, "attached", visitor.pid)
    tmux.run("suspend-client", "-t", visitor.tty_name)
    sees(watching, "suspended", visitor.pid)
    os.kill(visitor.pid, signal.SIGCONT)
    sees(watching, "resumed", visitor.pid)
    assert of(watching, visitor.pid) == ["attached", "suspended", "resumed"]


def test_a_client_is_locked_and_unlocked(
    watching: Tracer, tmux: Tmux, pane: Pane, visit: Visit
) -> None:
    """The kernel can't tell it from a suspended one."""
    tmux.run("set-option", "-g", "lock-command", "tmux wait-for unlocked")
    visitor = visit(tmux, pane.session)
    sees(watching, "attached", visitor.pid)
    tmux.run("lock-client", "-t", visitor.tty_name)
    sees(watching, "suspended", visitor.pid)
    tmux.signal("unlocked")
    sees(watching, "resumed", visitor.pid)
    assert of(watching, visitor.pid) == ["attached", "suspended", "resumed"]


def test_a_client_gets_another_size(watching: Tracer, tmux: Tmux, pane: Pane, visit: Visit) -> None:
    """Its terminal is resized."""
    visitor = visit(tmux, pane.session)
    sees(watching, "attached", visitor.pid)
    visitor.resize(100, 30)
    resized = sees(watching, "resized", visitor.pid)
    assert resized.client is not None
    assert (resized.client.columns, resized.client.rows) == (100, 30)


def test_a_reader(watching: Tracer, tmux: Tmux, pane: Pane, visit: Visit) -> None:
    """attach -r."""
    come = sees(watching, "attached", visit(tmux, pane.session, "-r").pid)
    assert come.client is not None and come.client.is_read_only


def test_a_control_client(watching: Tracer, tmux: Tmux, pane: Pane) -> None:
    """-C takes no terminal; its process is the kernel's all the same."""
    argv = [*tmux.argv("-C"), "attach-session", "-t", f"={pane.session}"]
    with subprocess.Popen(
        argv, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as control:
        come = sees(watching, "attached", control.pid)
        assert come.client is not None and come.client.is_control
        assert (person(come).uid, person(come).is_client) == (os.getuid(), False)
        assert control.stdin is not None
        control.stdin.close()
        control.wait(PATIENCE_S)
    assert sees(watching, "detached", control.pid).place.session_name == pane.session


def test_a_client_in_a_pane_of_another_server(
    watching: Tracer, tmux: Tmux, pane: Pane, tmp_path: Path
) -> None:
    """tmux in tmux: the inner server's client is a program of the outer's pane."""
    place = tmp_path / "outer"
    place.mkdir()
    outer = Tmux(place)
    attach = shlex.join(tmux.argv("attach-session", "-t", f"={pane.session}"))
    try:
        nest = outer.new_session(f"unset TMUX; exec {attach}")
        come = sees(watching, "attached", nest.pid)
        assert come.place.server.tgid == pane.server_pid
        assert person(come).tty == nest.tty
        origin = person(come).origin
        assert origin is not None and (origin.kind, origin.server_pid) == ("tmux", nest.server_pid)
    finally:
        outer.close()
    sees(watching, "detached", nest.pid)


def test_the_first_client_of_a_new_server(watching: Tracer, tmux: Tmux) -> None:
    """It is attached before its server is known to be one."""
    command = shlex.join(tmux.argv("new-session", "-s", "first", IDLE))
    script = ["script", "-q", "-c", f"exec {command}", "/dev/null"]
    with subprocess.Popen(
        script, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ):
        pid = int(eventually(lambda: _client_of(tmux)))
        try:
            come = sees(watching, "attached", pid)
        finally:
            tmux.run("kill-server")
    assert (come.place.session_name, come.note) == ("first", None)
    assert person(come).is_client
    sees(watching, "detached", pid)
    assert of(watching, pid) == ["attached", "detached"]


def _client_of(tmux: Tmux) -> str:
    return tmux.run("list-clients", "-F", "#{client_pid}").strip() if tmux.socket.exists() else ""


@pytest.mark.parametrize("is_killed", [False, True])
def test_all_are_detached_before_their_server_is_gone(
    watching: Tracer, tmux: Tmux, pane: Pane, visit: Visit, is_killed: bool
) -> None:
    """It ends itself, or is killed."""
    visitors = [visit(tmux, pane.session) for _ in range(2)]
    for visitor in visitors:
        sees(watching, "attached", visitor.pid)
    if is_killed:
        os.kill(pane.server_pid, signal.SIGKILL)
    else:
        tmux.run("kill-server")
    watching.until(changed("server-gone", pane.server_pid))
    note = "server gone" if is_killed else "exit status 1"
    for visitor in visitors:
        assert of(watching, visitor.pid) == ["attached", "detached"]
        assert sees(watching, "detached", visitor.pid).note == note


def test_who_was_attached_before_tracing(
    start_tracer: StartTracer, tmux: Tmux, visit: Visit
) -> None:
    """Told so, with the same person, and seen to leave."""
    pane = tmux.new_session(IDLE, name="work")
    visitor: Visitor = visit(tmux, pane.session)
    tracer = start_tracer()
    come = sees(tracer, "attached", visitor.pid)
    assert (come.note, come.place.session_name) == ("was there before", "work")
    assert visitor.is_person(person(come)) and person(come).is_client
    visitor.type(b"\x02d")
    visitor.leave()
    assert sees(tracer, "detached", visitor.pid).place.session_name == "work"
    assert of(tracer, visitor.pid) == ["attached", "detached"]
