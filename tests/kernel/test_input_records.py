"""What the kernel half says of input equals what was typed; of secrets it says how long they are;
and whoever comes near a server or its panes is named."""

from __future__ import annotations

import ctypes
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.kernel.tmux import ENVIRONMENT, Pane, Tmux
from tests.kernel.typists import Typist, wait_until_attached
from tests.kernel.watch import Watch
from tests.patience import eventually
from tracer.capture.loader import Wanted
from tracer.model import abi
from tracer.model.events import (
    ClientInput,
    ClientTty,
    Exit,
    Injection,
    PaneInput,
    Peer,
    Traced,
)

pytestmark = [pytest.mark.kernel, pytest.mark.every_plan]

TIOCSTI = 0x5412
PTRACE_SEIZE, PTRACE_DETACH = 0x4206, 17
KEYS = [b"ls -l /tm", b"\x7f\x7f", b"p\r", "ñ漢字🦀".encode(), b"\x1b[A", b"\x04", b"q" * 1000]
CANARY = b"tr0ub4dor&3"
SAY_AND_END = """
import socket, sys
from tracer.observe.tmux import Conversation
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    connection.sendall(Conversation(["display-message", "x"], 0).opening())
"""


@pytest.fixture(scope="module")
def shared_watch(plan: str | None) -> Iterator[Watch]:
    watching = Watch(plan)
    yield watching
    watching.close()


@pytest.fixture
def watch(shared_watch: Watch) -> Watch:
    """To load it takes long in a guest; what one test saw, the next doesn't."""
    shared_watch.begin_anew()
    return shared_watch


@pytest.fixture
def pane(watch: Watch, tmux: Tmux) -> Pane:
    """A pane whose program takes every byte as it is, and shows nothing. The watch is there before
    and looks at its server."""
    pane = tmux.new_session("stty raw -echo; echo on; exec cat >/dev/null")
    watch.server = pane.server_pid
    _shows(tmux, pane, "on")
    return pane


@pytest.fixture
def typist(tmux: Tmux, pane: Pane) -> Iterator[Typist]:
    """A client of that pane."""
    client = Typist(tmux, pane, "root")
    wait_until_attached(tmux, [client])
    yield client
    client.close()


def test_what_is_typed_is_read_and_written(watch: Watch, pane: Pane, typist: Typist) -> None:
    """Each byte once, in order: as the server reads it from the client and writes it to the pane;
    with the terminals, and counts that have no hole."""
    for keys in KEYS:
        typist.type(keys)
    typed = b"".join(KEYS)
    watch.until(lambda: _joined(watch.of(PaneInput)) == typed)
    read, written = watch.of(ClientInput), watch.of(PaneInput)
    assert _joined(read) == typed
    _assert_without_hole(read)
    _assert_without_hole(written)
    assert {record.server.tgid for record in read} == {pane.server_pid}
    assert {(record.tty, record.session) for record in read} == {(typist.tty, typist.pid)}
    assert {(record.tty, record.session) for record in written} == {(pane.tty, pane.pid)}
    assert {(r.writer.tgid, r.server_tgid) for r in written} == {(pane.server_pid,) * 2}
    assert not watch.of(Injection)


def test_a_secret_stays_in_the_kernel(watch: Watch, tmux: Tmux, typist: Typist) -> None:
    """While any pane asks for one, both records have a length and no bytes, whoever types and
    wherever; and what is typed afterwards is seen again."""
    asking = tmux.new_session("stty -echo; echo on; read secret; stty echo; echo off; exec cat")
    _shows(tmux, asking, "on")
    typist.type(CANARY)
    watch.until(lambda: _size(watch.of(PaneInput)) == len(CANARY))
    tmux.type(asking, CANARY.decode())
    tmux.send_keys(asking, "Enter")
    _shows(tmux, asking, "off")
    typist.type(b"after")
    watch.until(lambda: _joined(watch.of(ClientInput)) == b"after")
    first, *_ = withheld = [record for record in watch.of(ClientInput) if record.is_withheld]
    assert (_size(withheld), first.data) == (len(CANARY), b"")
    in_pane = [record for record in watch.of(PaneInput) if record.tty == asking.tty]
    assert {record.is_withheld for record in in_pane} == {True}
    assert _size(in_pane) == len(CANARY) + 1
    elsewhere = [record for record in watch.of(PaneInput) if record.tty != asking.tty]
    assert _joined(elsewhere) == CANARY + b"after"  # its terminal asks for nothing


def test_no_byte_of_a_secret_crosses_the_rings(watch: Watch, tmux: Tmux, typist: Typist) -> None:
    """Typed into the pane that asks, at the keyboard and by a command."""
    tmux.run("switch-client", "-t", tmux.new_session("stty -echo; echo hush; exec cat").session)
    eventually(lambda: b"hush" in typist.shown)  # no word of the status line
    typist.type(CANARY)
    watch.until(lambda: _size(watch.of(PaneInput)) == len(CANARY))
    assert _size(watch.of(ClientInput)) == len(CANARY)
    assert CANARY not in watch.raw


