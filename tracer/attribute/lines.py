"""Which line a program comes from: every process keeps the line under which it was forked.

A shell at its prompt forks for the line that was submitted last. So a line is passed on at fork,
from the shell to its jobs and from those to theirs, and holds however late they exec.

Invariant: a hand is named for a program only if the shell can't have acted on another's input
instead. Such others are: who typed while the line's programs had the terminal (the shell reads
later what they left); who submitted a line before this one that the shell may still have to
read; who pressed a key of which the shell may run something at once; who typed to a child of the
shell that looks like the shell's own prompt; whose input was lost, or injected.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.attribute.line import AHEAD, BUILTIN, CHILD, Edit, Hands, Line, Told
from tracer.attribute.shells import Prompt, prompt_of
from tracer.model import abi
from tracer.model.events import Exec, Exit, Fork, Injection, Missing, ProcessKey, Record
from tracer.model.facts import Followed
from tracer.model.hands import Attributed, Composed, Hand, How, Typed

# A shell whose terminal shows the prompt's modes reads what waits there at once. In doubt it is
# given this long, which only one that gets no CPU could need.
SETTLED_NS: Final = 500_000_000
# /proc counts start times in clock ticks.
_TICK_NS: Final = 10_000_000
_DOUBTFUL: Final = (abi.KIND_FORK, abi.KIND_EXEC, abi.KIND_EXIT, abi.KIND_PANE_INPUT)


class _Shell:
    """What a process is besides, while it runs an interactive shell."""

    def __init__(self, prompt: Prompt, now_ns: int) -> None:
        self.prompt = prompt
        self.children: set[int] = set()
        # Those that were there at the last Enter: one of them may have taken it.
        self.witnesses: frozenset[int] = frozenset()
        self.before: Line | None = None
        self.has_forked = False
        self.changed_ns = now_ns

    def enter(self, before: Line | None, now_ns: int) -> None:
        """It was given a line."""
        self.before = before
        self.witnesses = frozenset(self.children)
        self.has_forked = False
        self.changed_ns = now_ns

    def fork(self, pid: int) -> None:
        """It went on: whoever could have held it up didn't."""
        self.children.add(pid)
        self.has_forked = True
        self.witnesses = frozenset()


class _Process:
    """`told`: what was known when it was forked, until it runs its first program. `is_direct`:
    it runs the shell's own code, so what it starts stands in the line."""

    def __init__(self, key: ProcessKey, parent: int, session: int | None) -> None:
        self.key = key
        self.parent = parent
        self.session = session
        self.line: Line | None = None
        self.is_direct = False
        self.told: Told | None = None
        self.shell: _Shell | None = None


class _Terminal:
    """What is typed to the processes of one session: one line at a time, whoever reads it."""

    def __init__(self) -> None:
        self.edit = Edit()
        self.shells: dict[int, _Process] = {}
        self.reader: _Process | None = None
        # Typed past the prompt since the last line that can be told from it.
        self.ahead: set[Hand | None] = set()
        self.ahead_ns = 0


