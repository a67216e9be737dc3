"""How people come: real users over real ssh, su and sudo, to one tmux session.

What /proc and the socket tables show is enough for most of it; the tracer joins it to what they do.
"""

from __future__ import annotations

import os
import pwd
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.kernel.sshd import Login, Sshd
from tests.need import lacking
from tests.patience import eventually
from tracer.model.context import Client, Origin, Person
from tracer.model.events import ProcessKey
from tracer.model.facts import PeerSeen
from tracer.model.findings import TextInput, TmuxChanged
from tracer.observe import logins, procfs

pytestmark = pytest.mark.kernel

SUDOERS = Path("/etc/sudoers.d")
TTYTRACE = Path(sys.executable).with_name("ttytrace")


@pytest.fixture(scope="module")
def sshd() -> Iterator[Sshd]:
    if os.geteuid() != 0:
        lacking("making users needs root")
    server = Sshd()
    yield server
    server.close()


class People(NamedTuple):
    """Alice owns the tmux server, bob is her guest."""

    alice: pwd.struct_passwd
    bob: pwd.struct_passwd


@pytest.fixture(scope="module")
def people(sshd: Sshd) -> People:
    return People(sshd.add_user("alice"), sshd.add_user("bob"))


class Shared:
    """Alice's tmux server, with a session that bob may attach to."""

    def __init__(self, people: People) -> None:
        self.socket = Path(people.alice.pw_dir, "socket")
        self._uid = people.alice.pw_uid
        self._run("new-session", "-d", "-s", "work", "sleep infinity")
        self._run("server-access", "-a", people.bob.pw_name)
        self.socket.chmod(0o666)

    def attach(self, *options: str) -> str:
        """The command that attaches, as one word of a shell."""
        socket = str(self.socket)
        return shlex.join(["tmux", *options, "-S", socket, "attach-session", "-t", "work"])

    def clients(self) -> set[int]:
        return set(map(int, self._run("list-clients", "-F", "#{client_pid}").split()))

    @property
    def pid(self) -> int:
        return int(self._run("display-message", "-p", "#{pid}"))

    def close(self) -> None:
        pid = self.pid
        self._run("kill-server")
        eventually(lambda: procfs.is_over(pid))  # the next one has the same socket

    def _run(self, *argv: str) -> str:
        tmux = ["tmux", "-f", "/dev/null", "-S", str(self.socket), *argv]
        done = subprocess.run(
            tmux, cwd="/", check=True, capture_output=True, text=True, user=self._uid
        )
        return done.stdout


@pytest.fixture
def shared(people: People) -> Iterator[Shared]:
    server = Shared(people)
    yield server
    server.close()


Attach = Callable[..., tuple[PeerSeen, Login]]


@pytest.fixture
def attach(sshd: Sshd, shared: Shared) -> Attach:
    """A user logs in and runs a command that attaches; what is seen of the client then."""

    def login(
        user: str, command: str, *options: str, address: str = "127.0.0.1"
    ) -> tuple[PeerSeen, Login]:
        before = shared.clients()
        there = sshd.login(user, command, *options, address=address)
        (pid,) = eventually(lambda: shared.clients() - before, sshd.log.read_text)
        return look(pid), there

    return login


def look(pid: int) -> PeerSeen:
    process = procfs.process(pid)
    assert process
    return logins.look(ProcessKey(pid, process.start_time_ns))


def running(program: str) -> int:
    """The only process with these arguments."""
    argv = tuple(os.fsencode(word) for word in shlex.split(program))

    def find() -> list[int]:
        seen = filter(None, map(procfs.process, procfs.pids()))
        return [one.tgid for one in seen if one.argv == argv]

    (found,) = eventually(find)
    return found


@pytest.fixture
def sudoers(people: People) -> Iterator[Callable[[str], None]]:
    """Lets bob become anybody, with an option of sudoers(5)."""
    bob = people.bob.pw_name
    file = SUDOERS / bob

    def write(option: str) -> None:
        file.write_text(f"Defaults:{bob} {option}\n{bob} ALL=(ALL) NOPASSWD: ALL\n")
        file.chmod(0o440)

    yield write
    file.unlink(missing_ok=True)


@pytest.fixture
def agent(sshd: Sshd) -> Iterator[Path]:
    """The socket of an ssh-agent."""
    path = sshd.place / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL) as process:
        eventually(path.exists)
        yield path
        process.terminate()


def test_two_users_over_ssh(shared, attach, people) -> None:
    """Each has the address and port that their own ssh has, their uid and their own loginuid."""
    seen, there = attach(people.alice.pw_name, shared.attach())
    assert seen.origin == Origin("ssh", *there.address())
    assert seen.origin.address == "127.0.0.1"
    other, over = attach(people.bob.pw_name, shared.attach(), address="::1")
    assert other.origin == Origin("ssh", *over.address())
    assert other.origin.address == "::1"
    for peer, user in ((seen, people.alice), (other, people.bob)):
        assert peer.process
        assert (peer.process.uid, peer.process.loginuid) == (user.pw_uid, user.pw_uid)
        assert peer.process.audit_session is not None
    assert seen.process.audit_session != other.process.audit_session


