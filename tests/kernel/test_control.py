"""The service as its operator sees it: status, settings that are read again, scope, metrics."""

from __future__ import annotations

import http.client
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.kernel.conftest import StartRun, Workload
from tests.kernel.logged import RUN, Log, Ours, Record, Run
from tests.kernel.recording import REPO
from tests.kernel.tmux import Tmux
from tests.patience import PATIENCE_S, eventually

STATUS, RELOAD = ([sys.executable, "-m", "tracer.cli.main", name] for name in ("status", "reload"))
NOBODY = 65534
HOUR_S = 3600
NewTmux = Callable[[str, int], Tmux]


class OwnedTmux(Tmux):
    """A server of a user."""

    def __init__(self, place: Path, uid: int) -> None:
        super().__init__(place)
        os.chown(place, uid, uid)
        user = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        self._base = [*user, *self._base]


@pytest.fixture
def new_tmux() -> Iterator[NewTmux]:
    """Makes servers of users, in places that these can reach."""
    with tempfile.TemporaryDirectory(prefix="ttytrace-") as place:
        Path(place).chmod(0o711)
        made: list[Tmux] = []

        def make(name: str, uid: int) -> Tmux:
            (Path(place) / name).mkdir()
            made.append(OwnedTmux(Path(place) / name, uid))
            return made[-1]

        yield make
        for server in made:
            server.close()


