"""tracer.observe.logins, with real processes, terminals and connections.

What OpenSSH, sudo and several users do is in tests/kernel/test_logins.py.
"""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.unit.observe.conftest import NOBODY, RealTmux, eventually
from tracer.model.context import Origin
from tracer.model.events import ProcessKey, Tty
from tracer.observe import logins, procfs

PYTHON = Path(sys.executable).resolve()

# As sshd does: one listens, and forks one for each connection, which has the terminal's master.
# Arguments: address to listen on, and ports to connect to as forwarding does.
SSHD = """
import os, pty, socket, sys
address, *ports = sys.argv[1:]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
listener = socket.create_server((address, 0), family=family, dualstack_ipv6=address == "::")
print(listener.getsockname()[1], flush=True)
connection, _ = listener.accept()
if os.fork() == 0:
    listener.close()
    forwarded = [socket.create_connection(("127.0.0.1", int(port))) for port in ports]
    pid, master = pty.fork()
    if pid == 0:
        os.execvp("sleep", ["sleep", "1000"])
    print(pid, flush=True)
sys.stdin.read()
"""

# A process on a terminal whose master it has itself; its child is there too.
HOLDER = """
import os, pty, sys
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
print(pid, flush=True)
sys.stdin.read()
"""

# Has the terminal of somebody else.
TAKER = """
import fcntl, os, termios, time
if os.fork() == 0:
    os.setsid()
    fcntl.ioctl(os.open("/dev/pts/{terminal}", os.O_RDWR), termios.TIOCSCTTY, 1)
    open("{pid}", "w").write(str(os.getpid()))
time.sleep(1000)
"""


class Program:
    """A running script; it ends with the test."""

    def __init__(self, script: str, *argv: str, exe: Path = PYTHON, user: int = 0) -> None:
        self.process = subprocess.Popen(
            [exe, "-c", script, *argv],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, user=user,
            env={"PATH": "/usr/bin:/bin", "PYTHONHOME": sys.base_prefix},
        )  # fmt: skip

    def number(self) -> int:
        """The next line that it prints."""
        assert self.process.stdout
        return int(self.process.stdout.readline())

    def sleeper(self) -> int:
        """The process on the terminal, once it is there."""
        pid = self.number()
        eventually(
            lambda: (seen := procfs.process(pid)) and seen.tty and seen.argv[:1] == (b"sleep",)
        )
        return pid

    def close(self) -> None:
        """Ends it with all below it: whoever ignores SIGHUP would outlive its terminal."""
        for pid in [*procfs.descendants([self.process.pid]), self.process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.communicate()


Start = Callable[..., Program]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Program] = []

    def run(*argv: str, exe: Path = PYTHON, user: int = 0) -> Program:
        started.append(Program(*argv, exe=exe, user=user))
        return started[-1]

    yield run
    for program in started:
        program.close()


@pytest.fixture
def sshd(public_place: Path) -> Path:
    """A program named sshd that is root's alone, in a place that all can reach."""
    os.chown(public_place, 0, 0)
    public_place.chmod(0o755)
    return Path(shutil.copy(PYTHON, public_place / "sshd"))


def origin_of(pid: int) -> Origin:
    process = procfs.process(pid)
    assert process
    return logins.origin_of(process)


def above(pid: int) -> list[int]:
    """The parents of a process."""
    parent = procfs.process(pid).ppid
    return [parent, *above(parent)] if parent else []


def sleeper_below(pid: int) -> int:
    """The process `sleep` that descends from a process."""

    def find() -> list[int]:
        below = ((one, procfs.process(one)) for one in procfs.descendants([pid]))
        return [one for one, seen in below if seen and seen.argv[:1] == (b"sleep",)]

    eventually(find)
    (found,) = find()
    return found


@pytest.mark.parametrize(
    ("listens", "source"),
    [("127.0.0.1", "127.1.2.3"), ("::1", "::1"), ("::", "127.0.0.1")],
)
def test_sshd_leads_to_the_other_end_of_its_connection(start, sshd, listens, source):
    """IPv4, IPv6, and IPv4 over an IPv6 socket."""
    program = start(SSHD, listens, exe=sshd)
    target = source if listens == "::" else listens
    with socket.create_connection((target, program.number()), source_address=(source, 0)) as there:
        assert origin_of(program.sleeper()) == Origin("ssh", source, there.getsockname()[1])


def test_sshd_that_forwards_ports_leads_to_the_connection_it_was_made_for(start, sshd):
    """Its other connections were made later, to or from elsewhere."""
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        program = start(SSHD, "127.0.0.1", *[str(elsewhere.getsockname()[1])] * 2, exe=sshd)
        with socket.create_connection(("127.0.0.1", program.number())) as there:
            assert origin_of(program.sleeper()) == Origin("ssh", *there.getsockname())


def test_sshd_of_which_the_connection_is_not_known_leads_nowhere(start, sshd):
    """Several connections and no listener above that would tell them apart."""
    script = SSHD.replace("if os.fork() == 0:", "if True:")
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        program = start(script, "127.0.0.1", str(elsewhere.getsockname()[1]), exe=sshd)
        with socket.create_connection(("127.0.0.1", program.number())):
            assert origin_of(program.sleeper()) == Origin("unknown")


