"""The verifier's work for each program is not more than what is recorded of it."""

from __future__ import annotations

import ctypes
import os
import re
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.kernel.conftest import IN_GUEST
from tests.kernel.tracing import load_program
from tests.matrix import budget
from tests.matrix.budget import Cost
from tracer.capture.bcc_module import load_bcc
from tracer.probe.trial import PROGRAM_RAW_TRACEPOINT, load
from tracer.settings import RingSizes

_LOG_STATS = 4  # BPF_LOG_STATS, since 5.2
_LOG_BYTES = 1 << 16
# Emulated, the time of one load is twice that of another, whatever it is divided by.
_LOADS = 1 if IN_GUEST else 5
# A loop that the verifier walks: r6 counts to 10,000, by way of the stack.
_REFERENCE = b"".join(
    struct.pack("=BBhi", *instruction)
    for instruction in (
        (0xB7, 0x06, 0, 0),  # r6 = 0
        (0x07, 0x06, 0, 1),  # r6 += 1
        (0x7B, 0x6A, -8, 0),  # *(u64 *)(r10 - 8) = r6
        (0x79, 0xA7, -8, 0),  # r7 = *(u64 *)(r10 - 8)
        (0xA5, 0x06, -4, 10_000),  # if r6 < 10000 goto -4
        (0xB7, 0x00, 0, 0),  # r0 = 0
        (0x95, 0x00, 0, 0),  # exit
    )
)


class Loads:
    """Stands between BCC and the kernel, and measures each program that is loaded."""

    def __init__(self, bcc_func_load: Callable[..., int]) -> None:
        self._load = bcc_func_load
        self._log = ctypes.create_string_buffer(_LOG_BYTES)
        self.costs: dict[str, Cost] = {}

    def __call__(self, *arguments: Any) -> int:
        # module, type, name, code, bytes, license, version, log level, log, its size, ...
        logging = (*arguments[:7], _LOG_STATS, self._log, _LOG_BYTES, *arguments[10:])
        fds, took_s, reference_s = [], [], []
        for _ in range(_LOADS):
            reference_s.append(_cpu_s(lambda: load(PROGRAM_RAW_TRACEPOINT, _REFERENCE)))
            took_s.append(_cpu_s(lambda: fds.append(self._load(*logging))))
        fd, *others = fds
        if fd >= 0:
            self.costs[arguments[2].decode()] = self._cost(min(took_s) / min(reference_s))
        for other in others:
            os.close(other)
        return fd

    def _cost(self, load: float) -> Cost:
        (walked,) = re.findall(rb"^processed (\d+) insns", self._log.value, re.M)
        return Cost(int(walked), round(load, 2))


def _cpu_s(act: Callable[[], object]) -> float:
    before = time.process_time()
    act()
    return time.process_time() - before


@pytest.mark.every_plan
def test_no_program_costs_more_than_recorded(
    plan: str | None,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    """A fifth more instructions are too many; so is a fifth more time, on a kernel of no box."""
    bcc = load_bcc()
    loads = Loads(bcc.lib.bcc_func_load)
    monkeypatch.setattr(bcc.lib, "bcc_func_load", loads)
    program = load_program(plan, RingSizes())
    program.close()
    group = budget.group(program.plan)
    record_property("budget", {group: loads.costs})
    # A machine of which nothing is recorded is compared with itself; the matrix records it.
    recorded = budget.read().get(group, loads.costs)
    over = list(budget.over(loads.costs, recorded, loads=budget.box_name() is None))
    assert not over, f"{group}; if it is meant: python -m tests.matrix --budget CELL"
