"""Pids that come again, and more terminals than the kernel half remembers at a time."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit

import pytest

from tests.kernel.conftest import WORKLOADS, StartRun
from tests.kernel.logged import Log, Record
from tests.kernel.tmux import Tmux
from tests.soak.probe import SERVICE, held
from tracer.seal.report import Verdict

NOBODY = pwd.getpwnam("nobody")
SYSTEM_PYTHON = Path("/usr/bin/python3")
PTY_MAX = Path("/proc/sys/kernel/pty/max")
TERMINALS = 10_007
EACH_BYTES = 2048


def _args(record: Record) -> list[str]:
    found: list[str] = record.get("process", {}).get("args", [])
    return found


def test_a_pid_that_comes_again_is_another_process(
    log: Log, start_run: StartRun, tmux: Tmux
) -> None:
    """A program in one session ends; its pid is that of one in another session, and then of one
    that has nothing to do with tmux: each is told as what it is, and the last not at all."""
    start_run()
    reuse = f"{sys.executable} {WORKLOADS / 'reuse.py'}"
    tmux.new_session("/bin/echo first; exec sleep infinity", name="one")
    first = log.until(lambda r: r["event"]["action"] == "exec" and _args(r)[1:] == ["first"])
    pid = first["process"]["pid"]
    log.until(lambda r: r["event"]["action"] == "end" and r["process"]["pid"] == pid)
    tmux.new_session(f"{reuse} {pid} /bin/echo second; exec sleep infinity", name="two")
    second = log.until(lambda r: r["event"]["action"] == "exec" and _args(r)[1:] == ["second"])
    assert second["process"]["pid"] == pid
    assert second["process"]["entity_id"] != first["process"]["entity_id"]
    names = [record["tmux"]["session"]["name"] for record in (first, second)]
    assert names == ["one", "two"]
    log.until(lambda r: r["event"]["action"] == "end" and _is_same(r, second))
    before = len(log.records())
    subprocess.run(f"{reuse} {pid} /bin/echo third".split(), check=True, stdout=subprocess.DEVNULL)
    log.until_ours("heartbeat", lambda beat: len(log.records()) > before + 2)
    assert not [record for record in log.records()[before:] if "third" in _args(record)]


def _is_same(record: Record, other: Record) -> bool:
    return bool(record["process"]["entity_id"] == other["process"]["entity_id"])


@pytest.fixture
def many_terminals() -> Iterator[None]:
    before = PTY_MAX.read_text()
    PTY_MAX.write_text(str(TERMINALS + 4096))
    yield
    PTY_MAX.write_text(before)


def test_what_the_last_of_ten_thousand_terminals_shows_is_recorded(
    log: Log, start_run: StartRun, tmp_path: Path, many_terminals: None
) -> None:
    """One server has them all at once: each is told as its own, and costs little."""
    python = Path(shutil.copy(SYSTEM_PYTHON, tmp_path / "python3"))
    os.chown(python, NOBODY.pw_uid, NOBODY.pw_gid)  # else it is a program of the system
    run = start_run()
    before_mib = held(run.pid)[SERVICE].rss_mib
    argv = [python, WORKLOADS / "terminals.py", tmp_path / "socket", str(TERMINALS)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None and server.stdout is not None
        count = 0
        while (number := int(server.stdout.readline())) > count:
            count = number
            # What is under way to the log is no part of what a terminal costs.
            log.until(lambda record, last=count - 1: _shown(record) == f"terminal {last}\r\n")
            print(file=server.stdin, flush=True)
        assert count > min(TERMINALS, getrlimit(RLIMIT_NOFILE)[1]) // 2  # a descriptor each
        more_mib = held(run.pid)[SERVICE].rss_mib - before_mib
        server.communicate()
    print(f"{count} terminals, {more_mib:.1f} MiB more")
    run.stop()
    expected = ["up\r\n", *(f"terminal {number}\r\n" for number in range(count))]
    assert sorted(_by_terminal(log, server.pid)) == sorted(expected)
    assert more_mib < 16 + count * EACH_BYTES / (1 << 20)
    assert log.verify() is Verdict.OK


def _by_terminal(log: Log, server_pid: int) -> list[str]:
    """All that each of a server's showed."""
    found: dict[int, str] = defaultdict(str)
    for record in log.records():
        is_its = record.get("tmux", {}).get("server", {}).get("pid") == server_pid
        if is_its and record["event"]["action"] == "text_output":
            found[record["process"]["tty"]["char_device"]["minor"]] += _shown(record)
    return [*found.values()]


def _shown(record: Record) -> str:
    return str(record.get("process", {}).get("io", {}).get("text", ""))