def test_events_name_who_came_over_ssh(tracer, shared, attach, people) -> None:
    """From the attach over each key to the end of the connection: user, loginuid and address."""
    for user, address in ((people.alice, "127.0.0.1"), (people.bob, "::1")):
        seen, there = attach(user.pw_name, shared.attach(), address=address)
        came = Origin("ssh", *there.address())

        def is_theirs(person: Person | None, came: Origin = came, uid: int = user.pw_uid) -> bool:
            known = (person.uid, person.loginuid, person.origin) if person else None
            return known == (uid, uid, came)

        def change(action: str, pid: int = seen.key.tgid) -> Client:
            found = tracer.until(
                lambda one: isinstance(one, TmuxChanged) and one.action == action
                and one.client.pid == pid
            )  # fmt: skip
            assert found.place.session_name == "work"
            return found.client

        assert is_theirs(change("client-attached").person)
        there.type(b"echo\r")
        typed = tracer.until(
            lambda one: isinstance(one, TextInput) and is_theirs(one.typed_by[0].person)
        )
        assert (typed.size, typed.data) == (len(b"echo\r"), None)
        there.process.kill()
        assert is_theirs(change("client-detached").person)


@pytest.mark.parametrize("option", ["use_pty", "!use_pty"])
def test_sudo_on_the_way_is_named_with_its_caller(shared, attach, people, sudoers, option) -> None:
    """The client is alice's by its uid, and bob's by who logged in; sudo may make a terminal."""
    sudoers(option)
    seen, there = attach(people.bob.pw_name, f"sudo -n -u {people.alice.pw_name} {shared.attach()}")
    assert seen.origin == Origin("ssh", *there.address(), via=(("sudo", people.bob.pw_uid),))
    assert (seen.process.uid, seen.process.loginuid) == (people.alice.pw_uid, people.bob.pw_uid)


def test_sudo_that_has_lost_its_caller_still_knows_it(shared, attach, people, sudoers) -> None:
    """The shell that called it is over; the login is not."""
    sudoers("use_pty")
    command = f"sudo -n -u {people.alice.pw_name} {shared.attach()} <&3 &"
    seen, there = attach(
        people.bob.pw_name, f"sh -c {shlex.quote(f'exec 3<&0; {command}')}; sleep infinity"
    )
    assert seen.origin == Origin("ssh", *there.address(), via=(("sudo", people.bob.pw_uid),))


def test_su_under_sudo_is_named_too(shared, attach, people, sudoers) -> None:
    """Outermost first; a login shell of su's own changes nothing."""
    sudoers("use_pty")
    command = f"sudo -n su --pty - {people.alice.pw_name} -c {shlex.quote(shared.attach())}"
    seen, there = attach(people.bob.pw_name, command)
    via = (("sudo", people.bob.pw_uid), ("su", 0))
    assert seen.origin == Origin("ssh", *there.address(), via=via)
    assert (seen.process.uid, seen.process.loginuid) == (people.alice.pw_uid, people.bob.pw_uid)


def test_a_client_in_a_pane_came_from_the_pane(shared, attach, people) -> None:
    """Not from where the outer server was started, nor from where its client is."""
    nested = f"env -u TMUX {shared.attach()}"
    outer = shlex.join(["tmux", "-S", f"{people.bob.pw_dir}/outer", "new-session", nested])
    seen, _ = attach(people.bob.pw_name, outer)
    assert seen.origin == Origin("tmux", server_pid=seen.origin.server_pid)
    server = procfs.process(seen.origin.server_pid)
    assert server.uid == people.bob.pw_uid
    assert server.argv[:1] == (b"tmux",)


def test_a_login_without_a_terminal(sshd, people) -> None:
    """As a script has that sends keys over ssh."""
    there = sshd.login(people.bob.pw_name, "exec sleep 7919", terminal=False)
    assert look(running("sleep 7919")).origin == Origin("ssh", *there.address())


def test_a_daemon_that_left_its_login_is_unknown(sshd, people) -> None:
    """Its audit session is still bob's login, which in a shared session proves nothing."""
    sshd.login(
        people.bob.pw_name, "setsid -f sleep 7907 </dev/null >/dev/null 2>&1", terminal=False
    )
    pid = running("sleep 7907")
    eventually(lambda: procfs.process(pid).ppid == 1)
    assert look(pid).origin == Origin("unknown")


@pytest.mark.parametrize("user", ["bob", "root"])
def test_forwarding_does_not_hide_the_way(shared, attach, agent, people, user) -> None:
    """An sshd that forwards an agent looks like a tmux server; one of root's that forwards a port
    has more than one connection."""
    name = user if user == "root" else people.bob.pw_name
    near = agent.with_name(f"near-{user}")
    with socket.create_server(("127.0.0.1", 0)) as far, socket.socket(socket.AF_UNIX) as forwarded:
        forward = f"-L{near}:127.0.0.1:{far.getsockname()[1]}"
        seen, there = attach(name, shared.attach(), "-o", f"ForwardAgent={agent}", forward)
        forwarded.connect(os.fspath(near))
        with far.accept()[0]:
            assert look(seen.key.tgid).origin == Origin("ssh", *there.address())


def test_who_lists_them(shared, attach, people) -> None:
    """The command line, as an operator runs it."""
    attach(people.alice.pw_name, shared.attach("-u"))
    _, there = attach(people.bob.pw_name, shared.attach(), address="::1")
    said = subprocess.run([TTYTRACE, "who"], check=True, capture_output=True, text=True).stdout
    (table,) = [table for table in said.split("\n\n") if str(shared.socket) in table]
    assert table.startswith(f"server {shared.pid} {people.alice.pw_name} ")
    (row,) = [line.split() for line in table.splitlines() if people.bob.pw_name in line]
    assert row[:2] == ["work", "($0)"]
    assert row[2:5] == [f"{people.bob.pw_name}@::1", "ssh", f"[::1]:{there.address()[1]}"]
