"""tracer.codec.status"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tracer.codec.status import Ended, ended, signal_name


def status_of(code: str) -> int:
    """The wait status of a Python program that limits its core files to nothing."""
    limited = "import os, signal, resource as r; r.setrlimit(r.RLIMIT_CORE, (0, 0));"
    child = subprocess.Popen([sys.executable, "-c", f"{limited} {code}"])
    _, status = os.waitpid(child.pid, 0)
    child.returncode = 0  # it is waited for
    return status


@pytest.mark.parametrize("code", [0, 3, 137, 255])
def test_an_exit_code_is_itself(code):
    """Also 137, which no signal made."""
    assert ended(status_of(f"os._exit({code})")) == Ended(code, None, False)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, 35, signal.SIGRTMAX])
def test_a_signal_counts_from_128(number):
    """As a shell's $? does."""
    status = status_of(f"os.kill(os.getpid(), {int(number)})")
    assert ended(status) == Ended(128 + number, number, False)


def test_a_core_dump_is_told():
    """The flag of wait(2) beside the signal."""
    assert ended(signal.SIGSEGV | 0x80) == Ended(139, 11, True)


@pytest.mark.parametrize(
    ("number", "name"),
    [(9, "SIGKILL"), (34, "SIGRTMIN"), (35, "SIGRTMIN+1"), (64, "SIGRTMIN+30"), (32, "32")],
)
def test_signals_have_the_names_of_kill_l(number, name):
    """Real-time ones count from SIGRTMIN; those that glibc keeps for itself have none."""
    assert signal_name(number) == name
