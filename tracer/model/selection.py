"""Which findings somebody wants to see: by kind, by place, by user.

Invariant: nothing is looked up here; names became numbers before (cli/select.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from tracer.model.context import Client, Command, Person, Process
from tracer.model.findings import (
    AlertRaised,
    AuditChanged,
    ClientOutput,
    InputInjected,
    Lost,
    PaneCaptured,
    ProcessEnded,
    ProcessForked,
    ProcessTraced,
    ProgramStarted,
    TerminalResized,
    TextInput,
    TextOutput,
    TmuxChanged,
    Told,
    UserLogin,
)

_KIND_OF: Final[dict[type, str]] = {
    ProgramStarted: "exec",
    ProcessEnded: "end",
    ProcessForked: "fork",
    TextOutput: "text_output",
    ClientOutput: "client_output",
    TerminalResized: "terminal-resized",
    TextInput: "text_input",
    InputInjected: "input-injected",
    ProcessTraced: "process-traced",
    Lost: "lost",
    TmuxChanged: "tmux",
    PaneCaptured: "pane-captured",
    UserLogin: "login",
    AuditChanged: "audit",
    AlertRaised: "alert",
}
LOG: Final = "log"
"""The kind of records about the log itself."""
KINDS: Final = (*_KIND_OF.values(), LOG)
"""The kinds that a selection can name."""
# A fork is followed by an exec, or is a subshell: seldom what an operator looks for. The end of a
# process that never ran a program of its own goes with it.
# What a client got shows what panes do once more; a size changes with each window that is dragged.
BY_DEFAULT: Final = frozenset(KINDS) - {
    "fork",
    "client_output",
    "terminal-resized",
    "pane-captured",
}


class Selection(NamedTuple):
    """An empty field lets everything pass. Losses of what is selected always show."""

    session: str = ""
    pane: str = ""
    uid: int | None = None
    kinds: frozenset[str] = BY_DEFAULT

    def takes(self, finding: Told) -> bool:
        """Whether it shows."""
        if _KIND_OF[type(finding)] not in self.kinds:
            return False
        if isinstance(finding, ProcessEnded) and finding.process.is_fork:
            return "fork" in self.kinds and self._is_there(finding)
        return self._is_there(finding)

    def _is_there(self, finding: Told) -> bool:
        place = finding.place
        if place is None:  # a loss that can't be placed may be one of ours
            is_free = not (self.session or self.pane)
            return isinstance(finding, Lost) or (is_free and self._has_user(finding))
        if self.session and self.session not in (place.session_id, place.session_name):
            return False
        if self.pane and self.pane != place.pane_id:
            return False
        return self._has_user(finding)

    def _has_user(self, finding: Told) -> bool:
        return self.uid is None or isinstance(finding, Lost) or self.uid in _uids_of(finding)


def _uids_of(finding: Told) -> set[int | None]:
    # Whoever has a part in it: the user of the process, and the people behind it.
    match finding:
        case TextInput():
            people = [typed.person for typed in finding.typed_by]
        case ProgramStarted(command=Command() as command):
            people = [command.submitted_by, *(person for person, _ in command.composed_by)]
        case InputInjected() | ProcessTraced() | ClientOutput() | TerminalResized():
            people = [finding.person]
        case UserLogin() | AuditChanged():
            return {finding.loginuid}
        case AlertRaised():
            return {finding.uid} | _uids_of_people([finding.person])
        case TmuxChanged(client=Client() as client):
            return {client.uid} | _uids_of_people([client.person])
        case _:
            people = []
    return _uids_of_people(people) | {_uid_of(getattr(finding, "process", None))}


def _uids_of_people(people: Iterable[Person | None]) -> set[int | None]:
    return {uid for person in people if person for uid in (person.uid, person.loginuid)}


def _uid_of(process: Process | None) -> int | None:
    return process.who.uid if process and process.who else None
