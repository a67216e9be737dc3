"""`ttytrace run`: all that happens is in the log, and how recording went as well."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.kernel.conftest import StartRun, StartTracer, Workload
from tests.kernel.logged import ERASE, RUN, Log, Record, Run
from tests.kernel.recording import REPO, is_loss
from tests.kernel.stolen import take_out
from tests.kernel.tmux import Tmux
from tests.kernel.witness import (
    END,
    assert_equal,
    assert_whole,
    closed,
    piped,
    script_content,
    scripted,
)
from tests.patience import PATIENCE_S, eventually
from tracer.errors import LogBusy, LogFull
from tracer.model.findings import Lost
from tracer.seal.report import Verdict

NOBODY = 65534
STALL_S = 7
BLIND_S = 15


def _vouched(fields: Record) -> bool:
    return "ms" in fields["canary"]


def _seconds(gap: Record) -> float:
    begin, end = (datetime.fromisoformat(gap[edge]) for edge in ("from", "to"))
    return (end - begin).total_seconds()


def _kill_and_stay(pid: int) -> subprocess.Popen[bytes]:
    """A process that sends SIGTERM, and is there until its input ends."""
    kill = f"kill -TERM {pid}; read _"
    return subprocess.Popen(["sh", "-c", kill], stdin=subprocess.PIPE)


@pytest.mark.every_kernel
def test_what_happens_is_in_the_log_and_the_log_is_whole(
    log: Log, start_run: StartRun, tmux: Tmux, tmp_path: Path
) -> None:
    """Programs and output, as tmux and script(1) saw them; who ended the recording; and a heartbeat
    whose canary, that is no event, came back."""
    run = start_run()
    command = "seq 3011; for n in $(seq 31); do /bin/echo prog$n; done"
    pipe, script = tmp_path / "pipe", tmp_path / "script"
    pane = tmux.new_session(closed(scripted(command, script)), pipe=pipe)
    expected = piped(pipe)
    beat = log.until_ours("heartbeat", _vouched)
    with _kill_and_stay(run.pid) as killer:
        assert run.ended() == 0
    assert_equal(log.output(pane), expected)
    assert_equal(script_content(script) + END, expected)
    programs = [r["process"]["args"] for r in log.records() if r["event"]["action"] == "exec"]
    echoed = [args[1] for args in programs if args[0] == "/bin/echo"]
    assert echoed == [f"prog{n}" for n in range(1, 32)]
    assert not [args for args in programs if args[0] == "/bin/true"]
    _assert_start(log, run)
    _assert_stop(log, killer.pid)
    assert beat.fields["process"]["pid"] == run.pid
    # In an emulated machine a canary may be late, and the log says so.
    assert log.verify() is (Verdict.INCOMPLETE if log.ours("gap") else Verdict.OK)


def _assert_start(log: Log, run: Run) -> None:
    config, start = log.ours("config", "start")
    assert config.fields["settings"]["input"] == "metadata"
    digest = subprocess.run(["sha256sum", log.config], capture_output=True, text=True, check=True)
    assert config.fields["sha256"] == digest.stdout.split()[0]
    assert start.fields["process"]["pid"] == run.pid
    assert start.fields["kernel"] == os.uname().release
    assert start.fields["previous"] == {"end": "first"}


def _assert_stop(log: Log, killer_pid: int) -> None:
    (stop,) = log.ours("stop")
    assert stop.fields["signal"] == {"number": 15, "name": "SIGTERM"}
    assert stop.fields["sender"]["pid"] == killer_pid
    assert stop.fields["sender"]["user"]["id"] == "0"
    assert "sh" in stop.fields["sender"]["executable"]
    _assert_nothing_lost(stop.fields)


def _assert_nothing_lost(counters: Record) -> None:
    assert counters["records"]
    for kind, tally in counters["records"].items():
        assert tally["produced"] == tally["arrived"] + tally["lost"], kind
        assert tally["lost"] == 0, kind


def test_live_and_run_together_lose_nothing(  # noqa: PLR0917 - fixtures
    log: Log,
    start_run: StartRun,
    start_tracer: StartTracer,
    tmux: Tmux,
    tmp_path: Path,
    workload: Workload,
    scale: float,
) -> None:
    """Thousands of programs, a steady flow and a flood at once, seen by two tracers: what the
    kernel half made for each is all there."""
    count = 5003 if scale >= 1 else 211
    run, tracer = start_run(), start_tracer()
    pipes = [tmp_path / name for name in ("storm", "flow", "flood")]
    storm = tmux.new_session(f"exec {workload('storm')} {count} {END.decode()}", pipe=pipes[0])
    flow = tmux.new_session(closed(f"trap : INT; {workload('flow')}"), pipe=pipes[1])
    flood = tmux.new_session(closed(f"seq {int(1_000_003 * scale)}"), pipe=pipes[2])
    tmux.send_keys(storm, "Enter")
    piped(pipes[0])
    piped(pipes[2])
    tmux.send_keys(flow, "C-c")
    expected = [piped(pipe) for pipe in pipes]
    recording = tracer.stop()
    run.stop()
    assert not [lost for lost in recording.of(Lost) if is_loss(lost)]
    assert recording.totals.produced == recording.totals.arrived
    (stop,) = log.ours("stop")
    _assert_nothing_lost(stop.fields)
    for pane, data in zip((storm, flow, flood), expected, strict=True):
        assert_whole(recording.output(pane), data)
        assert_equal(log.output(pane), data)
    leaves = [r for r in log.records() if r.get("process", {}).get("args") == ["leaf"]]
    assert len([r for r in leaves if r["event"]["action"] == "exec"]) == count
    assert log.verify() is Verdict.OK


def test_a_run_that_was_killed_is_a_gap_of_the_next(
    log: Log, start_run: StartRun, tmux: Tmux
) -> None:
    """kill -9: what was sealed stays, and the log says from when to when nothing was recorded."""
    killed = start_run()
    tmux.new_session("exec sleep 1021")
    log.until(lambda record: record.get("process", {}).get("args") == ["sleep", "1021"])
    log.until_ours("heartbeat")
    eventually(lambda: [*(log.directory / "index").glob("*.sqlite")])
    killed.process.kill()
    killed.process.wait()
    size = len(log.records())
    run = start_run()
    log.until_ours("heartbeat", lambda fields: fields["process"]["pid"] == run.pid)
    run.stop()
    start, gap = log.ours("start", "gap")[1:]
    assert start.fields["previous"]["end"] == "crash"
    assert (gap.action, gap.fields["reason"]) == ("gap", "crash")
    assert gap.fields["from"] < start.fields["previous"]["last"] < gap.fields["to"]
    assert 0 < _seconds(gap.fields) < 300
    assert len(log.records()) > size
    assert log.verify() is Verdict.INCOMPLETE


@pytest.mark.parametrize(
    ("user", "code", "says"), [(0, 66, "`ttytrace init` makes one"), (NOBODY, 77, "sudo")]
)
def test_without_a_log_or_root_it_does_not_begin(
    plan: str | None, tmp_path: Path, user: int, code: int, says: str
) -> None:
    """In a sentence, before anything is loaded."""
    config = tmp_path / "config.toml"
    config.write_text(f'[log]\ndirectory = "{tmp_path}/none"\n')
    argv = [*RUN, "--config", str(config)] if user == 0 else RUN
    done = subprocess.run(argv, cwd=REPO, user=user, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr and done.stderr.count("\n") == 1


def test_a_run_that_can_not_watch_says_why_in_the_log(log: Log, start_run: StartRun) -> None:
    """It is an end like others; and there is one run at a time."""
    argv = [*RUN, "--config", str(log.config)]
    done = subprocess.run([*argv, "--plan", "none"], cwd=REPO, capture_output=True, check=False)
    assert done.returncode == 2
    (stop,) = log.ours("stop", "start", "gap")
    assert stop.fields["reason"] == "error"
    assert f"ttytrace: {stop.fields['error']}\n".encode() == done.stderr
    run = start_run()
    busy = subprocess.run(argv, cwd=REPO, capture_output=True, check=False)
    assert busy.returncode == LogBusy.exit_code
    assert f"pid {run.pid}".encode() in busy.stderr
    run.stop()
    assert log.ours("start")[0].fields["previous"]["end"] == "stop"
    assert log.verify() is Verdict.OK


def test_a_record_is_erased_while_recording_goes_on(
    log: Log, start_run: StartRun, tmux: Tmux
) -> None:
    """Whoever has the log open does it when another process asks, and says who that was."""
    secret = b"hjbjhjbj"
    run = start_run()
    tmux.new_session("echo 79197919 | tr 0-9 a-j; exec sleep infinity")
    found = log.until(
        lambda r: secret.decode() in r.get("process", {}).get("io", {}).get("text", "")
    )
    index = found["event"]["sequence"]
    erase = [*ERASE, str(index), "--config", str(log.config), "--reason", "a test"]
    with subprocess.Popen(erase, cwd=REPO, stderr=subprocess.PIPE) as eraser:
        _, said = eraser.communicate()
    assert eraser.returncode == 0, said
    (record,) = log.ours("erase")
    assert record.fields["index"] == index
    assert record.fields["by"]["pid"] == eraser.pid
    run.stop()
    assert not [path for path in log.files() if secret in path.read_bytes()]
    assert log.verify() is Verdict.OK


@pytest.fixture
def small_log(plan: str | None, tmp_path: Path) -> Iterator[Log]:
    """On a file system of 8 MiB; when that is full, recording is to end."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "none", place], check=True)
    try:
        log = Log(place)
        log.set('when_full = "halt"')
        yield log
        log.release()
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def test_a_log_that_can_not_grow_ends_the_run(small_log: Log, plan: str | None, tmux: Tmux) -> None:
    """What goes wrong behind the queue is heard in front of it."""
    run = Run(small_log, plan)
    try:
        tmux.new_session("exec yes 0123456789012345678901234567890123456789")
        _, said = run.process.communicate(timeout=PATIENCE_S)
    finally:
        run.kill()
    assert run.process.returncode == LogFull.exit_code
    assert b"the disk is full" in said and said.count(b"\n") == 1
    assert small_log.verify() is Verdict.INCOMPLETE


def test_a_stop_and_a_thief_are_gaps(log: Log, start_run: StartRun) -> None:
    """SIGSTOP: the time is told as it goes on. Then somebody makes the kernel half blind, and it
    shows in time; and that it sees again."""
    run = start_run()
    log.until_ours("heartbeat", _vouched)
    os.kill(run.pid, signal.SIGSTOP)
    time.sleep(STALL_S)
    os.kill(run.pid, signal.SIGCONT)
    stalled = log.until_ours("gap")
    assert stalled.fields["reason"] == "stalled"
    assert STALL_S - 1 < _seconds(stalled.fields) < STALL_S + BLIND_S
    log.until_ours("heartbeat", lambda fields: len(log.ours("heartbeat")) >= 2)
    take_out(run.pid)
    blind = log.until_ours("gap", lambda fields: fields["reason"] == "blind")
    assert 0 < _seconds(blind.fields) < BLIND_S
    missing = log.until_ours("heartbeat", lambda fields: "missing" in fields["canary"])
    assert missing.index == blind.index + 1
    log.until_ours("gap", lambda fields: fields["from"] == blind.fields["to"])
    assert _vouched(log.ours("heartbeat")[-1].fields)
    run.stop()
    assert log.verify() is Verdict.INCOMPLETE
