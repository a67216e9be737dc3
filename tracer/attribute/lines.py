"""Which line a program comes from: every process keeps the line under which it was forked.

A shell at its prompt forks for the line that was submitted last. So a line is passed on at fork,
from the shell to its jobs and from those to theirs, and holds however late they exec.

Invariant: a process has no line, or one that it descends from; a pane that a server makes
descends from none, since anybody may have asked for it. What is in doubt about a line, terminal.py
knows.
"""

from __future__ import annotations

from typing import Final

from tracer.attribute.line import AHEAD, Hands, Told
from tracer.attribute.shells import prompt_of
from tracer.attribute.terminal import Process, Shell, Terminal
from tracer.model import abi
from tracer.model.events import Exec, Exit, Fork, Injection, Missing, ProcessKey, Record
from tracer.model.facts import Followed
from tracer.model.hands import Attributed, Composed, Hand, Typed

_DOUBTFUL: Final = (abi.KIND_FORK, abi.KIND_EXEC, abi.KIND_EXIT, abi.KIND_PANE_INPUT)


class Lines:
    """All processes under all servers, and the lines they come from."""

    def __init__(self) -> None:
        self._processes: dict[int, Process] = {}
        self._terminals: dict[int, Terminal] = {}

    def __len__(self) -> int:
        return len(self._processes) + sum(1 + len(t.shells) for t in self._terminals.values())

    def know(self, followed: Followed) -> None:
        """A process that was there before the first record; what stands at its prompt isn't
        known."""
        seen = followed.process
        if seen.tgid in self._processes:
            return
        key = ProcessKey(seen.tgid, seen.start_time_ns)
        process = self._processes[seen.tgid] = Process(key, seen.ppid, seen.session)
        self._run(process, seen.exe or b"", seen.argv, 0)
        if process.shell is not None:
            self._terminal(process).edit.doubt(AHEAD, [None])

    def note(self, record: Record | Attributed) -> None:
        """Takes every record, in order."""
        match record:
            case Typed(session=int(session)):
                foreground = self._processes.get(record.foreground or 0)
                self._terminals.setdefault(session, Terminal()).take(record, foreground)
            case Fork():
                self._fork(record)
            case Exec():
                self._exec(record)
            case Exit():
                self._exit(record)
            case Injection(session=int(session)) if record.code != abi.INJECT_MASTER:
                terminal = self._terminals.setdefault(session, Terminal())
                terminal.doubt({Hand(None, record.key)}, record.ktime_ns)
            case Missing() if record.kind in _DOUBTFUL:
                self._missing(record)

    def explain(self, exec_: Exec) -> Composed | None:
        """Whose line the program comes from that is about to run; None where it comes from none
        that was seen."""
        process = self._processes.get(exec_.key.tgid)
        if process is None or not process.key.may_be(exec_.key):
            return None
        told = process.told or self._tell(process)
        return None if told is None else Composed(exec_.ktime_ns, exec_.key, *told)

    def _fork(self, fork: Fork) -> None:
        pid, who = fork.key.tgid, fork.who
        self._terminals.pop(pid, None)  # what was known of it, its records tell
        child = self._processes[pid] = Process(fork.key, who.parent.tgid, who.session)
        parent = self._processes.get(who.parent.tgid)
        if parent is None or who.parent.tgid == who.server_tgid:
            return
        child.line, child.is_direct, child.told = parent.line, parent.is_direct, self._tell(parent)
        if parent.shell is not None:
            self._terminal(parent).go_on(parent, parent.shell, fork.ktime_ns)
            parent.shell.fork(pid)

    def _exec(self, record: Exec) -> None:
        process = self._processes.get(record.key.tgid)
        if process is None or not process.key.may_be(record.key):
            process = Process(record.key, record.who.parent.tgid, None)
            self._processes[record.key.tgid] = process
        self._leave(process)
        process.session = record.who.session
        process.told, process.is_direct = None, False
        self._run(process, record.exe, record.argv, record.ktime_ns)

    def _run(self, process: Process, exe: bytes, argv: tuple[bytes, ...], now_ns: int) -> None:
        prompt = prompt_of(exe, argv)
        if prompt is not None and process.session is not None:
            process.shell = Shell(prompt, now_ns)
            self._terminal(process).shells[process.key.tgid] = process

    def _leave(self, process: Process) -> None:
        if process.shell is not None:
            self._terminal(process).shells.pop(process.key.tgid, None)
            process.shell = None

    def _exit(self, record: Exit) -> None:
        pid = record.key.tgid
        process = self._processes.get(pid)
        if process is None or not process.key.may_be(record.key):
            return
        self._leave(process)
        del self._processes[pid]
        self._terminals.pop(pid, None)
        parent = self._processes.get(process.parent)
        if parent is not None and parent.shell is not None:
            self._terminal(parent).end(parent, parent.shell, pid, record.ktime_ns)

    def _missing(self, record: Missing) -> None:
        for terminal in self._terminals.values():
            terminal.doubt({None}, record.ktime_ns)
        for process in self._processes.values():
            process.is_direct = False

    def _terminal(self, process: Process) -> Terminal:
        assert process.session is not None  # every shell has one
        return self._terminals.setdefault(process.session, Terminal())

    def _tell(self, process: Process) -> Told | None:
        """What is known of what this process starts now."""
        if process.line is None:
            return None
        also: Hands = self._terminal(process).edit.touched if process.shell else ()
        return process.line.tell(also, process.is_direct)
