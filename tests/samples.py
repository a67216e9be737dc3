"""Findings of every kind, as full and as bare as they come, for the tests of what we print."""

from __future__ import annotations

from tracer.clock import WallClock
from tracer.model import abi
from tracer.model.audit import Said
from tracer.model.capture import Capture, Cursor, Modes
from tracer.model.context import Client, Command, Mask, Origin, Person, Place, Process
from tracer.model.events import ProcessKey, Tty, Who
from tracer.model.findings import (
    AuditChanged,
    ClientOutput,
    Finding,
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
    TypedBy,
    UserLogin,
)
from tracer.model.hands import Confidence, How
from tracer.model.host import Host

SECOND = 1_000_000_000
NOW = 5000 * SECOND + 123_456_789
HOST = Host("3d1219c7c4c5404aaa1f6d2a48adfda4", "lab", "b66a1514-aee5-4f55-bfd2-d15c06f284a6", 7)
PTS = Tty(136, 3)
NOT_UTF8 = b"caf\xe9"
ALL_FLAGS = (
    abi.EXEC_ARGV_CUT
    | abi.EXEC_ARGV_FAULT
    | abi.EXEC_INVOKED_CUT
    | abi.EXEC_EXE_CUT
    | abi.EXEC_CWD_CUT
)

SERVER = ProcessKey(900, 100 * SECOND)
PLACE = Place(
    SERVER, b"/tmp/tmux-1000/default", "$1", "work", "@2", 0, "edit", "%3", 1000, True, 1000
)  # fmt: skip
BARE_PLACE = Place(SERVER)
WHO = Who(ProcessKey(1000, 200 * SECOND), 900, 1000, 1000, 1001, 1000, 1001, 1000, 4, 1000, PTS, 77)
SETUID = WHO._replace(euid=0, egid=0)
NOBODY = WHO._replace(loginuid=None, audit_session=None, session=None, tty=None)
PROCESS = Process(
    key=ProcessKey(4711, 4990 * SECOND),
    who=WHO,
    invoked=b"/bin/ls",
    exe=b"/usr/bin/ls",
    cwd=b"/home/alice",
    argv=(b"ls", b"-l", b"my file"),
    argv_bytes=14,
    argc=3,
    exe_links=1,
    flags=0,
    source="kernel",
    container_id=None,
    ancestors=((1000, b"/usr/bin/bash"), (900, b"/usr/bin/tmux")),
)
ODD = PROCESS._replace(
    invoked=NOT_UTF8, exe=b"/memfd:" + NOT_UTF8, cwd=NOT_UTF8, argv=(NOT_UTF8, b"x"), argc=9,
    exe_links=0, flags=ALL_FLAGS, container_id="c0ffee", ancestors=((1000, NOT_UTF8), (900, b"")),
    masks=(Mask(1, 12, "5eed"),),
)  # fmt: skip
DELETED = PROCESS._replace(exe_links=0, who=NOBODY)
UNKNOWN = Process(ProcessKey(4712, 0), None, b"", b"", b"", (), 0, 0, 1, 0, "kernel", None, ())
CLIENT = Client(77, 1000, PTS, 80, 24, True)

SSH = Origin("ssh", "10.0.0.7", 50022)
ALICE = Person(ProcessKey(77, 300 * SECOND), 1000, 1000, 4, Tty(136, 7), SSH, True)
BOB = Person(ProcessKey(78, 301 * SECOND), 1002, 1002, 5, Tty(136, 8), Origin("console"), True)
NESTED = ALICE._replace(
    key=ProcessKey(79, 0), uid=0,
    origin=Origin("tmux", "2001:db8::1", 50023, 901, (("su", 1000), ("sudo", None))),
)  # fmt: skip
STRANGER = Person(ProcessKey(80, 302 * SECOND), None, None, None, None, None, False)
ATTACHED = Client(77, 1000, Tty(136, 7), 80, 24, True, True, False, ALICE)

