"""Holds what the kernel's audit stream says against what the kernel half says: both tell of the
programs that run in panes, by ways of their own.

Invariant: arguments are compared here and never told from here. A program that only audit saw is
told where its process, or the process that made it, is known to run under a tmux server. What was
under way when listening began is no difference; nor, when a server was found, is what /proc alone
tells of.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Container
from typing import Final, NamedTuple

from tracer.correlate.procs import ProcessTable
from tracer.model import abi
from tracer.model.audit import AuditExec
from tracer.model.events import Exec, Exit, Fork, ServerFound

SETTLE_NS: Final = 3_000_000_000
_CLOSE_NS: Final = 1_000_000_000  # audit's clock ticks, and one of them may be set
_KEPT_NS: Final = 4 * SETTLE_NS
_MAX_WAITING: Final = 65536
_MAX_TIMES: Final = 4096
_UNSEEN_NS: Final = 600_000_000_000
_UNCERTAIN: Final = abi.EXEC_ARGV_CUT | abi.EXEC_ARGV_FAULT

SEEN_BY_AUDIT_ONLY: Final = "seen by audit only"
OTHER_ARGUMENTS: Final = "audit has other arguments"


class Under(NamedTuple):
    """The server and the pane that a process is under."""

    server_tgid: int
    pane_tgid: int


class Difference(NamedTuple):
    """What audit says of an exec and the kernel half doesn't."""

    time_ns: int
    under: Under
    reason: str


class _Heard(NamedTuple):
    exec: AuditExec
    under: Under | None  # then: a process that lives as long as one exec is soon forgotten


class Witness:
    """`servers`: those that are recorded. `tallies`: see docs/format.md, heartbeat."""

    def __init__(self, processes: ProcessTable, servers: Container[int]) -> None:
        self._processes, self._servers = processes, servers
        self._since_ns: int | None = None
        self._told: defaultdict[int, list[Exec]] = defaultdict(list)
        self._times: deque[tuple[int, int]] = deque()
        self._heard: deque[_Heard] = deque()
        self._unseen: dict[int, tuple[int, Under]] = {}
        self._ends: dict[int, int] = {}
        self._found: dict[int, int] = {}
        self.tallies: Counter[str] = Counter()

    def begin(self, now_ns: int) -> None:
        """The audit stream is listened to from now on; soon both tell of the same."""
        self._since_ns = now_ns + _CLOSE_NS

    def note(self, record: object) -> None:
        """What the kernel half tells."""
        if self._since_ns is None:
            return
        match record:
            case Exec() if record.ktime_ns >= self._since_ns:
                self._told[record.key.tgid].append(record)
                self._times.append((record.ktime_ns, record.key.tgid))
            case ServerFound():
                self._found[record.key.tgid] = record.ktime_ns
            case Fork():
                self._ends.pop(record.key.tgid, None)
            case Exit():
                self._ends[record.key.tgid] = record.ktime_ns

    def hear(self, seen: AuditExec) -> None:
        """Audit tells of one."""
        if self._since_ns is None or seen.time_ns < self._since_ns:
            return
        if len(self._heard) >= _MAX_WAITING:
            self.tallies["uncompared"] += 1
        else:
            self._heard.append(_Heard(seen, self._under(seen)))

    def tick(self, now_ns: int) -> list[Difference]:
        """What differs among the execs that both have had time to tell of."""
        out = []
        while self._heard and now_ns - self._heard[0].exec.time_ns >= SETTLE_NS:
            heard = self._heard.popleft()
            if difference := self._judged(heard.exec, heard.under):
                out.append(difference)
        self._forget(now_ns)
        return out

    def _judged(self, seen: AuditExec, under: Under | None) -> Difference | None:
        ours = self._take(seen)
        if ours is not None:
            is_same = _has_same_arguments(ours, seen)
            self.tallies["agreed" if is_same else "arguments"] += 1
            there = Under(ours.who.server_tgid, ours.who.pane_tgid)
            return None if is_same else Difference(seen.time_ns, there, OTHER_ARGUMENTS)
        under = under or self._under(seen)
        if under is None:
            return None
        self.tallies["unseen"] += 1
        self._unseen[seen.pid] = seen.time_ns, under
        return Difference(seen.time_ns, under, SEEN_BY_AUDIT_ONLY)

    def _take(self, seen: AuditExec) -> Exec | None:
        """Our record of the same exec."""
        told = self._told.get(seen.pid, [])
        near = [each for each in told if abs(each.ktime_ns - seen.time_ns) <= _CLOSE_NS]
        same = (each for each in near if _has_same_arguments(each, seen))
        found = next(same, near[0] if near else None)
        if found is not None:
            told.remove(found)
        return found

    def _under(self, seen: AuditExec) -> Under | None:
        return self._under_of(seen.pid, seen.time_ns) or self._under_of(seen.ppid, seen.time_ns)

    def _under_of(self, pid: int, time_ns: int) -> Under | None:
        """Where a process was; whoever has its pid now may be another."""
        process, ended_ns = self._processes.get(pid), self._ends.get(pid)
        if process is None or process.who is None or process.key.start_time_ns > time_ns:
            _, under = self._unseen.get(pid, (0, None))
            return under
        if ended_ns is not None and ended_ns < time_ns - _CLOSE_NS:
            return None
        under = Under(process.who.server_tgid, process.who.pane_tgid)
        is_followed = process.source == "kernel" or time_ns >= self._followed_ns(under.server_tgid)
        return under if under.server_tgid in self._servers and is_followed else None

    def _followed_ns(self, server_tgid: int) -> int:
        """From when on all that is under a server is followed, also what it had made by then."""
        return self._found.get(server_tgid, 0) + _CLOSE_NS

    def _forget(self, now_ns: int) -> None:
        while self._times and now_ns - self._times[0][0] > _KEPT_NS:
            _, pid = self._times.popleft()
            told = self._told.pop(pid, [])
            left = [each for each in told if now_ns - each.ktime_ns <= _KEPT_NS]
            if left:
                self._told[pid] = left
            if len(told) > len(left):
                self.tallies["unheard"] += len(told) - len(left)
        while self._unseen and now_ns - next(iter(self._unseen.values()))[0] > _UNSEEN_NS:
            del self._unseen[next(iter(self._unseen))]
        for times in self._ends, self._found:
            while len(times) > _MAX_TIMES:
                del times[next(iter(times))]


def _has_same_arguments(ours: Exec, seen: AuditExec) -> bool:
    if ours.flags & abi.EXEC_ARGV_FAULT:
        return True
    a, b = b"\0".join(ours.argv), b"\0".join(seen.argv)
    is_cut = bool(ours.flags & _UNCERTAIN) or seen.argv_bytes > len(b) + 1
    if is_cut:
        kept = min(len(a), len(b))
        a, b = a[:kept], b[:kept]
    return a == b and ours.argc == seen.argc
