"""Who logged in: audit sessions, and where those who have one came from.

Invariant: bounded; a login is told once for each audit session, and a logout only of one that was.
What an address is taken from is a program's claim, and stays marked as such.
"""

from __future__ import annotations

from typing import Final

from tracer.model.audit import AuditLogin, Said
from tracer.model.findings import UserLogin

_MAX_SESSIONS: Final = 65536


class Logins:
    """What is known of audit sessions, by id."""

    def __init__(self) -> None:
        self._told: dict[int, Said] = {}

    def address(self, audit_session: int | None) -> str | None:
        """Where whoever opened an audit session came from."""
        said = self._told.get(audit_session) if audit_session is not None else None
        return said.address if said else None

    def hear(self, seen: AuditLogin) -> list[UserLogin]:
        """What is to be told of it."""
        told = UserLogin(
            seen.time_ns, seen.action, seen.pid, seen.loginuid, seen.audit_session, seen.said
        )
        session = seen.audit_session
        match seen.action:
            case "login-failed":
                return [told]
            case "login" if session is not None and session not in self._told:
                self._begin(session, seen.said)
                return [told]
            # sudo and su open and close sessions of their own within it.
            case "logout" if session is not None and self._ends(session, seen.said):
                del self._told[session]
                return [told]
        return []

    def _ends(self, session: int, said: Said) -> bool:
        login = self._told.get(session)
        return login is not None and login.program == said.program

    def _begin(self, session: int, said: Said) -> None:
        if len(self._told) >= _MAX_SESSIONS:
            del self._told[next(iter(self._told))]
        self._told[session] = said
