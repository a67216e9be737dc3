"""Watching a running service: what is shown, to whom, and that it is on record before."""

from __future__ import annotations

import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.conftest import StartRun
from tests.kernel.logged import Log, Run
from tests.kernel.recording import REPO
from tests.kernel.tmux import Tmux
from tests.kernel.watching import LIVE, Raw, Watcher, memory_kib, worker_of
from tests.patience import eventually
from tracer.seal.report import Verdict

MEMBER = {"user": "games", "group": "games", "extra_groups": [0], "env": {"PATH": "/usr/bin"}}
STRANGER = {**MEMBER, "user": "news", "group": "news", "extra_groups": []}
NOT_SHOWN = {
    *("seal", "segment", "rekey", "heartbeat", "fork"),
    *("client_output", "terminal-resized", "pane-captured"),
}
MODES = {
    "log": 0o750,
    "log/key": 0o640,
    "log/log": 0o750,
    "log/log/*.jsonl": 0o640,
    "log/log/*.zst": 0o440,
    "log/index": 0o700,
    "log/index/*": 0o600,
    "state": 0o700,
    "state/state": 0o600,
    "state/rules": 0o600,
    "state/socket": 0o600,
    "run": 0o755,
    "run/live.sock": 0o660,
}

StartWatcher = Callable[..., Watcher]


@pytest.fixture
def log(plan: str | None) -> Iterator[Log]:
    """A log that others can reach, as far as its own modes let them."""
    with tempfile.TemporaryDirectory(prefix="ttytrace-") as place:
        Path(place).chmod(0o711)
        log = Log(Path(place))
        log.config.write_text(f"{log.config.read_text()}behind_mib = 2\n")
        log.config.chmod(0o644)
        yield log
        log.release()


@pytest.fixture
def run(log: Log, start_run: StartRun) -> Run:
    """A service that one can come to."""
    run = start_run()
    eventually(log.socket.exists)
    return run


@pytest.fixture
def watch(log: Log, run: Run) -> Iterator[StartWatcher]:
    started: list[Watcher] = []

    def start(*options: str, **ids: Any) -> Watcher:
        started.append(Watcher(log, *options, **ids))
        return started[-1]

    yield start
    for watcher in started:
        watcher.close()


def shown(log: Log) -> list[int]:
    """The sequences of what a watcher is to be shown of the log."""
    return [each["event"]["sequence"] for each in log.records() if _is_shown(each)]


def shown_of(log: Log, session: str, *actions: str) -> list[int]:
    """The same, of this session; of which tmux may not have said the name yet where it began."""
    return [
        record["event"]["sequence"]
        for record in log.records()
        if record["event"]["action"] in actions
        and session in record["tmux"].get("session", {}).values()
    ]


def _is_shown(record: dict[str, Any]) -> bool:
    is_fork = record["ttytrace"].get("process", {}).get("forked", False)
    return record["event"]["action"] not in NOT_SHOWN and not is_fork


def last_exec(log: Log, word: str) -> int:
    """The record of a program that had this argument."""
    found = log.until(lambda record: word in record.get("process", {}).get("args", ()))
    sequence: int = found["event"]["sequence"]
    return sequence


def test_two_watch_at_once(
    log: Log, run: Run, start_run: StartRun, tmux: Tmux, watch: StartWatcher
) -> None:
    """One from now on, one from the beginning, with filters of their own: each gets all of it, once
    and in order, also what another run of the service records; both are on record, before."""
    pane = tmux.new_session("echo first; env sleep 0.01; exec sh")
    last_exec(log, "0.01")
    all_ = watch()
    past = watch("--since", "1h", "--kind", "exec,text_output", "--session", pane.session)
    tmux.type(pane, "seq 1 5000; env printf two\r")
    second = last_exec(log, "two")
    for watcher in (all_, past):
        watcher.until(second)
    run.stop()
    start_run()
    tmux.type(pane, "env printf three\r")
    third = last_exec(log, "three")
    for watcher in (all_, past):
        watcher.until(third)
        assert "the service has ended" in watcher.stop()
    began, end = all_.sequences()[0], third + 1
    wanted = [each for each in shown(log) if began <= each < end]
    assert [each for each in all_.sequences() if each < end] == wanted
    wanted = shown_of(log, pane.session, "exec", "text_output")
    wanted = [each for each in wanted if each < end]
    assert [each for each in past.sequences() if each < end] == wanted
    reads = log.ours("read")
    assert [read.fields["by"]["pid"] for read in reads[:2]] == [
        all_.process.pid,
        past.process.pid,
    ]
    assert (reads[0].fields["command"], reads[0].fields["since"]) == ("live", None)
    assert reads[1].fields["filter"]["session"] == pane.session
    assert all(read.fields["by"]["uid"] == 0 for read in reads)
    assert reads[0].index <= began
    assert log.verify() is Verdict.OK


