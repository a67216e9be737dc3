"""What `ttytrace run` records is in sinks as well. Peers are in tests/log/test_sinks.py."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.kernel.conftest import StartRun
from tests.kernel.logged import Log, Record
from tests.kernel.tmux import Tmux
from tests.log.peers import free_port
from tests.patience import eventually
from tracer.privileges import worker_account
from tracer.seal.report import Verdict


@pytest.fixture
def log(plan: str | None) -> Iterator[Log]:
    """One where the worker can come: the directory of a test is root's alone."""
    place = Path(tempfile.mkdtemp(prefix="ttytrace-"))
    place.chmod(0o755)
    log = Log(place)
    yield log
    log.release()
    shutil.rmtree(place)


@pytest.fixture
def copy(log: Log) -> Path:
    """A file that everything goes to; and a peer that isn't there is wanted, too."""
    path = log.config.parent / "out/copy"
    path.parent.mkdir(mode=0o755)
    os.chown(path.parent, worker_account().uid, -1)
    with log.config.open("a") as config:
        config.write(f'[[sinks]]\nkind = "file"\nname = "copy"\npath = "{path}"\n')
        config.write('[[sinks]]\nkind = "syslog"\nname = "gone"\n')
        config.write(f'address = "tcp:127.0.0.1:{free_port()}"\n')
    return path


def wanted(record: Record) -> bool:
    """Whether sinks get it, if they don't say what they want."""
    screens = ("text_output", "client_output", "terminal-resized", "pane-captured")
    background = ("fork", *screens, "segment", "seal", "rekey", "heartbeat")
    return record["event"]["action"] not in background


def has_exec(path: Path, argument: str) -> bool:
    """Whether that program is in it."""
    return path.exists() and f'"{argument}"'.encode() in path.read_bytes()


def test_what_is_recorded_is_there_and_a_failure_is_on_record(
    log: Log, start_run: StartRun, tmux: Tmux, copy: Path
) -> None:
    """Each record, in order, from the first start on; the next run brings the end of the one
    before, and what had just come may come again with the same number."""
    run = start_run()
    tmux.new_session("sleep 1001")
    eventually(lambda: has_exec(copy, "1001"))
    failed = log.until_ours("sink", lambda fields: fields["state"] == "failed").fields
    assert (failed["name"], failed["reason"]) == ("gone", "Connection refused")
    run.stop()
    run = start_run()
    tmux.new_session("sleep 1002")
    eventually(lambda: has_exec(copy, "1002"))
    run.stop()
    lines = map(orjson.loads, copy.read_bytes().splitlines())
    copied = list({each["event"]["sequence"]: each for each in lines}.values())
    first = copied[0]["event"]["sequence"]
    last = copied[-1]["event"]["sequence"]
    stored = [each for each in log.records() if first <= each["event"]["sequence"] <= last]
    assert copied == list(filter(wanted, stored))
    actions = [each["event"]["action"] for each in copied if "log" in each["ttytrace"]]
    assert actions[:2] == ["config", "start"]
    assert actions.count("start") == 2
    assert "stop" in actions
    assert log.verify() is Verdict.OK
