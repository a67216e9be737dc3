"""The running kernel as a source: two rings and the counters beside them.

Invariant: counters are read before the rings, so that what they count has been sent or never will.
In steady state there is no bpf(2) call on a map; see bpf/maps.bpf.h.
"""

from __future__ import annotations

import os
import platform
from time import process_time_ns
from typing import Final

from tracer.capture.libbpf_ring import LibbpfRings
from tracer.capture.proginfo import recursion_misses
from tracer.capture.program import LoadedProgram
from tracer.capture.ring import Cell, Counters, MmapRing
from tracer.capture.share import Share
from tracer.clock import boot_ns
from tracer.model import abi
from tracer.model.facts import TtyState
from tracer.model.stage import Batch, Drain, Skipped
from tracer.settings import RingSizes

RINGS: Final = ("critical", "bulk")  # bpf/maps.bpf.h
_PAGE: Final = 4096
_NOTHING: Final = Batch(b"", [])
_BULK_NS: Final = 1_000_000_000  # so that what it lost is told in time
_NO_LIMIT: Final = Share(0)
# bpf/maps.bpf.h, FAULT_*; what could not be read of output is a hole in its offsets already.
_NOT_FOLLOWED: Final = "not-followed"
_IN_RING: Final = {"critical": "exec", "bulk": "text_output"}  # above all
_FAULTS: Final = (_NOT_FOLLOWED, "not-read", "cut", "child-not-found")
# Those that are told as processes that began unseen, and why.
_UNSEEN: Final = {
    _NOT_FOLLOWED: "too many processes",
    "child-not-found": "its parent began too many at once",
}
# What a program that was skipped would have shown, where that isn't output above all.
_SHOWS: Final = {
    "rt_sched_fork": "fork",
    "rt_sched_exec": "exec",
    "rt_sched_exit": "end",
    "tp_task_new": "fork",
    "tp_sched_exec": "exec",
    "tp_sched_exit": "end",
    "tp_write_enter": "text_input",
    "rt_sys_enter": "text_input",
    "tp_sys_enter": "text_input",
    "kp_tty_write": "text_input",
    "kp_tty_written": "text_input",
    "kp_set_termios": "client_tty",
    "kp_tty_ioctl": "resize",
    "kp_tiocsti": "inject",
    "kp_paste": "inject",
    "kp_unix_receive": "peer",
    "kp_unix_release": "peer",
    "kp_ptrace_access": "trace",
    "kfunc__n_tty_write": "text_input",
    "kretfunc__n_tty_write": "text_input",
    "kfunc__tty_set_termios": "client_tty",
    "kfunc__tty_ioctl": "resize",
    "kfunc__tty_audit_tiocsti": "inject",
    "kfunc__paste_selection": "inject",
    "kretfunc__unix_stream_recvmsg": "peer",
    "kretfunc__security_ptrace_access_check": "trace",
}


class MmapRings:
    """Both rings by their pages."""

    def __init__(self, program: LoadedProgram, sizes: RingSizes) -> None:
        pages = (sizes.critical_pages, sizes.bulk_pages)
        self._rings = [
            MmapRing(program.maps[name], count * _PAGE)
            for name, count in zip(RINGS, pages, strict=True)
        ]

    def take(self, bulk_too: bool = True) -> tuple[Batch, ...]:
        """All committed records of each ring."""
        critical, bulk = self._rings
        return critical.take(), bulk.take() if bulk_too else _NOTHING

    @property
    def moved(self) -> dict[str, int]:
        """How often somebody else moved the position of a ring, by the names of those moved."""
        named = zip(RINGS, self._rings, strict=True)
        return {name: ring.moved for name, ring in named if ring.moved}

    def close(self) -> None:
        """Unmaps them."""
        for ring in self._rings:
            ring.close()


def open_rings(
    program: LoadedProgram, sizes: RingSizes, machine: str = platform.machine()
) -> MmapRings | LibbpfRings:
    """The reader that is right on this machine: see capture/ring.py on the order of stores."""
    if machine == "x86_64":
        return MmapRings(program, sizes)
    return LibbpfRings([program.maps[name] for name in RINGS])


