"""Who logged in: once each, and where from."""

from __future__ import annotations

import pytest

from tracer.correlate.logins import _MAX_SESSIONS, Logins
from tracer.model.audit import AuditLogin, Said

SSHD = Said("/usr/sbin/sshd", "alice", "10.0.0.7", "ssh")
SUDO = Said("/usr/bin/sudo", "alice", None, "/dev/pts/0")


def login(action: str, session: int | None = 4, said: Said = SSHD) -> AuditLogin:
    return AuditLogin(5, action, 77, 1000, session, said)


@pytest.fixture
def logins() -> Logins:
    return Logins()


def told(logins: Logins, *seen: AuditLogin) -> list[str]:
    return [finding.action for each in seen for finding in logins.hear(each)]


def test_a_login_is_told_once(logins: Logins) -> None:
    """PAM says it, and sshd itself."""
    assert told(logins, login("login"), login("login")) == ["login"]
    assert logins.address(4) == "10.0.0.7"


def test_only_who_let_them_in_sees_them_leave(logins: Logins) -> None:
    """sudo opens and closes sessions within the login; one that wasn't told of doesn't end."""
    seen = login("login"), login("logout", said=SUDO), login("logout"), login("logout")
    assert told(logins, *seen) == ["login", "logout"]
    assert logins.address(4) is None


def test_a_refusal_has_no_session(logins: Logins) -> None:
    """Each is told."""
    refused = login("login-failed", None)
    assert told(logins, refused, refused) == ["login-failed"] * 2
    assert logins.address(None) is None


def test_a_login_without_a_session_is_not_told(logins: Logins) -> None:
    """Where the kernel gives none out, nobody could be told from another."""
    assert told(logins, login("login", None)) == []


def test_logins_without_end_take_no_room(logins: Logins) -> None:
    """The oldest is forgotten."""
    for session in range(_MAX_SESSIONS + 1):
        logins.hear(login("login", session))
    assert logins.address(0) is None and logins.address(_MAX_SESSIONS) == "10.0.0.7"
