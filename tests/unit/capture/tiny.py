"""A tiny BPF program that sends what it is told to, run by the kernel on request.

Nothing is attached: BPF_PROG_TEST_RUN runs it, once for each call, on this CPU.
"""

from __future__ import annotations

import ctypes
import struct
from pathlib import Path
from typing import Any

import pytest

from tracer.capture.bcc_module import load_bcc
from tracer.capture.headers import write_headers
from tracer.probe.syscalls import bpf

RING_PAGES = 2
RING_BYTES = RING_PAGES * 4096
DISCARD = 1 << 32
_PROG_TEST_RUN = 10

_TEXT = b"""
struct record { u64 fill[512]; };
BPF_RINGBUF_OUTPUT(ring, %d);
BPF_PERCPU_ARRAY(scratch, struct record, 1);
BPF_F_TABLE("array", u32, u64, counts, 3, 1U << 10);

int send(struct bpf_raw_tracepoint_args *ctx)
{
	u64 size = ctx->args[0], fill = ctx->args[1];
	u32 zero = 0, which = 0;
	struct record *record = scratch.lookup(&zero);
	u64 *count;

	if (size >> 32) {
		void *room = ring.ringbuf_reserve(16);

		if (room)
			ring.ringbuf_discard(room, 1 /* BPF_RB_NO_WAKEUP */);
		return 0;
	}
	if (!record || size > sizeof(*record))
		return 0;
	record->fill[0] = record->fill[1] = fill;
	which = ring.ringbuf_output(record, size, 0) ? 1 : 0;
	count = counts.lookup(&which);
	if (count)
		(*count)++;
	return 0;
}
"""


class Tiny:
    """The loaded program with its maps `ring` and `counts` (sent, had no room, 0)."""

    def __init__(self, tree: Path) -> None:
        bcc = load_bcc()
        write_headers(tree)
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("BCC_KERNEL_SOURCE", str(tree))
            self.bpf: Any = bcc.BPF(text=_TEXT % RING_PAGES, cflags=["-Wno-macro-redefined"])
        self.program_fd = int(self.bpf.load_func(b"send", bcc.BPF.RAW_TRACEPOINT).fd)

    def map_fd(self, name: str) -> int:
        return int(self.bpf[name.encode()].map_fd)

    def send(self, size: int, fill: int = 0) -> None:
        """A record of `size` bytes that begins with `fill` twice; DISCARD: one that is dropped."""
        context = struct.pack("=12Q", size, fill, *[0] * 10)
        buffer = ctypes.create_string_buffer(context, len(context))
        address = ctypes.addressof(buffer)
        # prog_fd, retval, 4 * data, repeat, duration, ctx_size_in, ctx_size_out, ctx_in, ctx_out
        fields = (self.program_fd, 0, 0, 0, 0, 0, 0, 0, len(context), 0, address, 0, 0, 0)
        bpf(_PROG_TEST_RUN, struct.pack("=4I2Q4I2Q2I", *fields))

    def close(self) -> None:
        """Frees program and maps."""
        self.bpf.cleanup()