def status(log: Log) -> tuple[int, Record]:
    """The exit code, and what is said."""
    argv = [*STATUS, "--json", "--config", str(log.config)]
    done = subprocess.run(argv, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def settle(log: Log, more: str) -> None:
    """From the next reading on these settings are added to what a log needs."""
    needed = log.config.read_text().partition("\n# more")[0]
    log.config.write_text(f"{needed}\n# more\n{more}")


def reread(log: Log, run: Run) -> Ours:
    """Has the settings read again; the record of that."""
    before = len(log.ours("config"))
    os.kill(run.pid, signal.SIGHUP)
    eventually(lambda: len(log.ours("config")) > before)
    return log.ours("config")[-1]


def said(run: Run) -> str:
    """The next line that the operator is told."""
    assert run.process.stderr is not None
    return run.process.stderr.readline().decode()


def end(run: Run) -> None:
    """In order; what it has said meanwhile was looked at."""
    run.process.terminate()
    run.process.communicate(timeout=PATIENCE_S)
    assert run.process.returncode == 0


def test_status_is_what_the_service_knows(log: Log, start_run: StartRun, tmux: Tmux) -> None:
    """All is well: its parts and processes, counters that agree with the log, and lines for
    people."""
    run = start_run()
    tmux.new_session("seq 997; exec sleep infinity")
    log.until(lambda record: "997" in record.get("process", {}).get("io", {}).get("text", ""))
    log.until_ours("heartbeat", lambda fields: "ms" in fields["canary"])
    code, state = status(log)
    assert (code, state["troubles"]) == (0, [])
    assert state["pid"] == run.pid
    assert {"service", "index", "names"} <= {each["name"] for each in state["processes"]}
    (config,) = log.ours("config")
    assert state["config"]["sha256"] == config.fields["sha256"]
    for kind, tally in state["records"].items():
        assert tally["lost"] == 0 and tally["arrived"] <= tally["produced"], kind
    eventually(lambda: status(log)[1]["log"]["checkpoint"]["sequence"] >= state["log"]["sequence"])
    plain = subprocess.run(
        [*STATUS, "--config", str(log.config)], cwd=REPO, capture_output=True, text=True, check=True
    )
    assert plain.stdout.startswith("state      well\n") and f"pid {run.pid}" in plain.stdout
    run.stop()
    gone = subprocess.run([*STATUS, "--config", str(log.config)], cwd=REPO, check=False)
    assert gone.returncode == 69


def test_a_service_that_stands_still_is_not_waited_for(log: Log, start_run: StartRun) -> None:
    """SIGSTOP: who asks is told so, soon."""
    run = start_run()
    os.kill(run.pid, signal.SIGSTOP)
    argv = [*STATUS, "--config", str(log.config)]
    done = subprocess.run(argv, cwd=REPO, capture_output=True, text=True, check=False)
    os.kill(run.pid, signal.SIGCONT)
    assert done.returncode == 75 and "timed out" in done.stderr
    run.stop()


def test_nothing_is_lost_while_settings_are_read_again(
    log: Log, start_run: StartRun, tmux: Tmux, workload: Workload, scale: float
) -> None:
    """Programs by the thousand, and SIGHUPs among them: all are recorded, each reload too, with who
    sent it; at the end what was asked for holds."""
    count, reloads = (3001, 11) if scale >= 1 else (211, 3)
    run = start_run()
    storm = tmux.new_session(f"exec {workload('storm')} {count} storm-is-over")
    tmux.send_keys(storm, "Enter")
    for nth in range(reloads):
        settle(log, f"[limits]\nqueue_mib = {30 + nth}")
        record = reread(log, run)
        assert record.fields["by"]["sender"]["pid"] == os.getpid()
        assert (record.fields["error"], record.fields["refused"]) == (None, [])
        assert "read again" in said(run)
    eventually(lambda: "storm-is-over" in tmux.screen(storm))
    assert status(log)[1]["queue"]["limit_bytes"] == (29 + reloads) << 20
    end(run)
    leaves = [r for r in log.records() if r.get("process", {}).get("args") == ["leaf"]]
    assert len([r for r in leaves if r["event"]["action"] == "exec"]) == count
    (stop,) = log.ours("stop")
    for kind, tally in stop.fields["records"].items():
        assert tally["produced"] == tally["arrived"] and tally["lost"] == 0, kind


def test_what_can_not_change_is_named(log: Log, start_run: StartRun) -> None:
    """It needs a new start, says the record, the status and a line for the operator; a file that
    can't be read changes nothing; a command that asks for it is told."""
    run = start_run()
    settle(log, "[rings]\nbulk_pages = 64\n[redact]\nwithout = ['cookie']")
    record = reread(log, run)
    assert record.fields["refused"] == ["rings.bulk_pages"]
    assert record.fields["settings"]["rings"]["bulk_pages"] == 2048
    assert record.fields["settings"]["redact"]["without"] == ["cookie"]
    assert "rings.bulk_pages need a restart" in said(run)
    code, state = status(log)
    assert code == 1 and "rings.bulk_pages" in state["troubles"][0]
    log.config.write_text("imput = 1\n" + log.config.read_text())
    broken = reread(log, run)
    assert re.search(rf"{log.config}:\d+: imput: .*nearest is input", broken.fields["error"])
    assert broken.fields["settings"] == record.fields["settings"]
    assert "stay as they were" in said(run)
    log.config.write_text(
        log.config.read_text().partition("\n# more")[0].removeprefix("imput = 1\n")
    )
    subprocess.run([*RELOAD, "--config", str(log.config)], cwd=REPO, check=True)
    assert log.ours("config")[-1].fields["by"]["uid"] == 0
    assert status(log)[0] == 0
    end(run)


def test_what_is_typed_is_kept_from_then_on(log: Log, start_run: StartRun, tmux: Tmux) -> None:
    """metadata to full, while a session goes on; what was typed before stays unknown."""
    run = start_run()
    pane = tmux.new_session("exec cat")
    log.until(lambda record: record.get("process", {}).get("args") == ["cat"])
    tmux.send_keys(pane, "vwxvwx", "Enter")
    eventually(lambda: sum(record["ttytrace"]["io"]["size"] for record in _inputs(log)) == 7)
    settle(log, "")
    log.config.write_text(f'input = "full"\n{log.config.read_text()}')
    reread(log, run)
    tmux.send_keys(pane, "yzyzyz", "Enter")
    log.until(lambda record: _typed(record, "yzyzyz"))
    assert not [record for record in _inputs(log) if "vwxvwx" in json.dumps(record)]
    end(run)


def _inputs(log: Log) -> list[Record]:
    return [record for record in log.records() if record["event"]["action"] == "text_input"]


def _typed(record: Record, text: str) -> bool:
    return record["event"]["action"] == "text_input" and text in json.dumps(record)


def of(log: Log, server_pid: int) -> list[str]:
    """The actions of all events of a server."""
    found = [
        r for r in log.records() if r.get("tmux", {}).get("server", {}).get("pid") == server_pid
    ]
    return [record["event"]["action"] for record in found]


@pytest.mark.parametrize("by", ["user", "socket"])
def test_of_a_server_out_of_scope_nothing_is_recorded(
    log: Log, start_run: StartRun, new_tmux: NewTmux, by: str
) -> None:
    """But that it is left out: one that was there, one that appears, and after a reload another;
    who comes back is recorded from then on."""
    ours, theirs = new_tmux("ours", 0), new_tmux("theirs", NOBODY)
    keys = {
        "user": ('without_users = ["root"]', 'without_users = ["nobody"]'),
        "socket": tuple(f'without_sockets = ["{one.socket}"]' for one in (ours, theirs)),
    }
    ours_out, theirs_out = keys[by]
    settle(log, f"[scope]\n{theirs_out}")
    there = theirs.new_session("exec sh")
    run = start_run()
    pane = ours.new_session("exec sh")
    for server, one in ((theirs, there), (ours, pane)):
        server.send_keys(one, "echo first-$((40+3))", "Enter")
        eventually(lambda server=server, one=one: "first-43" in server.screen(one))
    log.until(lambda record: "first-43" in record.get("process", {}).get("io", {}).get("text", ""))
    assert of(log, there.server_pid) == ["server-ignored"]
    settle(log, f"[scope]\n{ours_out}")
    reread(log, run)
    eventually(lambda: "server-ignored" in of(log, pane.server_pid))
    before = len(of(log, pane.server_pid))
    for server, one in ((ours, pane), (theirs, there)):
        server.send_keys(one, "echo second-$((40+3))", "Enter")
        eventually(lambda server=server, one=one: "second-43" in server.screen(one))
    log.until(lambda record: "second-43" in record.get("process", {}).get("io", {}).get("text", ""))
    assert len(of(log, pane.server_pid)) == before
    shown = [r for r in log.records() if "second-43" in json.dumps(r)]
    assert {r["tmux"]["server"]["pid"] for r in shown} == {there.server_pid}
    assert "server-seen" in of(log, there.server_pid)
    code, state = status(log)
    assert (code, state["scope"]["unknown"]) == (0, [])
    end(run)


def test_prometheus_can_scrape(log: Log, start_run: StartRun, tmux: Tmux, tmp_path: Path) -> None:
    """Over a socket of root and the group, from when the settings want it; the numbers are those of
    the log."""
    run = start_run()
    tmux.new_session("seq 997; exec sleep infinity")
    path = tmp_path / "metrics"
    settle(log, f'[metrics]\naddress = "unix:{path}"')
    reread(log, run)
    eventually(path.exists)
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(scraped(path))
        for sample in family.samples
        if sample.labels in ({}, {"kind": "text_output"})
    }
    assert found["ttytrace_records_produced_total"] >= 1
    assert found["ttytrace_records_lost_total"] == 0
    eventually(lambda: len(log.records()) >= found["ttytrace_log_records_total"])
    assert found["ttytrace_troubles"] == 0
    end(run)
    assert not path.exists()