EXEC = ProgramStarted(NOW, PROCESS, PLACE)
OUTPUT = TextOutput(NOW, NOW + 40_000_000, PROCESS, PLACE, PTS, 24, 80, 37, b"total 0\r\n")
SEAT = Place(SERVER, b"/tmp/tmux-1000/default", "$1", "work", owner=1000)
SCREEN = ClientOutput(NOW, NOW + 30_000_000, ALICE, SEAT, Tty(136, 7), 24, 80, 90, b"\x1b[Htotal")
RESIZED = TerminalResized(NOW, PLACE, None, PTS, 40, 132, 37)
ENDED = ProcessEnded(NOW, PROCESS, PLACE, 3 << 8)
TYPED_BY = TypedBy(0, 6, ALICE, How.KEYSTROKE, Confidence.EXACT, "read from its terminal")
NOT_TYPED = TypedBy(0, 6, None, How.UNKNOWN, Confidence.NONE, "no read fits")
INPUT = TextInput(
    NOW, NOW + 30_000_000, PROCESS, PLACE, PTS, 12, 6, b"ls -l\r", None, (TYPED_BY,)
)  # fmt: skip
METADATA = INPUT._replace(data=None, withheld="policy")
COMMANDED = EXEC._replace(command=Command(((ALICE, 9), (BOB, 4), (None, 1)), ALICE, True, "edited"))
INJECTED = InputInjected(NOW, NOW + 5, BOB, PLACE, PTS, "tiocsti", 12)
TRACED = ProcessTraced(NOW, BOB, PROCESS, PLACE, "PTRACE_ATTACH")
LOST = Lost(NOW, "text_output", "ring full", 2, 37, PLACE, PTS, 4096)
LOGIN = UserLogin(NOW, "login", 4300, 1000, 4, Said("/usr/sbin/sshd", "alice", "10.0.0.7", "ssh"))
HEARD = BOB._replace(origin=Origin("unknown", "10.0.0.9", is_heard=True))
CAPTURE = Capture(
    80, 24, Cursor(1, 2), Modes(True, False, False, True), 0, 23, (8, 16), b"$ ls\n\x1b[31m$\n"
)  # fmt: skip
CAPTURED = PaneCaptured(NOW, PLACE, PTS, CAPTURE)
RENAMED = TmuxChanged(NOW, "session-renamed", Place(SERVER, None, "$1", "work"), None, "was play")


def all_by(person: Person) -> tuple[Finding, ...]:
    """Everything that somebody can do."""
    return (
        METADATA._replace(typed_by=(TYPED_BY._replace(person=person),)),
        SCREEN._replace(person=person),
        RESIZED._replace(place=SEAT, person=person),
        EXEC._replace(command=Command(((person, 9),), person, False, "")),
        INJECTED._replace(person=person),
        TRACED._replace(person=person),
        TmuxChanged(NOW, "client-attached", PLACE, ATTACHED._replace(person=person), None),
    )


