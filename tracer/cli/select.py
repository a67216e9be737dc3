"""Which findings a command shows: the filters that `live` and later commands share."""

from __future__ import annotations

import pwd
from collections.abc import Iterable
from typing import NamedTuple

from tracer.errors import BadFilter
from tracer.model.context import Client, Command, Person, Process
from tracer.model.findings import (
    Finding,
    InputInjected,
    Lost,
    ProcessEnded,
    ProcessForked,
    ProcessTraced,
    ProgramStarted,
    TextInput,
    TextOutput,
    TmuxChanged,
)

_KINDS: dict[str, type] = {
    "exec": ProgramStarted,
    "end": ProcessEnded,
    "fork": ProcessForked,
    "text_output": TextOutput,
    "text_input": TextInput,
    "input-injected": InputInjected,
    "process-traced": ProcessTraced,
    "lost": Lost,
    "tmux": TmuxChanged,
}
KINDS = ", ".join(_KINDS)
"""The kinds that a filter can name, for help and errors."""
# A fork is followed by an exec, or is a subshell: seldom what an operator looks for. The end of a
# process that never ran a program of its own goes with it.
_BY_DEFAULT = frozenset(_KINDS) - {"fork"}


class Selection(NamedTuple):
    """A filter; an empty field lets everything pass. Losses of what is selected always show."""

    session: str
    pane: str
    uid: int | None
    kinds: tuple[type, ...]

    @classmethod
    def parse(cls, session: str, pane: str, user: str, kind: str, output: bool) -> Selection:
        """From the words of a command line; BadFilter names what can't be."""
        kinds = {name.strip() for name in kind.split(",") if name.strip()} or set(_BY_DEFAULT)
        for name in kinds - set(_KINDS):
            raise BadFilter(option="--kind", value=name, choices=KINDS)
        if not output:
            kinds.discard("text_output")
        return cls(session, pane, _uid(user), tuple(_KINDS[name] for name in kinds))

    def takes(self, finding: Finding) -> bool:
        """Whether it shows."""
        if not isinstance(finding, self.kinds):
            return False
        if isinstance(finding, ProcessEnded) and finding.process.is_fork and not self._takes_forks:
            return False
        place = finding.place
        if place is None:
            return True  # a loss that can't be placed may be one of ours
        if self.session and self.session not in (place.session_id, place.session_name):
            return False
        if self.pane and self.pane != place.pane_id:
            return False
        return self.uid is None or self._is_by_user(finding)

    @property
    def _takes_forks(self) -> bool:
        return ProcessForked in self.kinds

    def _is_by_user(self, finding: Finding) -> bool:
        return isinstance(finding, Lost) or self.uid in _uids_of(finding)


def _uids_of(finding: Finding) -> set[int | None]:
    # Whoever has a part in it: the user of the process, and the people behind it.
    match finding:
        case TextInput():
            people = [typed.person for typed in finding.typed_by]
        case ProgramStarted(command=Command() as command):
            people = [command.submitted_by, *(person for person, _ in command.composed_by)]
        case InputInjected() | ProcessTraced():
            people = [finding.person]
        case TmuxChanged(client=Client() as client):
            return {client.uid} | _uids_of_people([client.person])
        case _:
            people = []
    return _uids_of_people(people) | {_uid_of(getattr(finding, "process", None))}


def _uids_of_people(people: Iterable[Person | None]) -> set[int | None]:
    return {uid for person in people if person for uid in (person.uid, person.loginuid)}


def _uid_of(process: Process | None) -> int | None:
    return process.who.uid if process and process.who else None


def _uid(user: str) -> int | None:
    if not user:
        return None
    if user.isdigit():
        return int(user)
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        raise BadFilter(option="--user", value=user, choices="a user of this host") from None