def test_one_that_never_reads(log: Log, run: Run, tmux: Tmux, watch: StartWatcher) -> None:
    """Holds up nobody and costs no memory: another gets all. When it reads, it is told how much it
    missed, exactly there."""
    pane = tmux.new_session("exec sh")
    other = watch()
    kinds = ["text_output", "exec", "tmux", "end", "log"]
    with closing(Raw(log.socket, kinds)) as sleeper:
        sleeper.line()
        worker = worker_of(run.pid, "live")
        before = memory_kib(worker)
        tmux.type(pane, "seq 1 1000000; env printf done\r")
        end = last_exec(log, "done")
        other.until(end)
        got = [each for each in other.sequences() if each <= end]
        assert got == [each for each in shown(log) if got[0] <= each <= end]
        assert memory_kib(worker) - before < 50_000
        lines = [sleeper.line()]
        while _last_of(lines[-1]) < end:
            lines.append(sleeper.line())
        assert [line for line in lines if "dropped" in line]
        parts = [range(_first_of(line), _last_of(line) + 1) for line in lines]
        told = [sequence for part in parts for sequence in part]
        assert told == sorted(set(told))
        began = _first_of(lines[0])
        assert set(told) >= {each for each in shown(log) if began <= each <= end}


def _first_of(line: dict[str, Any]) -> int:
    return int(line["from"] if "dropped" in line else line["event"]["sequence"])


def _last_of(line: dict[str, Any]) -> int:
    return int(line["to"] if "dropped" in line else line["event"]["sequence"])


def test_a_thousand_watch(log: Log, run: Run, tmux: Tmux) -> None:
    """All are on record, and all see what happens."""
    clients = [Raw(log.socket, ["exec"]) for _ in range(1000)]
    for client in clients:
        assert "hello" in client.line()
    assert len(log.ours("read")) == 1000
    tmux.new_session("env sleep 0.01; exec sh")
    program = last_exec(log, "0.01")
    for client in clients:
        assert client.until(program)
        client.close()
    assert memory_kib(worker_of(run.pid, "live")) < 100_000


def test_who_may_watch(log: Log, run: Run, tmux: Tmux, watch: StartWatcher) -> None:
    """Members of the group; a stranger is told that they may not."""
    member = watch(**MEMBER)
    tmux.new_session("env sleep 0.01; exec sh")
    program = last_exec(log, "0.01")
    member.until(program)
    assert log.ours("read")[0].fields["by"]["uid"] == 5
    done = subprocess.run(
        [*LIVE, "--config", str(log.config)],
        cwd=REPO, capture_output=True, text=True, check=False, **STRANGER,
    )  # fmt: skip
    assert done.returncode == 75
    assert "lets only root and the group ttytrace watch" in done.stderr


def test_modes(log: Log, run: Run, start_run: StartRun) -> None:
    """Of every directory, file and socket: root's, and the group's to read where that is meant."""
    run.stop()
    start_run()
    place = log.directory.parent
    eventually(lambda: all(list(place.glob(pattern)) for pattern in MODES))
    for pattern, mode in MODES.items():
        paths = list(place.glob(pattern))
        assert paths, pattern
        for path in paths:
            state = path.lstat()
            assert (stat.S_IMODE(state.st_mode), state.st_uid) == (mode, 0), path
    known = {path for pattern in MODES for path in place.glob(pattern)}
    assert set(place.rglob("*")) - known == {log.config}


def test_a_watcher_in_a_traced_pane_does_not_see_itself(log: Log, run: Run, tmux: Tmux) -> None:
    """What it prints is recorded, and not shown to it again: it comes to rest."""
    command = " ".join([*LIVE, "--json", "--config", str(log.config)])
    pane = tmux.new_session(f"cd {REPO}; exec {command}", columns=200)
    eventually(lambda: log.ours("read"))
    outer = tmux.new_session("env sleep 0.01; exec sh")
    last_exec(log, "0.01")

    def printed() -> int:
        events = [each for each in log.records() if each["event"]["action"] == "text_output"]
        return sum(each["tmux"].get("pane", {}).get("pid") == pane.pid for each in events)

    eventually(lambda: printed() > 0)
    rested = eventually(lambda: _rests(printed))
    assert rested < 100
    assert outer


def _rests(count: Callable[[], int]) -> int:
    before = count()
    time.sleep(1)
    return before if count() == before else 0
