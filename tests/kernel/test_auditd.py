"""What auditd recorded of the same run: the same programs, with the same arguments.

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

from tests.kernel.play import Traced, build_static, run
from tests.kernel.recording import Tracer
from tests.kernel.tmux import Tmux
from tests.need import lacking
from tests.patience import PATIENCE_S, eventually

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
    audit_log: Path, tracer: Tracer, tmux: Tmux, tmp_path: Path, scale: float
) -> None:
    """Each exec of the pane, by pid and arguments, and none more."""
    many, leaf = build_static("many", tmp_path), build_static("leaf", tmp_path)
    count = int(5003 * scale)
    pane = run(tmux, f"{shlex.join(map(str, [many, count, leaf, tmp_path]))} >{tmp_path}/truth")
    traced = Traced(tracer.stop(), pane)
    ours = Counter((f.process.key.tgid, f.process.argv) for f in traced.started)
    eventually(lambda: not ours - executed(audit_log), "auditd did not record all")
    assert len(ours) > count
    leaves = {
        one: times for one, times in executed(audit_log).items() if one[1][0].startswith(b"leaf-")
    }
    assert leaves == {one: times for one, times in ours.items() if one[1][0].startswith(b"leaf-")}
    assert len(leaves) == count
