"""The kernel tests on every kernel of vagrant/boxes.toml, under the plans that it names for CI."""

from __future__ import annotations

import re
import sys

import pytest

from tests.guest import boot, kernels
from tests.guest.suite import KERNEL_TESTS, SUBSETS, environment_of

BOXES = kernels.boxes()
LIMIT_S = 1800


@pytest.fixture(scope="module")
def any_kernel() -> kernels.Kernel:
    return kernels.fetch(next(iter(BOXES.values())))


@pytest.mark.parametrize(
    ("name", "plan", "subset"),
    [(name, plan, subset) for name, box in BOXES.items() for plan, subset in box.ci.items()],
)
def test_the_kernel_tests_pass(name: str, plan: str, subset: str) -> None:
    """Every kernel and every plan has its turn, and some test ran."""
    outcome = boot.run(
        kernels.fetch(BOXES[name]),
        [*KERNEL_TESTS, *SUBSETS[subset]],
        environment=environment_of(plan),
        limit_s=LIMIT_S,
        echo=sys.stdout.buffer,
    )
    _assert_passed(outcome)


def _assert_passed(outcome: boot.Outcome) -> None:
    closing = outcome.output.decode(errors="replace").rstrip().rpartition("\n")[2]
    assert outcome.status == 0, closing
    assert re.search(r"\b[1-9]\d* passed", closing), closing


def test_a_kernel_that_counts_locked_memory_refuses_in_words() -> None:
    """Since 5.11 a ring buffer is no locked memory, so on this host nothing is refused for it."""
    outcome = boot.run(
        kernels.fetch(BOXES["5.10"]),
        [*KERNEL_TESTS[:-1], "tests/kernel/test_refusals.py", "-k", "little_memory"],
        environment=environment_of(None),
        limit_s=600,
        echo=sys.stdout.buffer,
    )
    _assert_passed(outcome)


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
