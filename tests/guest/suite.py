"""The kernel tests as a guest runs them: the command and its environment."""

from __future__ import annotations

from tests.guest.kernels import REPO

# Percent of the outputs' size on a real machine: an emulated one is some twenty times slower.
SCALE = "5"
# All of tests/kernel takes too long in an emulated guest, where a tracer needs 20 s to start: that
# is for `make vm`. CI runs what differs between plans under each, and between kernels once. The
# tracepoint plan every kernel offers, and CI's host runs all of it: there a guest shows that its
# kernel takes the programs, and what terminals show.
EVERY_PLAN = ("-m", "every_plan")
EVERY_KERNEL = ("-m", "every_plan or every_kernel")
TRACEPOINT = ("-m", "every_plan", "-k", "each_client_gets or sizes or big_text")
KERNEL_TESTS = (
    str(REPO / ".venv/bin/python"),
    *("-m", "pytest", "-p", "no:cacheprovider", "tests/kernel"),
)


def environment_of(plan: str | None) -> dict[str, str]:
    """`plan` None: the one that the tracer chooses by itself."""
    chosen = {"TTYTRACE_PLAN": plan} if plan else {}
    guest = {"TTYTRACE_GUEST": "1"}  # tests of what is the whole machine's may run
    return {"TTYTRACE_KERNEL_TESTS": "1", "TTYTRACE_SCALE": SCALE, **guest, **chosen}