def scraped(path: Path) -> str:
    client = http.client.HTTPConnection("localhost", timeout=PATIENCE_S)
    client.sock = socket.socket(socket.AF_UNIX)
    client.sock.settimeout(PATIENCE_S)
    client.sock.connect(str(path))
    client.request("GET", "/metrics")
    response = client.getresponse()
    assert response.status == 200
    return response.read().decode()


def test_a_terminal_that_has_gone_ends_it(log: Log) -> None:
    """Its SIGHUP is the kernel's: nobody sent it."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(REPO)
        os.execv(sys.executable, [*RUN, "--config", str(log.config)])
    try:
        log.until_ours("start")
        log.until_ours("heartbeat")
        os.close(master)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        raise
    (stop,) = log.ours("stop")
    assert stop.fields["signal"]["name"] == "SIGHUP"
    assert "sender" not in stop.fields


@pytest.fixture
def own_clock() -> Iterator[None]:
    """The clock of a guest, as it was afterwards."""
    if os.environ.get("TTYTRACE_GUEST") != "1":
        pytest.skip("the clock is the whole machine's: only a guest's is set")
    before, boot = time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)
    yield
    passed = time.clock_gettime(time.CLOCK_BOOTTIME) - boot
    time.clock_settime(time.CLOCK_REALTIME, before + passed)


@pytest.mark.every_kernel
@pytest.mark.usefixtures("own_clock")
def test_a_clock_that_jumps_is_told(log: Log, start_run: StartRun) -> None:
    """Forth and back, by how much."""
    run = start_run()
    for seconds in (HOUR_S, -HOUR_S):
        time.clock_settime(time.CLOCK_REALTIME, time.time() + seconds)
        record = log.until_ours("clock", lambda fields, by=seconds: fields["seconds"] * by > 0)
        assert abs(record.fields["seconds"] - seconds) < 5
    run.stop()
