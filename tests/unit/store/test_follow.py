"""tracer.store.follow"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.samples import EXEC, NOW
from tests.stored import StoredLog
from tracer.store.index_shard import shard_name

PATIENCE_S = 30
# Begins the follower, tells its pid, and ends when it is told to.
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-m", "tracer.store.follow", sys.argv[1]])
print(child.pid, flush=True)
sys.stdin.read()
"""


def eventually(is_so: Callable[[], bool]) -> bool:
    """Whether it is so within PATIENCE_S."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def has_ended(pid: int) -> bool:
    """Whether the process is gone, or waits for somebody to ask how it ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def test_it_follows_the_log_until_its_parent_ends(tmp_path: Path) -> None:
    """Of itself, and quietly."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    log.add(EXEC)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, log.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert eventually((log.path / "index" / shard_name(0)).exists)
    assert os.getpriority(os.PRIO_PROCESS, pid) > 0
    assert not has_ended(pid)
    _, complaints = parent.communicate()
    assert eventually(lambda: has_ended(pid))
    assert complaints == ""
