"""How people are called on a line.

Invariant: a label says no more than is known: "?" for nobody known, and after a name that is likely
but not sure. Who logged in comes first, which su and sudo leave as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from tracer.cli.labels import name_of, tty_name
from tracer.model.context import Client, Person, Process
from tracer.model.findings import (
    AlertRaised,
    AuditChanged,
    ClientOutput,
    InputInjected,
    Lost,
    PaneCaptured,
    ProcessTraced,
    TerminalResized,
    TextInput,
    TmuxChanged,
    Told,
    TypedBy,
    UserLogin,
)
from tracer.model.hands import Confidence, How

Names = Callable[[int], str | None]

_ADDRESS: Final = re.compile(r"[0-9A-Fa-f:.]+")


class People:
    """Labels; `names` gives a user's name for a uid."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def behind(self, finding: Told) -> str:
        """Who a finding is about: who acts, where that is known apart from the process."""
        match finding:
            case TextInput(typed_by=(first, *_)):
                label = self.author(first)
            case InputInjected() | ProcessTraced():
                label = self.person(finding.person)
            case ClientOutput() | TerminalResized():
                label = self.person(finding.person) if finding.person else "-"
            case PaneCaptured():
                label = "-"
            case TmuxChanged(client=Client(person=Person() as person)):
                label = self.person(person)
            case TmuxChanged(client=client):
                label = self.account(client.uid if client else None)
            case UserLogin() | AuditChanged():
                label = self.account(finding.loginuid)
            case AlertRaised(person=person, uid=uid):
                label = self.person(person) if person else self.account(uid)
            case Lost():
                label = self.account(None)
            case _:
                label = self.process(finding.process)
        return label

    def author(self, typed: TypedBy) -> str:
        """Who typed; "-" for what nobody did."""
        if typed.how is How.TERMINAL_REPLY:
            return "-"
        return self.person(typed.person) + ("?" if typed.confidence is Confidence.LIKELY else "")

    def person(self, person: Person | None) -> str:
        """alice@10.0.0.7→root: who logged in, from where or on which terminal, and as whom."""
        if person is None:
            return "?"
        seat = _seat(person)
        came = person.uid if person.loginuid is None else person.loginuid
        label = self.account(came) + (f"@{seat}" if seat else "")
        is_same = person.uid is None or person.uid == came
        return label if is_same else f"{label}→{self.account(person.uid)}"

    def client(self, client: Client) -> str:
        """alice@10.0.0.7 pts/4: who, and on which terminal; its pid where that isn't known."""
        person = client.person
        tty = person.tty if person else client.tty
        terminal = tty_name(tty) if tty else f"pid {client.pid or '?'}"
        label = self.person(person) if person else self.account(client.uid)
        return label if person and _seat(person) == terminal else f"{label} {terminal}"

    def process(self, process: Process | None) -> str:
        """alice→root: who logged in, and whose rights the process has."""
        who = process.who if process else None
        if who is None:
            return "?"
        came = self.account(who.uid if who.loginuid is None else who.loginuid)
        acts_as = self.account(who.euid)
        return came if came == acts_as else f"{came}→{acts_as}"

    def account(self, uid: int | None) -> str:
        """The name of an account, or its number."""
        return "?" if uid is None else name_of(self._names(uid) or str(uid))


def _seat(person: Person) -> str:
    address = person.origin.address if person.origin else None
    if address is not None:
        return address if _ADDRESS.fullmatch(address) else name_of(address)
    return tty_name(person.tty) if person.tty else ""
