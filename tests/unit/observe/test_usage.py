"""What this process and its workers use."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.patience import eventually
from tracer.observe.usage import ours, usage_of


def test_this_process_comes_first() -> None:
    """With what it has, and what it may."""
    service = ours()[0]
    assert (service.name, service.pid) == ("service", os.getpid())
    assert 1 << 20 < service.rss_bytes <= service.peak_bytes
    assert service.cpu_s > 0
    assert bool(service.capabilities) == (os.geteuid() == 0)


def test_workers_are_named_and_others_are_not() -> None:
    """By what they run."""
    worker = [sys.executable, "-I", "-m", "tracer.workers.index"]
    with (
        subprocess.Popen(worker, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process,
        subprocess.Popen(["sleep", "60"]) as other,
    ):
        try:
            eventually(lambda: ("index", process.pid) in [(one.name, one.pid) for one in ours()])
            assert other.pid not in [one.pid for one in ours()]
        finally:
            process.kill()
            other.kill()


def test_what_has_gone_is_none() -> None:
    """It is no error."""
    assert usage_of("x", 2**22 + 1) is None
