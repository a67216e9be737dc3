"""What the kernel tells of a program, compared with bpftool."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from tests.need import lacking
from tests.unit.capture.tiny import Tiny
from tracer.capture.proginfo import recursion_misses


@pytest.mark.kernel
def test_numbers_are_those_of_bpftool(tiny: Tiny) -> None:
    """Nothing that runs on request is left out."""
    if not shutil.which("bpftool"):
        lacking("bpftool is not installed")
    assert recursion_misses(tiny.program_fd) == 0
    shown = subprocess.run(["bpftool", "-j", "prog"], capture_output=True, check=True)
    ours = [p for p in json.loads(shown.stdout) if p.get("name") == "send"]
    assert any(p.get("recursion_misses", 0) == 0 for p in ours)


def test_what_is_no_program_has_no_numbers() -> None:
    """Unknown, and not 0."""
    fd = os.open("/dev/null", os.O_RDONLY)
    assert recursion_misses(fd) is None
    os.close(fd)