FINDINGS: tuple[Finding, ...] = (
    EXEC,
    ProcessForked(NOW, PROCESS._replace(is_fork=True), BARE_PLACE),
    *(
        class_(NOW, process, PLACE._replace(socket=NOT_UTF8))
        for class_ in (ProgramStarted, ProcessForked)
        for process in (ODD, DELETED, UNKNOWN)
    ),
    ENDED,
    ENDED._replace(process=PROCESS._replace(is_fork=True)),
    *(
        ProcessEnded(NOW, process, PLACE._replace(socket=NOT_UTF8), 9 | 0x80)
        for process in (ODD, DELETED, UNKNOWN)
    ),
    OUTPUT,
    OUTPUT._replace(process=None, place=PLACE._replace(verified=False)),
    OUTPUT._replace(process=ODD, place=PLACE._replace(socket=NOT_UTF8), data=b"\xff\x1b[1m"),
    SCREEN,
    SCREEN._replace(person=None, place=BARE_PLACE, data=b"\xff\x1b[1m"),
    SCREEN._replace(person=NESTED, place=SEAT._replace(socket=NOT_UTF8)),
    RESIZED,
    RESIZED._replace(place=SEAT, person=ALICE, tty=Tty(136, 7)),
    RESIZED._replace(place=SEAT._replace(socket=NOT_UTF8), person=NESTED),
    INPUT,
    METADATA._replace(typed_by=(TYPED_BY, NOT_TYPED._replace(start=6))),
    INPUT._replace(process=None, typed_by=(NOT_TYPED,)),
    INPUT._replace(process=ODD, place=PLACE._replace(socket=NOT_UTF8), data=b"\xff\x1b[A"),
    COMMANDED,
    EXEC._replace(command=Command((), None, False, "")),
    INJECTED._replace(place=PLACE._replace(socket=NOT_UTF8), way="foreign-master", times=1),
    TRACED._replace(process=ODD, place=PLACE._replace(socket=NOT_UTF8)),
    TRACED._replace(process=DELETED),
    *(finding for person in (ALICE, NESTED, STRANGER, HEARD) for finding in all_by(person)),
    LOST,
    LOST._replace(place=PLACE._replace(socket=NOT_UTF8)),
    Lost(NOW, "exec", "ring full", 5, None, None, None, None),
    Lost(NOW, "text_output", "not read", None, 4, BARE_PLACE, PTS, None),
    RENAMED,
    CAPTURED,
    CAPTURED._replace(
        place=PLACE._replace(socket=NOT_UTF8, verified=False),
        tty=None,
        unsure=37,
        capture=CAPTURE._replace(
            text=NOT_UTF8 + b"\n", saved_text=NOT_UTF8 + b"\n", saved_cursor=Cursor(2, 80)
        ),
    ),
    CAPTURED._replace(capture=CAPTURE._replace(saved_text=b"$ vim\n", tabs=())),
    LOGIN,
    LOGIN._replace(action="login-failed", loginuid=None, audit_session=None, said=Said()),
    LOGIN._replace(action="logout", said=Said(address="tty\x1b[31m")),
    AuditChanged(NOW, "op=remove_rule key=(null) list=4 res=1", 1000, 4),
    *(
        TmuxChanged(NOW, action, PLACE._replace(socket=NOT_UTF8), client, None)
        for action, client in (
            ("server-seen", None),
            ("server-gone", None),
            ("session-created", None),
            ("session-closed", None),
            ("pane-opened", None),
            ("pane-closed", None),
            ("client-attached", CLIENT),
            ("client-attached", Client(None, None, PTS, 80, 24, True)),
            ("client-detached", CLIENT._replace(verified=False)),
            ("client-session-changed", Client(78, None, None, None, None, False)),
            ("client-resized", ATTACHED._replace(is_control=None)),
            ("client-suspended", ATTACHED),
            ("client-resumed", ATTACHED),
            ("window-linked", None),
            ("window-unlinked", None),
            ("window-renamed", None),
        )
    ),
    TmuxChanged(NOW, "client-detached", PLACE, ATTACHED, "killed by SIGKILL"),
    TmuxChanged(NOW, "server-unverified", BARE_PLACE, None, "hostile: READ_OPEN"),
    TmuxChanged(NOW, "server-ignored", BARE_PLACE, None, "user 1000 is left out"),
)


class FixedClock(WallClock):
    """Boot was 2026-11-20 00:00:00 UTC, whatever the machine's clocks say."""

    def __init__(self) -> None:
        self.boot_ns = 1_795_132_800 * SECOND

    def at(self, time_ns: int) -> int:
        return self.boot_ns + time_ns


def names(uid: int) -> str | None:
    """root, alice and bob have names, nobody else."""
    return {0: "root", 1000: "alice", 1002: "bob"}.get(uid)
