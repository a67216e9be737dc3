"""The kernel tests as a guest runs them: the command and its environment."""

from __future__ import annotations

from tests.guest.kernels import REPO

# Percent of the outputs' size on a real machine: an emulated one is some twenty times slower.
SCALE = "5"
# All of tests/kernel takes too long in an emulated guest, where a tracer needs half a minute to
# start: that is for `make vm`. What differs between plans is run under each plan of each kernel by
# `make matrix`, and with another compiler the least, and what its programs cost the verifier. What
# differs between kernels alone, and the least of all, is for CI.
_EVERY_PLAN = ("-m", "every_plan")
_LEAST = "chosen or big_text or short_lived or each_byte_of_two or loss_in_the_middle"
SUBSETS = {
    "least": (*_EVERY_PLAN, "-k", _LEAST),
    "every_compiler": (*_EVERY_PLAN, "-k", f"{_LEAST} or costs_more"),
    "every_plan": _EVERY_PLAN,
    "every_kernel": ("-m", "every_plan or every_kernel"),
}
"""By the names that vagrant/boxes.toml has for them; each has all of the one before."""
KERNEL_TESTS = (
    str(REPO / ".venv/bin/python"),
    *("-m", "pytest", "-p", "no:cacheprovider", "tests/kernel"),
)


def environment_of(plan: str | None, *, in_guest: bool = True) -> dict[str, str]:
    """`plan` None: the one that the tracer chooses by itself."""
    chosen = {"TTYTRACE_PLAN": plan} if plan else {}
    # Tests of what is the whole machine's may run in a guest.
    guest = {"TTYTRACE_GUEST": "1", "TTYTRACE_SCALE": SCALE} if in_guest else {}
    return {"TTYTRACE_KERNEL_TESTS": "1", **guest, **chosen}
