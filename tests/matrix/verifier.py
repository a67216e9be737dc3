"""What the verifier costs: instructions that it walks, and the time of a load, of each program.

    python -m tests.matrix.verifier [PLAN]

prints {function: {"instructions": n, "load_ns": n}} for this kernel as JSON. The invariant: what is
loaded is, byte for byte, what the tracer would load; nothing is attached. The kernel's own count in
bpf_prog_info is there from 5.16 on, its log's (BPF_LOG_STATS) on every kernel that we run on.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import struct
import sys
import time
from typing import Any, Final, NamedTuple

from tracer.capture.loader import compiled
from tracer.probe.btf import Btf
from tracer.probe.catalog import Way
from tracer.probe.ktypes import kernel_types
from tracer.probe.plan import choose
from tracer.probe.survey import survey
from tracer.probe.syscalls import bpf
from tracer.settings import RingSizes

# include/uapi/linux/bpf.h: a kind's (program type, expected attach type)
_TYPES: Final = {
    "kprobe": (2, 0),
    "kretprobe": (2, 0),
    "tracepoint": (5, 0),
    "raw_tracepoint": (17, 0),
    "fentry": (26, 24),
    "fexit": (26, 25),
}
_PROG_LOAD: Final = 5
_LOG_STATS: Final = 4
_LOG_BYTES: Final = 64 << 10


class Cost(NamedTuple):
    """Of one program: instructions walked, and ns that the load took."""

    instructions: int
    load_ns: int


def measure(plan_name: str | None = None) -> dict[str, Cost]:
    """By function, for a plan or the one that is chosen here. Raises TtytraceError, OSError."""
    btf = Btf.load()
    plan = choose(survey(btf), plan_name)
    module = compiled(plan, kernel_types(btf), RingSizes())
    ways = {hook.way.function: hook.way for hook in plan.hooks}
    try:
        return {name: _cost(module, btf, way) for name, way in ways.items()}
    finally:
        module.cleanup()


def _cost(module: Any, btf: Btf, way: Way) -> Cost:
    code = ctypes.create_string_buffer(module.dump_func(way.function.encode()))
    is_trampoline = way.kind in ("fentry", "fexit")
    target = btf.functions(way.target)[0] if is_trampoline else 0
    log = ctypes.create_string_buffer(_LOG_BYTES)
    began = time.perf_counter_ns()
    os.close(_load(*_TYPES[way.kind], code, target, log))
    took = time.perf_counter_ns() - began
    walked = re.search(rb"processed (\d+) insns", log.value)
    assert walked, log.value
    return Cost(int(walked[1]), took)


def _load(kind: int, attach_type: int, code: Any, target: int, log: Any) -> int:
    licence = ctypes.create_string_buffer(b"GPL")
    # union bpf_attr from prog_type to log_buf; expected_attach_type is at 68, attach_btf_id at 108
    begin = struct.pack(
        "=IIQQIIQ",
        kind,
        len(code) // 8,  # without the 0 at the end
        ctypes.addressof(code),
        ctypes.addressof(licence),
        _LOG_STATS,
        len(log),
        ctypes.addressof(log),
    )
    middle = begin.ljust(68, b"\0") + struct.pack("=I", attach_type)
    return bpf(_PROG_LOAD, middle.ljust(108, b"\0") + struct.pack("=I", target))


def main() -> None:
    costs = measure(*sys.argv[1:2])
    print(json.dumps({name: cost._asdict() for name, cost in costs.items()}))


if __name__ == "__main__":
    main()
