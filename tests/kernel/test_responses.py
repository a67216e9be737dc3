"""What is done about alerts, in real sessions: by the service, its rules and its actions."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import hostile_tmux
from tests.alerting import entity_of
from tests.kernel.conftest import StartRun
from tests.kernel.logged import Log, Record
from tests.kernel.tmux import Pane, Tmux
from tests.kernel.typists import Typist, let_in, wait_until_attached
from tests.patience import eventually
from tracer.observe import procfs
from tracer.respond.client import Server
from tracer.seal.report import Verdict
from tracer.settings import ActionKind
from tracer.workers.respond import ask

VISITOR = "games"
RULE = """
title: {name}
name: {name}
level: high
logsource: {{product: linux, category: process_creation}}
detection:
    it: {{CommandLine|contains: {name}-}}
    condition: it
"""
KINDS = ("detach", "lock", "read-only", "kill")
ACTION = """
[[actions]]
kind = "{kind}"
name = "{name}"
rules = ["{name}"]
armed = {armed}
"""


class Stage:
    """A session with a shell, and two at its keyboards: root, and a visitor."""

    def __init__(self, tmux: Tmux) -> None:
        self.tmux = tmux
        self.pane: Pane = tmux.new_session("PS1='# ' exec sh -i")
        let_in(tmux, VISITOR)
        self.root = Typist(tmux, self.pane, "root")
        self.visitor = Typist(tmux, self.pane, VISITOR)
        wait_until_attached(tmux, (self.root, self.visitor))

    def clients(self) -> dict[int, str]:
        """The flags of each, by its pid."""
        said = self.tmux.run("list-clients", "-F", "#{client_pid} #{client_flags}").split()
        return dict(zip(map(int, said[::2]), said[1::2], strict=True))

    def close(self) -> None:
        self.root.close()
        self.visitor.close()


@pytest.fixture
def place() -> Iterator[Path]:
    """Where visitors, and workers without rights, can come."""
    with tempfile.TemporaryDirectory(prefix="ttytrace-") as place:
        Path(place).chmod(0o755)
        yield Path(place)


@pytest.fixture
def log(plan: str | None, place: Path) -> Iterator[Log]:
    """A log of its own."""
    log = Log(place)
    yield log
    log.release()


@pytest.fixture
def stage(place: Path) -> Iterator[Stage]:
    tmux = Tmux(place)
    stage = Stage(tmux)
    yield stage
    stage.close()
    tmux.close()


def configure(log: Log) -> None:
    """A rule for each action, and the same ones unarmed."""
    rules = log.config.parent / "rules"
    rules.mkdir()
    log.match("pack = false", f'directories = ["{rules}"]')
    text = ""
    for kind in KINDS:
        for name, armed in ((kind, "true"), (f"try-{kind}", "false")):
            (rules / f"{name}.yml").write_text(RULE.format(name=f"ask-{name}"))
            text += ACTION.format(kind=kind, name=f"ask-{name}", armed=armed)
    with log.config.open("a") as config:
        config.write(text)


def response(log: Log, name: str) -> tuple[Record, Record]:
    """The alert that this action is about, and its response."""
    said = log.until_ours("response", lambda fields: fields["name"] == name)
    alert = log.until(lambda record: record["event"]["sequence"] == said.fields["alert"])
    assert alert["event"]["action"] == "alert"
    # It was acted on once it was read there.
    assert alert["event"]["sequence"] < said.index
    return alert, said.fields


def test_whoever_did_it_is_stopped(log: Log, start_run: StartRun, stage: Stage) -> None:
    """By each action, and only if it is armed: the visitor's client is locked, can't type and is
    sent away, a process is killed; nobody else is touched."""
    configure(log)
    run = start_run()
    log.until(lambda record: record["event"]["action"] == "rules")
    visitor, root = stage.visitor, stage.root
    for kind in KINDS:
        visitor.type(b": ; /bin/echo ask-try-%s-\r" % kind.encode())
        _, said = response(log, f"ask-try-{kind}")
        expected = ("refused", "it has gone already") if kind == "kill" else ("dry-run", None)
        assert (said["state"], said.get("reason")) == expected
        if kind != "kill":
            assert (said["pid"], said["entity_id"]) == (visitor.pid, entity_of(visitor.pid))
    assert stage.clients().keys() == {visitor.pid, root.pid}
    assert not any("read-only" in flags for flags in stage.clients().values())

    stage.tmux.run("set-option", "-g", "lock-command", "exec sleep 1019")
    visitor.type(b"/bin/echo ask-lock-\r")
    assert response(log, "ask-lock")[1]["state"] == "done"
    eventually(lambda: "suspended" in stage.clients()[visitor.pid])
    assert "suspended" not in stage.clients()[root.pid]
    (locked,) = eventually(lambda: children_of(visitor.pid))
    os.kill(locked, 15)
    eventually(lambda: "suspended" not in stage.clients()[visitor.pid])

    root.type(b"sh -c ': ask-kill-; exec sleep 1021'; echo $?\r")
    assert response(log, "ask-kill")[1]["state"] == "done"
    eventually(lambda: b"137" in root.shown)

    visitor.type(b"/bin/echo ask-read-only-\r")
    assert response(log, "ask-read-only")[1]["state"] == "done"
    flags = stage.clients()
    assert ("read-only" in flags[visitor.pid], "read-only" in flags[root.pid]) == (True, False)
    stage.tmux.run("switch-client", "-r", "-c", visitor.tty_name)

    visitor.type(b"/bin/echo ask-detach-\r")
    alert, said = response(log, "ask-detach")
    assert (said["state"], said["pid"]) == ("done", visitor.pid)
    assert alert["tmux"]["submitted_by"]["user"]["name"] == VISITOR
    assert stage.clients().keys() == {root.pid}
    run.stop()
    assert log.verify() is Verdict.OK


def children_of(pid: int) -> list[int]:
    """Those that the process has now."""
    return [each.pid for each in procfs.stats().values() if each.ppid == pid]


@pytest.mark.parametrize("mode", [each for each in vars(hostile_tmux.Attack) if each[0] != "_"])
def test_a_hostile_server_only_makes_it_fail(mode: str, tmp_path: Path) -> None:
    """Whatever it answers; nothing is run, and no file is made or read."""
    (tmp_path / "secret").write_text("the secret")
    argv = [sys.executable, hostile_tmux.__file__, mode, tmp_path]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout and process.stdout.readline() == b"ready\n"
            server = Server(ask, bytes(tmp_path / "socket"), process.pid)
            with pytest.raises(OSError, match="the tmux server"):
                server.command(ActionKind.READ_ONLY, os.getpid())
        finally:
            process.kill()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"secret", "socket", "received"}
    assert b"the secret" not in (tmp_path / "received").read_bytes()
