"""The kernel's audit stream as a source, where no eBPF can be had: the twin of `kernel`.

It stands for the kernel half in both of its parts: what it is told of gets a number and leaves as
records, and it follows what descends from tmux servers, as well as /proc allows.

Invariant: best effort, and no more is said than was heard. Servers are found by looking, so what
runs before one is found waits for that, for a while. That a process is over is seen in /proc; how
it ended isn't.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final, NamedTuple

from tracer.capture.packed import kind_of, pack
from tracer.clock import boot_ns
from tracer.model import abi
from tracer.model.audit import AuditExec, AuditSeen
from tracer.model.events import Exec, Exit, ProcessKey, ServerFound, Who
from tracer.model.facts import Fact, ServerSeen, TtyState
from tracer.model.stage import Batch, Drain, Skipped
from tracer.observe import procfs, servers
from tracer.observe.lineage import Lineage, Under

_LOOK_NS: Final = 10_000_000_000
_SOON_NS: Final = 300_000_000
_HELD_NS: Final = 3_000_000_000
_MAX_HELD: Final = 4096
_ENDS_NS: Final = 2_000_000_000
_DELETED: Final = b" (deleted)"

Finder = Callable[[], list[ServerSeen]]


class _Held(NamedTuple):
    exec: AuditExec
    chain: tuple[int, ...]


class AuditSource:
    """`add` is told what is heard; `find` looks for tmux servers, in a thread."""

    plan: Final = "audit"
    why: Final = "the settings ask for the audit stream"
    cpus: Final = 1

    def __init__(self, find: Finder = servers.find_servers) -> None:
        self._find = find
        self._finder = ThreadPoolExecutor(1, thread_name_prefix="find")
        self._finding: Future[list[ServerSeen]] | None = None
        self._find_ns = boot_ns() + _LOOK_NS
        self._ends_ns = 0
        self._lineage = Lineage()
        self._has_grown = False
        self._ignored: set[int] = set()
        self._held: deque[_Held] = deque()
        self._packed: list[bytes] = []
        self._produced = [0] * abi.KINDS
        self._facts: list[Fact] = []
        self.faults: dict[str, int] = {}
        self.active_ns = boot_ns()

    # ---- as the kernel half: whom to follow ----

    def follow(self, tgid: int, server_tgid: int, pane_tgid: int) -> None:
        """Puts a process under a server."""
        self._lineage.follow(tgid, server_tgid, pane_tgid)
        self._ignored.discard(server_tgid)
        self._has_grown = True

    def unfollow(self, tgid: int) -> None:
        """Takes a process out."""
        self._lineage.unfollow(tgid)

    def ignore_server(self, tgid: int) -> None:
        """Tells nothing more of what is under it."""
        self._lineage.ignore_server(tgid)
        self._ignored.add(tgid)

    def exclude_session(self, session: int) -> None:
        """Nothing: no output is seen."""

    # ---- as a source ----

    def filenos(self) -> tuple[int, ...]:
        """Nothing of its own can be waited for."""
        return ()

    def want_wake_up(self) -> None:
        """Nothing: whoever adds wakes us."""

    def add(self, seen: AuditSeen) -> None:
        """Tells of it; of an exec now or when its server is found."""
        if not isinstance(seen, AuditExec):
            self._facts.append(seen)
            return
        if seen.exe.rpartition(b"/")[2].startswith(b"tmux"):
            self._find_ns = min(self._find_ns, boot_ns() + _SOON_NS)
        held = _Held(seen, self._lineage.chain(seen))
        if not self._tell(held) and len(self._held) < _MAX_HELD:
            self._held.append(held)

    def drain(self) -> Drain | None:
        """What was added and could be placed."""
        now_ns = boot_ns()
        self._look_for_servers(now_ns)
        self._tell_held(now_ns)
        self._look_for_ends(now_ns)
        if self._packed:
            self.active_ns = now_ns
        packed, self._packed = self._packed, []
        spans, at = [], 0
        for piece in packed:
            spans.append((at, len(piece)))
            at += len(piece)
        return Drain(now_ns, list(self._produced), (Batch(b"".join(packed), spans),))

    def facts(self) -> list[Fact]:
        """What was heard besides programs, since the last time."""
        facts, self._facts = self._facts, []
        return facts

    def skipped(self) -> list[Skipped]:
        """Nothing: what was not heard is told where that is noticed."""
        return []

    def tty_states(self) -> list[TtyState]:
        """Nothing: no output is seen."""
        return []

    def stop(self) -> None:
        """Nothing: there is nothing that could stay attached."""

    def close(self) -> None:
        """Ends looking."""
        self._finder.shutdown(cancel_futures=True)

    def _tell(self, held: _Held) -> bool:
        under = self._lineage.under(held.chain, held.exec.tty)
        if under is None:
            return False
        self._lineage.follow(held.exec.pid, *under)
        self._emit(_exec(held.exec, under))
        return True

    def _tell_held(self, now_ns: int) -> None:
        if self._has_grown:
            self._has_grown = False
            self._held = deque(held for held in self._held if not self._tell(held))
        while self._held and now_ns - self._held[0].exec.time_ns > _HELD_NS:
            self._held.popleft()

    def _look_for_servers(self, now_ns: int) -> None:
        if self._finding is not None and self._finding.done():
            with suppress(OSError):  # what could not be looked at is looked at again
                self._meet(self._finding.result(), now_ns)
            self._finding = None
        if self._finding is None and now_ns >= self._find_ns:
            self._find_ns = now_ns + _LOOK_NS
            self._finding = self._finder.submit(self._find)

    def _meet(self, found: list[ServerSeen], now_ns: int) -> None:
        for server in found:
            if server.pid not in self._ignored and not self._lineage.knows(server.pid):
                self._emit(_server(server, now_ns))

    def _look_for_ends(self, now_ns: int) -> None:
        if now_ns < self._ends_ns:
            return
        self._ends_ns = now_ns + _ENDS_NS
        gone = self._lineage.gone()
        self._ignored -= gone.keys()
        for pid, under in sorted(gone.items(), key=lambda each: each[1].pane_tgid == 0):
            self._emit(Exit(now_ns, ProcessKey(pid, 0), under.server_tgid, 0))

    def _emit(self, record: Exec | Exit | ServerFound) -> None:
        kind = kind_of(record)
        self._packed.append(pack(record, self._produced[kind]))
        self._produced[kind] += 1


def _exec(seen: AuditExec, under: Under) -> Exec:
    there = procfs.stat_of(seen.pid)
    kept_bytes = sum(len(argument) + 1 for argument in seen.argv)
    who = Who(
        ProcessKey(seen.ppid, 0), under.server_tgid, under.pane_tgid, seen.uid, seen.gid, seen.euid,
        seen.egid, seen.loginuid, seen.audit_session, there.session if there else None, seen.tty, 0,
    )  # fmt: skip
    return Exec(
        seen.time_ns, ProcessKey(seen.pid, there.start_time_ns if there else 0), seen.pid, who, b"",
        seen.exe.removesuffix(_DELETED), seen.cwd, seen.argv, seen.argv_bytes, seen.argc, 0, (0, 0),
        0 if seen.exe.endswith(_DELETED) else 1,
        abi.EXEC_ARGV_CUT if seen.argv_bytes > kept_bytes else 0,
    )  # fmt: skip


def _server(server: ServerSeen, now_ns: int) -> ServerFound:
    key = ProcessKey(server.pid, server.start_time_ns)
    uid, there = server.uid, procfs.process(server.pid)
    gid = there.gid if there else uid
    who = Who(
        ProcessKey(there.ppid if there else 0, 0), server.pid, 0, uid, gid, uid, gid,
        there.loginuid if there else None, there.audit_session if there else None,
        there.session if there else None, None, 0,
    )  # fmt: skip
    return ServerFound(now_ns, key, who)
