"""The plan that the tracer chooses by itself is that of the kernel."""

from __future__ import annotations

import platform
import re
import subprocess
import sys

import orjson
import pytest

from tests.guest import kernels
from tests.kernel.conftest import IN_GUEST


@pytest.mark.every_plan
@pytest.mark.skipif(not IN_GUEST, reason="what a host's kernel offers is told by nobody else")
def test_the_right_plan_is_chosen() -> None:
    """Left alone, it takes the one that loses least there."""
    (box,) = [
        box for box in kernels.boxes().values() if re.fullmatch(box.release, platform.release())
    ]
    doctor = [sys.executable, "-m", "tracer.cli.main", "doctor", "--json"]
    plans = orjson.loads(subprocess.run(doctor, check=True, capture_output=True).stdout)["plans"]
    assert [plan["name"] for plan in plans if plan["ok"]] == [box.plan]