def test_a_paste_that_has_to_wait_is_told_once(watch: Watch, tmux: Tmux, tmp_path: Path) -> None:
    """More than the pane takes at once: what a short write left over is in the next record."""
    text = bytes(33 + at * 7 % 90 for at in range(300_007))
    (tmp_path / "text").write_bytes(text)
    fifo = tmp_path / "go"
    os.mkfifo(fifo)
    pane = tmux.new_session(f"stty raw -echo; echo on; read x <{fifo}; exec cat >/dev/null")
    _shows(tmux, pane, "on")
    tmux.run("load-buffer", str(tmp_path / "text"), ";", "paste-buffer", "-t", pane.id)
    fifo.write_text("go\n")
    watch.server = pane.server_pid
    watch.until(lambda: _size(watch.of(PaneInput)) >= len(text))
    assert _joined(watch.of(PaneInput)) == text
    _assert_without_hole(watch.of(PaneInput))


def test_a_client_takes_its_terminal_and_puts_it_back(
    watch: Watch, tmux: Tmux, typist: Typist
) -> None:
    """When it attaches and when it detaches, with the size of the terminal."""
    taken = watch.until(lambda: [r for r in watch.of(ClientTty) if r.tty == typist.tty])
    assert {(r.is_taken, r.session, r.rows, r.columns) for r in taken} == {
        (True, typist.pid, 24, 80)
    }
    tmux.run("detach-client", "-t", typist.tty_name)
    watch.until(lambda: not watch.of(ClientTty)[-1].is_taken)
    assert watch.of(ClientTty)[-1].tty == typist.tty


def test_who_talks_to_the_server_is_named(watch: Watch, tmux: Tmux, pane: Pane) -> None:
    """A command's process with its user, that it closed its end, and how it ended."""
    sender = subprocess.Popen(tmux.argv("send-keys", "-t", pane.id, "x"), env=ENVIRONMENT)
    assert sender.wait() == 0
    watch.until(lambda: [r for r in watch.of(Peer) if r.key.tgid == sender.pid and not r.size])
    said = [record for record in watch.of(Peer) if record.key.tgid == sender.pid]
    assert {record.server_tgid for record in said} == {pane.server_pid}
    assert len({record.socket_id for record in said}) == 1
    assert not said[0].is_over
    who = said[0].who
    assert who
    assert (who.parent.tgid, who.uid, who.pane_tgid) == (os.getpid(), os.getuid(), 0)
    (end,) = [record for record in watch.of(Exit) if record.key.tgid == sender.pid]
    assert (end.is_peer, end.status, end.server_tgid) == (True, 0, pane.server_pid)
    assert end.key == said[0].key


@pytest.mark.parametrize("is_waited_for", [False, True])
def test_who_is_over_when_the_server_listens_is_named(
    watch: Watch, tmux: Tmux, pane: Pane, is_waited_for: bool
) -> None:
    """A process that says its command and ends at once, with its user as long as nobody has waited
    for it; that it is over is told with what it said."""
    os.kill(pane.server_pid, signal.SIGSTOP)
    sender = subprocess.Popen([sys.executable, "-c", SAY_AND_END, tmux.socket])
    os.waitid(os.P_PID, sender.pid, os.WEXITED | (0 if is_waited_for else os.WNOWAIT))
    os.kill(pane.server_pid, signal.SIGCONT)
    watch.until(lambda: [r for r in watch.of(Peer) if r.key.tgid == sender.pid and not r.size])
    said = [record for record in watch.of(Peer) if record.key.tgid == sender.pid]
    assert {(record.is_over, record.who is None) for record in said} == {(True, is_waited_for)}
    assert not [record for record in watch.of(Exit) if record.key.tgid == sender.pid]
    sender.wait()