def test_a_connection_that_is_closed_is_nobodys(start, sshd):
    """Nobody is at its other end any more."""
    program = start(SSHD, "127.0.0.1", exe=sshd)
    with socket.create_connection(("127.0.0.1", program.number())) as there:
        pid = program.sleeper()
        assert origin_of(pid).kind == "ssh"
        there.close()
        eventually(lambda: origin_of(pid) == Origin("unknown"))


@pytest.mark.parametrize("fake", ["runs as a user", "is a user's file", "can be written"])
def test_a_users_own_sshd_is_no_sshd(start, sshd, fake):
    """Neither a program without root's rights, nor one that somebody else made."""
    if fake == "is a user's file":
        os.chown(sshd, NOBODY.pw_uid, 0)
    if fake == "can be written":
        sshd.chmod(0o757)
    user = NOBODY.pw_uid if fake == "runs as a user" else 0
    program = start(SSHD, "127.0.0.1", exe=sshd, user=user)
    with socket.create_connection(("127.0.0.1", program.number())):
        assert origin_of(program.sleeper()) == Origin("local")


def test_a_pane_leads_to_its_server(tmux: RealTmux) -> None:
    """And no further: who sits at the server's clients is another question."""
    (pane,) = tmux.run("list-panes", "-a", "-F", "#{pane_pid}").split()
    assert origin_of(int(pane)) == Origin("tmux", server_pid=tmux.pid)
    process = procfs.process(int(pane))
    assert process
    assert logins.origin_of(process, {tmux.pid}) == Origin("local")


def test_a_job_of_a_server_leads_to_it(tmux: RealTmux) -> None:
    """Without a terminal too."""
    tmux.run("run-shell", "-b", "exec sleep 1000")
    jobs = [pid for pid in procfs.descendants([tmux.pid]) if not procfs.process(pid).tty]
    assert jobs
    assert {origin_of(pid) for pid in jobs} == {Origin("tmux", server_pid=tmux.pid)}


def test_another_terminal_program_is_local(start):
    """It holds the master, and is none of those that are known."""
    assert origin_of(start(HOLDER, "sleep", "1000").sleeper()) == Origin("local")


def test_a_terminal_that_no_ancestor_holds_leads_nowhere(start, tmux: RealTmux) -> None:
    """Though it runs under a server, somebody else is at its terminal."""
    held = procfs.process(start(HOLDER, "sleep", "1000").sleeper())
    pid = tmux.place / "pid"
    takes = TAKER.format(terminal=held.tty.minor, pid=pid)
    tmux.run("new-session", "-d", shlex.join([os.fspath(PYTHON), "-c", takes]))
    eventually(lambda: pid.exists() and pid.read_text())
    stranger = procfs.process(int(pid.read_text()))
    assert stranger.tty == held.tty
    assert tmux.pid in above(stranger.tgid)
    assert logins.origin_of(stranger) == Origin("unknown")


@pytest.mark.parametrize("option", [[], ["--pty"]])
def test_su_on_the_way_is_named_with_its_caller(start, option):
    """Whether it keeps the terminal or makes one of its own."""
    su = ["su", *option, "-s", "/bin/sh", NOBODY.pw_name, "-c", "sleep 1000 & wait"]
    pid = sleeper_below(start(HOLDER, *su).number())
    assert procfs.process(pid).uid == pwd.getpwnam("nobody").pw_uid
    assert origin_of(pid) == Origin("local", via=(("su", 0),))


@pytest.mark.parametrize(
    ("terminal", "kind"),
    [
        (Tty(4, 1), "console"),
        (Tty(4, 64), "console"),  # ttyS0
        (Tty(188, 0), "console"),  # ttyUSB0
        (Tty(136, 1 << 19), "unknown"),
        (Tty(3, 0), "unknown"),  # a pty of BSD's kind
    ],
)
def test_a_terminal_that_is_a_device_is_a_console(start, terminal, kind):
    """Somebody is at the machine, or at its serial line; su on the way is named all the same."""
    su = ["su", "-s", "/bin/sh", NOBODY.pw_name, "-c", "sleep 1000 & wait"]
    process = procfs.process(sleeper_below(start(HOLDER, *su).number()))
    assert logins.origin_of(process._replace(tty=terminal)) == Origin(kind, via=(("su", 0),))


def test_who_has_too_many_ancestors_is_unknown(start):
    """The walk is bounded; a hundred below the terminal's master are too many."""
    deep = (
        "for n in range(100):\n    if os.fork(): os.wait()\nos.execvp('sleep', ['sleep', '1000'])"
    )
    program = start(HOLDER, os.fspath(PYTHON), "-c", f"import os\n{deep}")
    assert origin_of(sleeper_below(program.number())) == Origin("unknown")


def test_who_has_gone_is_not_looked_at(start):
    """Nor is another process that has its pid now."""
    pid = start(HOLDER, "sleep", "1000").sleeper()
    seen = procfs.process(pid)
    key = ProcessKey(pid, seen.start_time_ns)
    assert logins.look(key).process.tgid == pid
    assert logins.look(key).origin == Origin("local")
    later = ProcessKey(pid, seen.start_time_ns + procfs.START_TIME_STEP_NS)
    assert logins.look(later) == (later, None, logins.UNKNOWN)


def test_the_start_time_may_be_the_kernel_halfs(start):
    """Which has nanoseconds where /proc has ticks."""
    pid = start(HOLDER, "sleep", "1000").sleeper()
    start_ns = procfs.process(pid).start_time_ns + procfs.START_TIME_STEP_NS - 1
    assert logins.look(ProcessKey(pid, start_ns)).process
