"""Who reads what is typed on the terminal of a pane: a shell at its prompt, or anybody.

Invariant: a hand becomes the only one behind a line if the shell can't have acted on another's
input instead. Such others are: who typed while the line's programs had the terminal (the shell
reads later what they left); who submitted a line before this one that the shell may still have to
read; who pressed a key of which the shell may run something at once; who typed to a child of the
shell that looks like the shell's own prompt; whose input was lost, or injected.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.attribute.line import BUILTIN, CHILD, Edit, Hands, Line, Told
from tracer.attribute.shells import Prompt
from tracer.model.events import ProcessKey
from tracer.model.hands import Hand, How, Typed

# A shell whose terminal shows the prompt's modes reads what waits there at once. In doubt it is
# given this long, which only one that gets no CPU could need.
SETTLED_NS: Final = 500_000_000


class Shell:
    """What a process is besides, while it runs an interactive shell."""

    def __init__(self, prompt: Prompt, now_ns: int) -> None:
        self.prompt = prompt
        self._children: set[int] = set()
        # Those that were there at the last Enter: one of them may have taken it.
        self._witnesses: frozenset[int] = frozenset()
        self._before: Line | None = None
        self._has_forked = False
        self._changed_ns = now_ns

    def enter(self, before: Line | None, now_ns: int) -> None:
        """It was given a line."""
        self._before = before
        self._witnesses = frozenset(self._children)
        self._has_forked = False
        self._changed_ns = now_ns

    def fork(self, pid: int) -> None:
        """It went on: whoever could have held it up didn't."""
        self._children.add(pid)
        self._has_forked = True
        self._witnesses = frozenset()

    def end(self, pid: int, now_ns: int) -> Hands:
        """A child is over. Returns whose line the shell may go on with instead of the last."""
        if pid in self._children:
            self._children.discard(pid)
            self._changed_ns = now_ns
        if pid not in self._witnesses:
            return set()
        return {self._before.submitted_by if self._before else None}

    def has_done(self, line: Line | None, ahead: Hands, ahead_ns: int, now_ns: int) -> bool:
        """Whether it has read and done all that was submitted until now: `line`, and what may have
        been typed `ahead`."""
        is_alone = not ahead and not (line and line.others)
        if is_alone and self._has_forked:
            return True
        return now_ns - max(self._changed_ns, ahead_ns) >= SETTLED_NS

    def may_still_run(self, edit: Edit, now_ns: int) -> bool:
        """Whether what a key started at the prompt may go on."""
        return bool(self._children) or now_ns - edit.touched_ns < SETTLED_NS


class Process:
    """`told`: what was known when it was forked, until it runs its first program. `is_direct`:
    it runs the shell's own code, so what it starts stands in the line."""

    def __init__(self, key: ProcessKey, parent: int, session: int | None) -> None:
        self.key = key
        self.parent = parent
        self.session = session
        self.line: Line | None = None
        self.is_direct = False
        self.told: Told | None = None
        self.shell: Shell | None = None


class Terminal:
    """What is typed to the processes of one session: one line at a time, whoever reads it."""

    def __init__(self) -> None:
        self.edit = Edit()
        self.shells: dict[int, Process] = {}
        self._reader: Process | None = None
        # Typed past the prompt since the last line that can be told from it.
        self._ahead: set[Hand | None] = set()
        self._ahead_ns = 0

    def take(self, typed: Typed, foreground: Process | None) -> None:
        """Takes input; `foreground` leads the process group that has the terminal."""
        reader = self._reader_of(typed)
        pieces = list(_pieces(typed))
        hands = {hand for _, hand in pieces}
        if not hands:
            return
        if reader is None or reader.shell is None:
            is_ended = typed.data.endswith((b"\r", b"\n"))
            self._take_ahead(hands, foreground, typed.ktime_ns, is_ended)
            return
        self._tell_others(hands, reader)
        if self.edit and self._reader not in (reader, None):
            self.edit.ahead(set(self.edit.touched), typed.ktime_ns, is_ended=False)
        self._reader = reader
        for data, hand in pieces:
            for key in data:
                if self.edit.press(key, hand, typed.ktime_ns):
                    self._submit(reader, reader.shell, hand, typed.ktime_ns)

    def doubt(self, hands: Hands, now_ns: int) -> None:
        """Something came that isn't known, an Enter maybe."""
        self._take_ahead(set(hands), None, now_ns, is_ended=False)

    def go_on(self, process: Process, shell: Shell, now_ns: int) -> None:
        """A shell runs something. What came after the line was submitted, and before the shell had
        got to it, wasn't typed at its prompt: the program may read it."""
        hands, line = self.edit.hands(), process.line
        if hands and line is not None and not self._has_done(process, shell, now_ns):
            line.others.update(hands)
            self._leave_ahead(hands, now_ns, is_ended=False)
        self.edit.ran()

    def end(self, process: Process, shell: Shell, child: int, now_ns: int) -> None:
        """A child of a shell is over."""
        others = shell.end(child, now_ns)
        if others and process.line is not None:
            process.line = process.line.with_others(others)
        if self.edit:
            self.edit.doubt(CHILD)

    def _reader_of(self, typed: Typed) -> Process | None:
        """The shell whose prompt takes what is typed now."""
        process = self.shells.get(typed.foreground or 0)
        if process is None or process.shell is None:
            return None
        return process if process.shell.prompt.fits(typed.lflag) else None

    def _take_ahead(
        self, hands: set[Hand | None], foreground: Process | None, now_ns: int, is_ended: bool
    ) -> None:
        hands |= self.edit.hands()  # no prompt took that either
        self._tell_others(hands, None)
        if foreground is not None and foreground.line is not None:
            foreground.line.others.update(hands)
        self._leave_ahead(hands, now_ns, is_ended)

    def _tell_others(self, hands: Hands, reader: Process | None) -> None:
        """The shells that wait may read it later, and so may their programs now."""
        for shell in self.shells.values():
            if shell is not reader and shell.line is not None:
                shell.line.others.update(hands)

    def _leave_ahead(self, hands: Hands, now_ns: int, is_ended: bool) -> None:
        self.edit.ahead(hands, now_ns, is_ended)
        self._ahead.update(hands)
        self._ahead_ns = now_ns

    def _submit(self, reader: Process, shell: Shell, hand: Hand | None, now_ns: int) -> None:
        """`hand` ended what stands at the prompt."""
        edit, before = self.edit, reader.line
        has_done = self._has_done(reader, shell, now_ns)
        others = set(edit.touched) if shell.may_still_run(edit, now_ns) else set()
        if before is not None and not has_done:  # a program of that line may read this one
            others |= edit.hands()
        line = edit.submit(hand)
        if line is None:
            if before is not None:
                reader.line = before.with_others({hand})
            return
        if before is not None and (line.goes_on or not has_done):
            line = line.after(before)
        if has_done:
            self._ahead.clear()
        if not shell.prompt.is_certain:
            line.reason = line.reason or BUILTIN
        reader.line = line.with_others(others | self._ahead)
        reader.is_direct = True
        shell.enter(before, now_ns)

    def _has_done(self, process: Process, shell: Shell, now_ns: int) -> bool:
        return shell.has_done(process.line, self._ahead, self._ahead_ns, now_ns)


def _pieces(typed: Typed) -> Iterator[tuple[bytes, Hand | None]]:
    """What each hand typed, in order, without answers of terminals: who asks reads them."""
    at = 0
    for size, hand, how, *_ in typed.ranges:
        if how is not How.TERMINAL_REPLY:
            yield typed.data[at : at + size], hand
        at += size
