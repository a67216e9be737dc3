"""Maps of the kernel half by their descriptors: bpf(2) itself, without BCC.

Invariant: the layouts here are those of bpf/maps.bpf.h; the loader compiles nothing where they
aren't. A refusal is an OSError.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tracer.model.abi import Layout
from tracer.probe.syscalls import bpf

_LOOKUP: Final = 1  # BPF_MAP_LOOKUP_ELEM and so on, include/uapi/linux/bpf.h
_UPDATE: Final = 2
_DELETE: Final = 3
_NEXT_KEY: Final = 4
_ELEMENT: Final = struct.Struct("=I4xQQQ")  # map_fd, key, value or next_key, flags

NUMBER: Final = Layout("number I")
LINEAGE: Final = Layout("server_tgid I, pane_tgid I, flags I")
TTY_KEY: Final = Layout("tty_id Q, kind Q")
TTY_STATE: Final = Layout(
    "began_ns Q, origin Q, end Q, nth I, server_tgid I, session I, tty I",
)

LAYOUTS: Final = {"lineage": LINEAGE, "tty_key": TTY_KEY, "tty_state": TTY_STATE}
"""By the name of the C struct."""

Fields = tuple[int, ...]


class HashMap:
    """A hash, or an LRU one. Keys and values are fields, in the order of their layouts."""

    def __init__(self, fd: int, key: Layout, value: Layout) -> None:
        self._fd = fd
        self._key, self._value = key.struct, value.struct

    def __getitem__(self, key: Fields) -> Fields:
        """KeyError where it isn't."""
        value = ctypes.create_string_buffer(self._value.size)
        try:
            self._call(_LOOKUP, self._key.pack(*key), value)
        except FileNotFoundError:
            raise KeyError(key) from None
        return self._value.unpack(value.raw)

    def __setitem__(self, key: Fields, value: Fields) -> None:
        self._call(_UPDATE, self._key.pack(*key), _buffer(self._value.pack(*value)))

    def discard(self, key: Fields) -> None:
        """Takes it out; no error if it isn't there."""
        try:
            self._call(_DELETE, self._key.pack(*key), None)
        except FileNotFoundError:
            return

    def items(self) -> Iterator[tuple[Fields, Fields]]:
        """All that are there the whole time; begins anew where a key goes meanwhile, as the kernel
        does."""
        for key in self._keys():
            try:
                yield key, self[key]
            except KeyError:
                continue

    def _keys(self) -> Iterator[Fields]:
        following = ctypes.create_string_buffer(self._key.size)
        before = None
        while True:
            try:
                self._call(_NEXT_KEY, before, following)
            except FileNotFoundError:
                return
            before = following.raw
            yield self._key.unpack(before)

    def _call(
        self, command: int, key: bytes | None, other: ctypes.Array[ctypes.c_char] | None
    ) -> None:
        held = _buffer(key) if key is not None else None
        with unpreempted():
            bpf(command, _ELEMENT.pack(self._fd, _address(held), _address(other), 0))


@contextmanager
def unpreempted() -> Iterator[None]:
    """For this thread no task of a normal priority is run meanwhile, where that may be asked for.

    While bpf(2) is at work on a map, kprobe and tracepoint programs are switched off on that CPU
    (kernel/bpf/syscall.c, bpf_disable_instrumentation). On a preemptible kernel another task may
    run there then, whose output would be lost. For one call, not for a walk through a table: a task
    that waits may wait for microseconds only.
    """
    policy, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameter)


def _buffer(data: bytes) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(data, len(data))


def _address(buffer: ctypes.Array[ctypes.c_char] | None) -> int:
    return ctypes.addressof(buffer) if buffer is not None else 0