def test_who_starts_a_server_is_named(watch: Watch, tmux: Tmux, tmp_path: Path) -> None:
    """It has said all that it had to say before anybody could know that this is a server."""
    runs = tmp_path / "runs"
    command = shlex.join(tmux.argv("new-session", f"touch {runs}; exec cat"))
    starter = subprocess.Popen(
        ["script", "-q", "-c", f"exec {command}", "/dev/null"],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    eventually(runs.exists)
    client = eventually(lambda: tmux.run("list-clients", "-F", "#{client_pid}"))
    watch.server = tmux.pid
    first = watch.until(lambda: watch.of(Peer))[0]
    assert (first.key.tgid, first.size) == (int(client), 1)
    assert first.who
    assert first.who.parent.tgid == starter.pid
    tmux.run("kill-server")
    starter.communicate()


def test_a_stranger_who_injects_is_named(watch: Watch, tmux: Tmux) -> None:
    """TIOCSTI in a pane, by a program there; it is no input that passed the master."""
    victim = tmux.new_session(_python("import fcntl; fcntl.ioctl(0, 0x5412, b'x'); input()"))
    watch.server = victim.server_pid
    (injected,) = watch.until(lambda: watch.of(Injection))
    assert (injected.code, injected.tty, injected.session) == (TIOCSTI, victim.tty, victim.pid)
    assert injected.server_tgid == victim.server_pid
    assert injected.who.pane_tgid == victim.pid
    assert not watch.of(PaneInput)


def test_a_stranger_who_writes_to_a_master_is_named(watch: Watch, tmux: Tmux, pane: Pane) -> None:
    """A program in another pane takes the server's descriptor: it is told of, then its bytes."""
    steal = f"""
import fcntl, os, struct
PIDFD_GETFD, server, wanted = 438, {pane.server_pid}, {pane.tty.minor}
import ctypes
libc = ctypes.CDLL(None)
pidfd = os.pidfd_open(server)
for name in os.listdir(f"/proc/{{server}}/fd"):
    if "ptmx" not in os.readlink(f"/proc/{{server}}/fd/{{name}}"): continue
    fd = libc.syscall(PIDFD_GETFD, pidfd, int(name), 0)
    if struct.unpack("i", fcntl.ioctl(fd, 0x80045430, bytes(4)))[0] == wanted:
        os.write(fd, b"stolen")
input()"""
    thief = tmux.new_session(_python(steal))
    watch.until(lambda: watch.of(PaneInput))
    (injected,), (written,) = watch.of(Injection), watch.of(PaneInput)
    assert (injected.code, injected.tty) == (abi.INJECT_MASTER, pane.tty)
    assert injected.who.pane_tgid == thief.pid
    assert (written.writer, written.server_tgid) == (injected.key, pane.server_pid)
    assert (written.data, written.tty) == (b"stolen", pane.tty)
    assert watch.records.index(injected) < watch.records.index(written)


def test_who_takes_hold_of_a_process_is_named(watch: Watch, pane: Pane) -> None:
    """ptrace of a program in a pane, by one that has nothing to do with tmux."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.ptrace(PTRACE_SEIZE, pane.pid, None, None) == 0
    os.kill(pane.pid, signal.SIGSTOP)
    os.waitpid(pane.pid, 0x40000000)  # __WALL
    assert libc.ptrace(PTRACE_DETACH, pane.pid, None, signal.SIGCONT) == 0
    traced, *_ = watch.until(lambda: watch.of(Traced))
    assert traced.key.tgid == os.getpid()
    assert (traced.target.tgid, traced.server_tgid) == (pane.pid, pane.server_pid)
    assert traced.pane_tgid == pane.pid
    sees_request = watch.plan == "tracepoint"
    assert traced.request == (PTRACE_SEIZE if sees_request else abi.TRACE_MEMORY)


def test_who_writes_to_the_memory_of_a_process_is_named(watch: Watch, pane: Pane) -> None:
    """process_vm_writev, which needs no ptrace."""
    place = next(
        line for line in Path(f"/proc/{pane.pid}/maps").read_text().splitlines() if "stack" in line
    )
    begin = int(place.split("-")[0], 16)
    libc = ctypes.CDLL(None, use_errno=True)
    byte = ctypes.create_string_buffer(1)
    own = (ctypes.c_void_p * 2)(ctypes.addressof(byte), 1)
    theirs = (ctypes.c_void_p * 2)(begin, 1)
    assert libc.process_vm_writev(pane.pid, own, 1, theirs, 1, 0) == 1
    traced, *_ = watch.until(lambda: watch.of(Traced))
    assert (traced.key.tgid, traced.target.tgid) == (os.getpid(), pane.pid)
    assert traced.request == abi.TRACE_MEMORY


def test_without_input_nothing_of_it_is_read(plan: str | None, tmux: Tmux) -> None:
    """Neither bytes nor their number; who talks to the server is still known."""
    watch = Watch(plan, Wanted(input=False))
    pane = tmux.new_session("echo on; exec cat")
    watch.server = pane.server_pid
    _shows(tmux, pane, "on")  # a server is known by the first program of its first pane
    client = Typist(tmux, pane, "root")
    try:
        wait_until_attached(tmux, [client])
        client.type(CANARY)
        tmux.type(pane, CANARY.decode())
        watch.until(lambda: watch.of(Peer) and watch.of(ClientTty))
    finally:
        client.close()
        watch.close()
    assert not watch.of(ClientInput)
    assert not watch.of(PaneInput)


def _python(program: str) -> str:
    return f"exec {sys.executable} -c '{program.replace(chr(39), chr(34))}'"


def _shows(tmux: Tmux, pane: Pane, text: str) -> None:
    eventually(lambda: text in tmux.screen(pane))


def _joined(records: Sequence[ClientInput] | Sequence[PaneInput]) -> bytes:
    return b"".join(record.data for record in records)


def _size(records: Sequence[ClientInput] | Sequence[PaneInput]) -> int:
    return sum(record.size for record in records)


def _assert_without_hole(records: Sequence[ClientInput] | Sequence[PaneInput]) -> None:
    first = records[0]
    assert [record.nth - first.nth for record in records] == list(range(len(records)))
    end = first.offset
    for record in records:
        assert (record.offset, record.began_ns) == (end, first.began_ns)
        end += record.size