class Lines:
    """All processes under all servers, and the lines they come from."""

    def __init__(self) -> None:
        self._processes: dict[int, _Process] = {}
        self._terminals: dict[int, _Terminal] = {}

    def __len__(self) -> int:
        return len(self._processes)

    def know(self, followed: Followed) -> None:
        """A process that was there before the first record; what stands at its prompt isn't
        known."""
        seen = followed.process
        if seen.tgid in self._processes:
            return
        key = ProcessKey(seen.tgid, seen.start_time_ns)
        process = _Process(key, seen.ppid, seen.session)
        self._processes[seen.tgid] = process
        self._run(process, seen.exe or b"", seen.argv, 0)
        if process.shell is not None:
            self._terminal(process).edit.doubt(AHEAD, [None])

    def note(self, record: Record | Attributed) -> None:
        """Takes every record, in order."""
        match record:
            case Typed():
                self._typed(record)
            case Fork():
                self._fork(record)
            case Exec():
                self._exec(record)
            case Exit():
                self._exit(record)
            case Injection() if record.code != abi.INJECT_MASTER:  # else a Typed follows
                self._injected(record)
            case Missing() if record.kind in _DOUBTFUL:
                self._missing(record)

    def explain(self, exec_: Exec) -> Composed | None:
        """Whose line the program comes from that is about to run; None where it comes from none
        that was seen."""
        process = self._processes.get(exec_.key.tgid)
        if process is None or not _is_same(process.key, exec_.key):
            return None
        told = process.told or self._tell(process)
        return None if told is None else Composed(exec_.ktime_ns, exec_.key, *told)

    # ---- processes ----

    def _fork(self, fork: Fork) -> None:
        pid, who = fork.key.tgid, fork.who
        child = self._processes[pid] = _Process(fork.key, who.parent.tgid, who.session)
        parent = self._processes.get(who.parent.tgid)
        if parent is None or who.parent.tgid == who.server_tgid:  # a pane may be anybody's wish
            return
        child.line, child.is_direct, child.told = parent.line, parent.is_direct, self._tell(parent)
        if parent.shell is not None:
            self._went_on(parent, parent.shell, fork.ktime_ns)
            parent.shell.fork(pid)

    def _went_on(self, process: _Process, shell: _Shell, now_ns: int) -> None:
        """A shell runs something. What came after the line was submitted, and before the shell had
        got to it, wasn't typed at its prompt: the program may read it."""
        terminal, line = self._terminal(process), process.line
        hands = terminal.edit.hands()
        is_settled = _is_settled(terminal, process, shell, now_ns)
        if hands and line is not None and not is_settled:
            line.others.update(hands)
            self._ahead(terminal, hands, now_ns, is_ended=False)
        terminal.edit.ran()

    def _exec(self, record: Exec) -> None:
        process = self._processes.get(record.key.tgid)
        if process is None or not _is_same(process.key, record.key):
            process = _Process(record.key, record.who.parent.tgid, None)
            self._processes[record.key.tgid] = process
        self._leave(process)
        process.session = record.who.session
        process.told, process.is_direct = None, False
        self._run(process, record.exe, record.argv, record.ktime_ns)

    def _run(self, process: _Process, exe: bytes, argv: tuple[bytes, ...], now_ns: int) -> None:
        prompt = prompt_of(exe, argv)
        if prompt is None or process.session is None:
            return
        process.shell = _Shell(prompt, now_ns)
        self._terminal(process).shells[process.key.tgid] = process

    def _leave(self, process: _Process) -> None:
        if process.shell is not None:
            self._terminal(process).shells.pop(process.key.tgid, None)
            process.shell = None

    def _exit(self, record: Exit) -> None:
        pid = record.key.tgid
        process = self._processes.get(pid)
        if process is None or not _is_same(process.key, record.key):
            return
        self._leave(process)
        del self._processes[pid]
        self._terminals.pop(pid, None)
        parent = self._processes.get(process.parent)
        if parent is not None and parent.shell is not None:
            self._child_ended(parent, parent.shell, pid, record.ktime_ns)

    def _child_ended(self, process: _Process, shell: _Shell, pid: int, now_ns: int) -> None:
        if pid not in shell.children:
            return
        shell.children.discard(pid)
        shell.changed_ns = now_ns
        if pid in shell.witnesses and process.line is not None:
            before = shell.before
            process.line = process.line.with_others({before.submitted_by if before else None})
        edit = self._terminal(process).edit
        if edit:
            edit.doubt(CHILD)

    def _terminal(self, process: _Process) -> _Terminal:
        assert process.session is not None  # every shell has one
        return self._terminals.setdefault(process.session, _Terminal())

    def _tell(self, process: _Process) -> Told | None:
        """What is known of what this process starts now."""
        if process.line is None:
            return None
        also: Hands = self._terminal(process).edit.touched if process.shell else ()
        return process.line.tell(also, process.is_direct)

    # ---- input ----

    def _typed(self, typed: Typed) -> None:
        if typed.session is None:
            return
        terminal = self._terminals.setdefault(typed.session, _Terminal())
        reader = self._reader(terminal, typed)
        pieces = list(_pieces(typed))
        hands = {hand for _, hand in pieces}
        if not hands:
            return
        if reader is None or reader.shell is None:
            hands |= terminal.edit.hands()  # no prompt took that either
        self._overheard(terminal, hands, reader, typed.foreground)
        if reader is None or reader.shell is None:
            self._ahead(terminal, hands, typed.ktime_ns, typed.data.endswith((b"\r", b"\n")))
            return
        if terminal.edit and terminal.reader not in (reader, None):
            terminal.edit.ahead(set(terminal.edit.touched), typed.ktime_ns, is_ended=False)
        terminal.reader = reader
        for data, hand in pieces:
            for key in data:
                if terminal.edit.press(key, hand, typed.ktime_ns):
                    self._submit(terminal, reader, reader.shell, hand, typed.ktime_ns)

    def _reader(self, terminal: _Terminal, typed: Typed) -> _Process | None:
        """The shell whose prompt takes what is typed now."""
        process = terminal.shells.get(typed.foreground or 0)
        if process is None or process.shell is None or typed.is_withheld:
            return None
        return process if process.shell.prompt.fits(typed.lflag) else None

    def _overheard(
        self, terminal: _Terminal, hands: Hands, reader: _Process | None, foreground: int | None
    ) -> None:
        """Tells the lines whose programs have the terminal, and those of the shells that wait:
        any of them may read this, now or later."""
        listeners = list(terminal.shells.values())
        if foreground in self._processes:
            listeners.append(self._processes[foreground])
        for listener in listeners:
            if listener is not reader and listener.line is not None:
                listener.line.others.update(hands)

    def _ahead(self, terminal: _Terminal, hands: Hands, now_ns: int, is_ended: bool) -> None:
        terminal.edit.ahead(hands, now_ns, is_ended)
        terminal.ahead.update(hands)
        terminal.ahead_ns = now_ns

    def _submit(
        self, terminal: _Terminal, reader: _Process, shell: _Shell, hand: Hand | None, now_ns: int
    ) -> None:
        """`hand` ended what stands at the prompt."""
        edit, before = terminal.edit, reader.line
        is_settled = _is_settled(terminal, reader, shell, now_ns)
        others = set(edit.touched) if _may_still_run(edit, shell, now_ns) else set()
        if before is not None and not is_settled:  # a program of that line may read this one
            others |= edit.hands()
        line = edit.submit(hand)
        if line is None:
            if before is not None:
                reader.line = before.with_others({hand})
            return
        if before is not None and (line.goes_on or not is_settled):
            line = line.after(before)
        if is_settled:
            terminal.ahead.clear()
        if not shell.prompt.is_certain:
            line.reason = line.reason or BUILTIN
        reader.line = line.with_others(others | terminal.ahead)
        reader.is_direct = True
        shell.enter(before, now_ns)

    def _injected(self, record: Injection) -> None:
        if record.session is None:
            return
        terminal = self._terminals.setdefault(record.session, _Terminal())
        self._doubt(terminal, {Hand(None, record.key)}, record.ktime_ns)

    def _missing(self, record: Missing) -> None:
        for terminal in self._terminals.values():
            self._doubt(terminal, {None}, record.ktime_ns)
        for process in self._processes.values():
            process.is_direct = False

    def _doubt(self, terminal: _Terminal, hands: Hands, now_ns: int) -> None:
        self._overheard(terminal, hands, None, None)
        self._ahead(terminal, hands, now_ns, is_ended=False)


def _is_settled(terminal: _Terminal, reader: _Process, shell: _Shell, now_ns: int) -> bool:
    """Whether the shell has read and done all that was submitted before."""
    is_clean = not terminal.ahead and not (reader.line and reader.line.others)
    if is_clean and shell.has_forked:
        return True
    return now_ns - max(shell.changed_ns, terminal.ahead_ns) >= SETTLED_NS


def _may_still_run(edit: Edit, shell: _Shell, now_ns: int) -> bool:
    """Whether what a key started at the prompt may go on when the line is submitted."""
    return bool(shell.children) or now_ns - edit.touched_ns < SETTLED_NS


def _pieces(typed: Typed) -> Iterator[tuple[bytes, Hand | None]]:
    """What each hand typed, in order, without answers of terminals: who asks reads them."""
    at = 0
    for size, hand, how, *_ in typed.ranges:
        if how is not How.TERMINAL_REPLY:
            yield typed.data[at : at + size], hand
        at += size


def _is_same(known: ProcessKey, seen: ProcessKey) -> bool:
    return abs(known.start_time_ns - seen.start_time_ns) <= _TICK_NS