class KernelSource:
    """Drains what `program` sends. Closing it detaches the program.

    While more than its `share` is used up, output is left to its ring for a second; it comes later
    then than what else happened at its time.
    """

    def __init__(self, program: LoadedProgram, sizes: RingSizes, share: Share = _NO_LIMIT) -> None:
        self._share = share
        self._last_produced: list[int] = []
        self._bulk_ns = 0
        self.cpus: Final = os.sysconf("SC_NPROCESSORS_CONF")
        self.program: Final = program
        self._rings = open_rings(program, sizes)
        self._produced = Counters(program.maps["produced"], self.cpus * abi.KINDS)
        self._faults = Counters(program.maps["faults"], len(_FAULTS))
        self.faults = dict.fromkeys(_FAULTS, 0)
        """What the kernel half could not do since the start, when skipped() was last called."""
        self._unseen = dict.fromkeys(_UNSEEN, 0)
        self._misses = dict.fromkeys(program.programs, 0)
        self._moved: dict[str, int] = {}
        self._asleep = Cell(program.maps["asleep"])
        self.active_ns = boot_ns()
        """When a drain began that brought something, the last time."""

    def filenos(self) -> tuple[int, int]:
        """Descriptors that are readable when the kernel half passed a watermark."""
        critical, bulk = (self.program.maps[name] for name in RINGS)
        return critical, bulk

    @property
    def moved(self) -> dict[str, int]:
        """How often somebody else moved the position of a ring, by the names of those moved."""
        return self._rings.moved

    def want_wake_up(self) -> None:
        """Has the next record make the descriptors readable. What comes just now may not, so it is
        to be called again before long, and costs the process that makes the record a wake-up."""
        self._asleep.set(1)

    def drain(self) -> Drain:
        """What waits in both rings."""
        began_ns = boot_ns()
        produced = self._produced.read()
        bulk_too = not self._share.is_used_up(began_ns, process_time_ns())
        bulk_too |= began_ns - self._bulk_ns >= _BULK_NS
        batches = self._rings.take(bulk_too)
        if bulk_too:
            self._last_produced, self._bulk_ns = produced, began_ns
        else:  # what waits in the bulk ring isn't overdue
            for kind in abi.SHOWN_KINDS:
                output = slice(kind, None, abi.KINDS)
                produced[output] = self._last_produced[output]
        if any(batch.spans for batch in batches):
            self.active_ns = began_ns
        return Drain(began_ns, produced, batches)

    def skipped(self) -> list[Skipped]:
        """Processes that are not followed, and runs of programs that the kernel left out."""
        out = []
        self.faults = dict(zip(_FAULTS, self._faults.read(), strict=True))
        unseen = {name: self.faults[name] for name in _UNSEEN}
        unseen[_NOT_FOLLOWED] += self.program.unfollowed
        for name, times in unseen.items():
            if times > self._unseen[name]:
                out.append(Skipped("fork", _UNSEEN[name], times - self._unseen[name]))
        self._unseen = unseen
        for name, times in self.moved.items():
            if times > self._moved.get(name, 0):
                out.append(Skipped(_IN_RING[name], "ring position moved", 0))
                self._moved[name] = times
        for name, fd in self.program.programs.items():
            misses = recursion_misses(fd) or 0
            if misses > self._misses[name]:
                kind = _SHOWS.get(name, "text_output")
                out.append(Skipped(kind, "probe skipped", misses - self._misses[name]))
                self._misses[name] = misses
        return out

    def tty_states(self) -> list[TtyState]:
        """The kernel half's account of every pty. Calls bpf(2): only for when something is lost."""
        return self.program.tty_states()

    def stop(self) -> None:
        """Detaches. No program runs any more on return, so the counters are final."""
        self.program.detach()
        self._share = _NO_LIMIT

    def close(self) -> None:
        """Unmaps, detaches, frees."""
        for mapped in (self._rings, self._produced, self._faults, self._asleep):
            mapped.close()
        self.program.close()
