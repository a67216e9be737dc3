"""The processes under tmux servers, from their fork to their end.

Invariant: one entry for each live process; what it runs is what its last exec said, or its
parent's program until then, or what /proc said if it was there before us.
"""

from __future__ import annotations

from tracer.model import abi
from tracer.model.context import Process
from tracer.model.events import Exec, Exit, Fork, ProcessKey, Who
from tracer.model.facts import Followed

_ANCESTORS_MAX = 32
_ENDED_KEPT = 1024
_ARGV_KEPT_BYTES = 4096  # by procfs, as by the kernel half: TT_ARGV_MAX


class ProcessTable:
    """By pid; the start time tells a reused pid from the process that had it before."""

    def __init__(self) -> None:
        self._by_pid: dict[int, Process] = {}
        # What a process wrote is read after it, and its children outlive it.
        self._ended: dict[int, Process] = {}
        self._containers: dict[int, str | None] = {}

    def __len__(self) -> int:
        return len(self._by_pid)

    def get(self, pid: int | None) -> Process | None:
        """The live process of that pid, or one that ended just now."""
        if pid is None:
            return None
        return self._by_pid.get(pid) or self._ended.get(pid)

    def known(self, key: ProcessKey) -> Process:
        """That process; blank if its start was never seen."""
        process = self.get(key.tgid)
        return process if process and process.key.may_be(key) else _unknown(key)

    def learn_container(self, cgroup_id: int, container_id: str | None) -> None:
        """Which container a cgroup belongs to, as observe/ read from its path."""
        self._containers[cgroup_id] = container_id

    def knows_cgroup(self, cgroup_id: int) -> bool:
        """Whether `learn_container` was told of it; 0 is none."""
        return not cgroup_id or cgroup_id in self._containers

    def seed(self, followed: Followed) -> None:
        """A process that was there before tracing began; what the kernel said since wins."""
        seen = followed.process
        known = self._by_pid.get(seen.tgid)
        if known is not None and known.source == "kernel":
            return
        who = Who(
            parent=ProcessKey(seen.ppid, 0),
            server_tgid=followed.server_tgid,
            pane_tgid=followed.pane_tgid,
            uid=seen.uid,
            gid=seen.gid,
            euid=seen.euid,
            egid=seen.egid,
            loginuid=seen.loginuid,
            audit_session=seen.audit_session,
            session=seen.session,
            tty=seen.tty,
            cgroup_id=0,
        )
        self._by_pid[seen.tgid] = Process(
            key=ProcessKey(seen.tgid, seen.start_time_ns),
            who=who,
            invoked=b"",
            exe=seen.exe or b"",
            cwd=seen.cwd or b"",
            argv=seen.argv,
            argv_bytes=seen.argv_bytes,
            argc=len(seen.argv),
            exe_links=1,
            flags=abi.EXEC_ARGV_CUT if seen.argv_bytes > _ARGV_KEPT_BYTES else 0,
            source="procfs",
            container_id=seen.container_id,
            ancestors=self._ancestors(who),
        )

    def fork(self, fork: Fork) -> Process:
        """A new process, which runs what its parent runs."""
        parent = self.get(fork.who.parent.tgid)
        blank = _unknown(fork.key)
        process = (parent or blank)._replace(
            key=fork.key,
            who=fork.who,
            source="kernel",
            container_id=self._containers.get(fork.who.cgroup_id),
            ancestors=self._ancestors(fork.who),
            is_fork=True,
        )
        self._by_pid[fork.key.tgid] = process
        return process

    def exec(self, record: Exec) -> Process:
        """A process that runs a new program from now on."""
        process = Process(
            key=record.key,
            who=record.who,
            invoked=record.invoked,
            exe=record.exe,
            cwd=record.cwd,
            argv=record.argv,
            argv_bytes=record.argv_bytes,
            argc=record.argc,
            exe_links=record.exe_links,
            flags=record.flags,
            source="kernel",
            container_id=self._containers.get(record.who.cgroup_id),
            ancestors=self._ancestors(record.who),
        )
        self._by_pid[record.key.tgid] = process
        return process

    def exit(self, record: Exit) -> Process:
        """The process that is over, which is forgotten; blank if its start was never seen."""
        process = self._by_pid.get(record.key.tgid)
        if process is None or not process.key.may_be(record.key):
            return _unknown(record.key)
        del self._by_pid[record.key.tgid]
        self._ended.pop(record.key.tgid, None)  # the newest stand at the end
        self._ended[record.key.tgid] = process
        if len(self._ended) > _ENDED_KEPT:
            del self._ended[next(iter(self._ended))]
        return process._replace(key=record.key)

    def _ancestors(self, who: Who) -> tuple[tuple[int, bytes], ...]:
        chain: list[tuple[int, bytes]] = []
        pid = who.parent.tgid
        while pid and len(chain) < _ANCESTORS_MAX:
            parent = self.get(pid)
            chain.append((pid, parent.exe if parent else b""))
            if parent is None or parent.who is None or pid == who.server_tgid:
                break
            pid = parent.who.parent.tgid
        return tuple(chain)


def _unknown(key: ProcessKey) -> Process:
    return Process(key, None, b"", b"", b"", (), 0, 0, 1, 0, "kernel", None, ())
