"""What a machine may refuse is told before anything is loaded, with the cure."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tracer.settings import RingSizes

RING_BYTES = RingSizes().bulk_pages * 4096
LITTLE = ("prlimit", "--memlock=65536")
WITHOUT_RESOURCE = ("setpriv", "--inh-caps=-sys_resource", "--bounding-set=-sys_resource")
HIDDEN = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /sys/kernel/btf && "$@"', "sh")
# What BCC makes a map by, and what doctor tries.
BY_BCC = f"""
from tracer.capture.bcc_module import load_bcc
import sys
sys.exit(load_bcc().lib.bcc_create_map(27, b"ring", 0, 0, {RING_BYTES}, 0) < 0)
"""
BY_US = f"from tracer.probe.trial import make_ring; make_ring({RING_BYTES})"


def succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_kernel_types_out_of_sight() -> None:
    """Where BTF can't be seen nothing starts, and the error says what is needed."""
    live = [*HIDDEN, sys.executable, "-m", "tracer.cli.main", "live"]
    run = subprocess.run(live, capture_output=True, text=True, check=False)
    assert run.returncode == 69, run.stderr
    assert "CONFIG_DEBUG_INFO_BTF=y" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("limits", [LITTLE, (*LITTLE, *WITHOUT_RESOURCE)])
def test_little_memory_may_be_locked(limits: tuple[str, ...]) -> None:
    """The trial says what BCC will meet: a ring is refused where the kernel counts it as locked
    memory, and the limit can't be raised."""
    ours, theirs = (succeeds(*limits, sys.executable, "-c", code) for code in (BY_US, BY_BCC))
    assert ours == theirs
    assert ours or limits != LITTLE
