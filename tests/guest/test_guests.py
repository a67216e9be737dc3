"""The kernel tests on every kernel of vagrant/boxes.toml, under the plans that it names for CI."""

from __future__ import annotations

import json
import re
import sys

import pytest

from tests.guest import boot, kernels
from tests.guest.suite import (
    EVERY_KERNEL,
    EVERY_PLAN,
    KERNEL_TESTS,
    TRACEPOINT,
    environment_of,
)

BOXES = kernels.boxes()
LIMIT_S = 1800


@pytest.fixture(scope="module")
def any_kernel() -> kernels.Kernel:
    return kernels.fetch(next(iter(BOXES.values())))


@pytest.mark.parametrize(
    ("name", "plan"), [(name, plan) for name, box in BOXES.items() for plan in box.ci]
)
def test_the_kernel_tests_pass(name: str, plan: str) -> None:
    """What concerns each plan passes under each that the kernel must offer, and some test ran."""
    which = TRACEPOINT if plan == "tracepoint" else EVERY_PLAN
    if plan == BOXES[name].plan:
        which = EVERY_KERNEL
    outcome = boot.run(
        kernels.fetch(BOXES[name]),
        [*KERNEL_TESTS, *which],
        environment=environment_of(plan),
        limit_s=LIMIT_S,
        echo=sys.stdout.buffer,
    )
    closing = outcome.output.decode(errors="replace").rstrip().rpartition("\n")[2]
    assert outcome.status == 0, closing
    assert re.search(r"\b[1-9]\d* passed", closing), closing


@pytest.mark.parametrize("name", BOXES)
def test_the_right_plan_is_chosen(name: str) -> None:
    """Left alone, the tracer takes the plan that loses least on that kernel."""
    command = [str(kernels.REPO / ".venv/bin/ttytrace"), "doctor", "--json"]
    outcome = boot.run(kernels.fetch(BOXES[name]), command, environment={}, limit_s=LIMIT_S)
    assert outcome.status == 0, outcome.output.decode()
    plans = json.loads(outcome.output)["plans"]
    assert [plan["name"] for plan in plans if plan["ok"]] == [BOXES[name].plan]


def test_the_status_comes_back(any_kernel: kernels.Kernel) -> None:
    """The command's own exit status and output come back, and what it writes does not."""
    scratch = kernels.REPO / "written-by-a-guest"
    command = ["sh", "-c", f"uname -r; touch {scratch} && exit 3"]
    outcome = boot.run(any_kernel, command, environment={}, limit_s=120)
    assert outcome.status == 3
    assert outcome.output.decode().strip() == any_kernel.modules.name
    assert not scratch.exists()


def test_a_dead_guest_is_no_success(any_kernel: kernels.Kernel) -> None:
    """A guest that panics is reported with the console's last words, not with a status."""
    command = ["sh", "-c", "echo c >/proc/sysrq-trigger"]
    with pytest.raises(boot.GuestDied, match="Kernel panic - not syncing: sysrq"):
        boot.run(any_kernel, command, environment={}, limit_s=120)
