"""Records into events: what several say together, and what they don't."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import audit_records
from tests.audit_records import CONFIG, CWD, END, EOE, EXECVE, LOGIN, LONG, REFUSED, START, SYSCALL
from tracer.model.audit import AuditConfig, AuditExec, AuditInput, AuditLogin, AuditSeen, Said
from tracer.model.events import Tty
from tracer.observe.audit_events import ARGV_KEPT_BYTES, OPEN_NS, Events, terminal

WALL_NS = 1795292036_000_000_000
Raw = tuple[int, bytes]


@pytest.fixture
def events() -> Events:
    """The wall clock stands WALL_NS before that of the boot."""
    return Events(lambda wall_ns: wall_ns - WALL_NS)


def feed(events: Events, *records: Raw, now_ns: int = 0) -> list[AuditSeen]:
    return [seen for record in records for seen in events.feed(*record, now_ns)]


def test_an_exec_is_told_by_several_records(events: Events) -> None:
    """With who, where, and each argument, when the last record has come."""
    assert feed(events, SYSCALL, EXECVE, CWD, audit_records.PATH) == []
    assert feed(events, EOE) == [
        AuditExec(
            188_000_000, 171, 170, 0, 5, 0, 6, 1001, 4, Tty(136, 0), b"/usr/bin/ls", b"/srv/files",
            audit_records.ARGV, sum(len(word) + 1 for word in audit_records.ARGV), 7,
        )
    ]  # fmt: skip


def test_a_long_argument_is_cut_and_its_length_is_known(events: Events) -> None:
    """It comes in pieces, over several records."""
    (seen,) = feed(events, SYSCALL, *LONG, EOE)
    assert isinstance(seen, AuditExec)
    assert seen.argv[0] == b"/bin/echo" and set(seen.argv[1]) == set(b"x")
    assert sum(len(word) + 1 for word in seen.argv) <= ARGV_KEPT_BYTES + len(seen.argv)
    assert (seen.argv_bytes, seen.argc) == (10 + 5001 + 4, 3)


def test_an_event_without_an_end_is_told_after_a_while(events: Events) -> None:
    """Its last record was lost."""
    feed(events, SYSCALL, EXECVE, now_ns=5)
    assert events.tick(4 + OPEN_NS) == []
    (seen,) = events.tick(5 + OPEN_NS)
    assert isinstance(seen, AuditExec) and seen.cwd == b""
    assert feed(events, EOE) == []


def test_what_never_ends_takes_no_room(events: Events) -> None:
    """The oldest goes when there are too many."""
    begun = [(type_, data.replace(b":10)", b":%d)" % n)) for n in range(3000) for type_, data in (SYSCALL, EXECVE)]  # fmt: skip  # noqa: E501
    assert len(feed(events, *begun)) == 3000 - 1024


def test_other_system_calls_are_none_of_ours(events: Events) -> None:
    """Nor is an exec that failed, or a record without its event."""
    other = SYSCALL[0], SYSCALL[1].replace(b"syscall=59", b"syscall=2")
    failed = SYSCALL[0], SYSCALL[1].replace(b"success=yes", b"success=no")
    assert feed(events, other, EXECVE, EOE, failed, EXECVE, EOE, SYSCALL, EOE) == []


def test_a_login_has_the_kernels_ids_and_the_programs_claims(events: Events) -> None:
    """PAM opens a session, sshd says that somebody logged in, PAM closes it."""
    seen = feed(events, START, LOGIN, END)
    assert [(each.action, each.loginuid, each.audit_session) for each in seen] == [  # type: ignore[union-attr]
        ("login", 1001, 1), ("login", 1001, 1), ("logout", 1001, 1),
    ]  # fmt: skip
    first = seen[0]
    assert isinstance(first, AuditLogin)
    assert first.said == Said("/usr/sbin/sshd", "bob154", "127.0.0.1", "ssh")


def test_who_was_refused_has_no_ids(events: Events) -> None:
    """And a name that nobody has."""
    (seen,) = feed(events, REFUSED)
    assert isinstance(seen, AuditLogin)
    assert (seen.action, seen.loginuid, seen.audit_session) == ("login-failed", None, None)
    assert seen.said.account == "(invalid user)" and seen.said.address == "127.0.0.1"


def test_a_session_from_nowhere_is_no_login(events: Events) -> None:
    """cron, su and sudo open them."""
    assert feed(events, (START[0], START[1].replace(b"addr=127.0.0.1", b"addr=?"))) == []


def test_input_is_a_length(events: Events) -> None:
    """The bytes stay here."""
    assert feed(events, audit_records.TTY) == [
        AuditInput(2_200_000_000, 170, Tty(136, 0), 9),
    ]


def test_a_change_of_the_audit_is_told(events: Events) -> None:
    """In the kernel's words, with who did it."""
    (seen,) = feed(events, CONFIG)
    assert isinstance(seen, AuditConfig)
    assert seen.what.startswith("op=set audit_enabled=0 old=1")
    assert (seen.loginuid, seen.audit_session) == (1000, 4)


@pytest.mark.parametrize(
    ("name", "tty"),
    [
        (b"pts7", Tty(136, 7)),
        (b"tty1", Tty(4, 1)),
        (b"(none)", None),
        (b"ttyS0", None),
        (b"", None),
    ],
)
def test_a_terminal_by_the_kernels_name(name: bytes, tty: Tty | None) -> None:
    """Those that panes and people have."""
    assert terminal(name) == tty


@given(st.lists(st.tuples(st.sampled_from(audit_records.ALL), st.binary(max_size=30), st.integers(0, 300))))  # fmt: skip  # noqa: E501
def test_nothing_breaks_it(stream: list[tuple[Raw, bytes, int]]) -> None:
    """Records in any order, with anything in their middle."""
    events = Events(lambda wall_ns: wall_ns)
    for (type_, data), junk, at in stream:
        events.feed(type_, data[:at] + junk + data[at:], 0)
    events.tick(OPEN_NS)
    assert events.refused <= len(stream)
