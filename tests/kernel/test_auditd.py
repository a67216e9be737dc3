"""What auditd recorded of the same run: the same programs, with the same arguments. And what we
wrote to its log ourselves.

An audit rule is for the whole machine and its log is a service's, so this runs in guests only.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.play import all_of, build_static, run
from tests.kernel.recording import Tracer
from tests.kernel.tmux import Tmux
from tests.need import lacking
from tests.patience import PATIENCE_S, eventually
from tests.sinking import HOSTILE, Sinking, hostile_events
from tracer.codec.safe import safe_text
from tracer.privileges import worker_account
from tracer.settings import SinkKind, SinkSettings

pytestmark = [
    pytest.mark.every_kernel,
    pytest.mark.skipif(
        os.environ.get("TTYTRACE_GUEST") != "1",
        reason="auditing is for guests: it is of all processes",
    ),
]

KEY = "programs"
_CONFIGURATION = """
log_file = {log}
log_format = RAW
write_logs = yes
flush = none
max_log_file = 0
max_log_file_action = ignore
disk_full_action = suspend
disk_error_action = suspend
space_left = 2
admin_space_left = 1
space_left_action = ignore
admin_space_left_action = ignore
"""
_SERIAL = re.compile(rb"msg=audit\([\d.]+:(\d+)\):")
_PID = re.compile(rb" pid=(\d+) ")
_ARGUMENT = re.compile(rb' a(\d+)=(?:"([^"]*)"|([0-9A-F]*))(?= |$)')


@pytest.fixture
def audit_log(tmp_path: Path) -> Iterator[Path]:
    """auditd writes every exec that succeeds to this file."""
    for program in ("auditd", "auditctl", "ausearch"):
        if not shutil.which(program):
            lacking(f"{program} is not installed")
    log = tmp_path / "audit.log"
    configuration = tmp_path / "auditd.conf"
    configuration.write_text(_CONFIGURATION.format(log=log))
    configuration.chmod(0o600)
    with subprocess.Popen(["auditd", "-n", "-s", "enable", "-c", tmp_path]) as daemon:
        eventually(log.exists, "auditd did not start")
        subprocess.run(["auditctl", "-b", "65536"], check=True, capture_output=True)
        rule = ["-S", "execve", "-S", "execveat", "-F", "success=1", "-k", KEY]
        subprocess.run(["auditctl", "-a", "always,exit", "-F", "arch=b64", *rule], check=True)
        try:
            yield log
        finally:
            subprocess.run(["auditctl", "-D"], check=True, capture_output=True)
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(PATIENCE_S)


def executed(log: Path) -> Counter[tuple[int, tuple[bytes, ...]]]:
    """(pid, arguments) of every exec in the log."""
    search = ["ausearch", "--raw", "-if", str(log), "-k", KEY]
    raw = subprocess.run(search, check=True, capture_output=True).stdout
    pids: dict[bytes, int] = {}
    arguments: dict[bytes, dict[int, bytes]] = defaultdict(dict)
    for line in raw.splitlines():
        serial = _SERIAL.search(line)
        if serial and line.startswith(b"type=SYSCALL") and (pid := _PID.search(line)):
            pids[serial[1]] = int(pid[1])
        if serial and line.startswith(b"type=EXECVE"):
            for number, text, digits in _ARGUMENT.findall(line):
                arguments[serial[1]][int(number)] = text or bytes.fromhex(digits.decode())
    return Counter(
        (pids[serial], tuple(words[number] for number in sorted(words)))
        for serial, words in arguments.items()
    )


def test_auditd_recorded_the_same_programs(
    audit_log: Path, watching: Tracer, tmux: Tmux, tmp_path: Path, scale: float
) -> None:
    """Each exec of the pane, by pid and arguments, and none more."""
    many, leaf = build_static("many", tmp_path), build_static("leaf", tmp_path)
    count = int(5003 * scale)
    pane = run(tmux, f"{shlex.join(map(str, [many, count, leaf, tmp_path]))} >{tmp_path}/truth")
    traced = all_of(watching, pane)
    ours = Counter((f.process.key.tgid, f.process.argv) for f in traced.started)
    eventually(lambda: not ours - executed(audit_log), "auditd did not record all")
    assert len(ours) > count
    leaves = {
        one: times for one, times in executed(audit_log).items() if one[1][0].startswith(b"leaf-")
    }
    assert leaves == {one: times for one, times in ours.items() if one[1][0].startswith(b"leaf-")}
    assert len(leaves) == count


@pytest.fixture
def sinking() -> Iterator[Sinking]:
    sinking = Sinking()
    yield sinking
    sinking.close()


def found(log: Path, *options: str) -> list[str]:
    """The records of sinks, as ausearch shows them."""
    command = ["ausearch", "-if", str(log), "-m", "TRUSTED_APP", *options]
    shown = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    return [line for line in shown.splitlines() if line.startswith("type=")]


def test_ausearch_finds_what_a_sink_wrote(audit_log: Path, sinking: Sinking) -> None:
    """One record an event, however hostile, from the worker, with every value as we escaped it."""
    sinking.start(SinkSettings(SinkKind.AUDIT, "kernel"))
    sinking.append(*hostile_events())
    raw = sinking.until(
        lambda: len(found(audit_log, "--raw")) >= len(HOSTILE) and found(audit_log, "--raw")
    )
    texts = [line.partition("msg='")[2] for line in raw]
    assert [int(text.split()[1].removeprefix("seq=")) for text in texts] == sinking.sequences()
    assert all(text.endswith(" res=success'") for text in texts)
    sender = f" pid={sinking.pid} uid={worker_account().uid} "
    assert all(sender in line for line in raw)
    commands = [bytes.fromhex(text.split(" cmd=")[1].split()[0]).decode() for text in texts]
    lines = [f"ls {hostile.decode(errors='replace')}" for hostile in HOSTILE]
    assert commands == list(map(safe_text, lines))
    assert f" cmd={commands[0]} " in found(audit_log, "-i")[0]
