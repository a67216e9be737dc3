"""Processes that are held."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracer.respond.action import Refused
from tracer.respond.process import Held, Processes
from tracer.respond.target import Target

HERE = Processes(lambda pid: f"entity {pid}", lambda _pid: False)
STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.1; done"


@pytest.fixture
def stubborn() -> Iterator[subprocess.Popen[bytes]]:
    """It doesn't hear SIGTERM."""
    with subprocess.Popen(["sh", "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline()
        yield process
        process.kill()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def target(pid: int) -> Target:
    return Target(pid, f"entity {pid}")


def test_it_ends_in_order_or_at_once(stubborn: subprocess.Popen[bytes]) -> None:
    """So that it ends."""
    with subprocess.Popen(["sleep", "1033"]) as meek:
        with Held.of(target(meek.pid), HERE) as held:
            assert held.end()
        assert meek.wait() == -15
    with Held.of(target(stubborn.pid), HERE) as held:
        assert held.end()
    assert stubborn.wait() == -9


def test_who_has_gone_is_not_held() -> None:
    """Though nobody has asked yet how it ended; then nobody has its number."""
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(Refused, match="gone"):
            Held.of(target(process.pid), HERE)
    with pytest.raises(Refused, match="gone"):
        Held.of(target(process.pid), HERE)


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        (HERE._replace(entity_of=lambda _pid: "another"), "gone"),
        (HERE._replace(entity_of=lambda _pid: None), "gone"),
        (HERE._replace(is_ours=lambda _pid: True), "ttytrace"),
    ],
)
def test_another_is_not_held(there: Processes, reason: str) -> None:
    """That has the number now; nor one of ours. No descriptor is left."""
    before = descriptors()
    with pytest.raises(Refused, match=reason):
        Held.of(target(os.getpid()), there)
    assert descriptors() == before
