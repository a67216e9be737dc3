"""tracer.observe.tmux: against real servers, and against one that attacks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.model.events import Tty
from tracer.model.facts import SessionClaim, Verdict
from tracer.observe import tmux as client
from tracer.observe.claims import COMMAND
from tracer.observe.imsg import Type, pack

from .conftest import NOBODY, eventually

ATTACKS = {
    "shell": (Verdict.HOSTILE, "SHELL"),
    "lock": (Verdict.HOSTILE, "LOCK"),
    "exec": (Verdict.HOSTILE, "EXEC"),
    "read": (Verdict.HOSTILE, "READ_OPEN"),
    "write": (Verdict.HOSTILE, "WRITE_OPEN"),
    "kill": (Verdict.HOSTILE, "DETACHKILL"),
    "hang": (Verdict.TIMEOUT, None),
    "drip": (Verdict.TIMEOUT, None),
    "flood": (Verdict.TOO_BIG, None),
    "flood_small": (Verdict.TOO_BIG, None),
    "garbage": (Verdict.NOT_TMUX, None),
    "short": (Verdict.NOT_TMUX, None),
    "close": (Verdict.NOT_TMUX, None),
    "other_version": (Verdict.VERSION, None),
}
DANGEROUS = ("open", "os.", "subprocess.", "pty.", "ctypes.", "shutil.", "signal.")


class Audit:
    """Calls of this process that could open, run or signal something (PEP 578), while it is on."""

    def __init__(self) -> None:
        self.on, self.calls = False, []
        sys.addaudithook(self._note)  # which can't be taken out again

    def _note(self, event, args):
        if self.on and event.startswith(DANGEROUS):
            self.calls.append((event, args[0] if args else None))

    def __enter__(self):
        self.on, self.calls = True, []

    def __exit__(self, *_):
        self.on = False


AUDIT = Audit()


def open_descriptors() -> set[str]:
    with os.scandir("/proc/self/fd") as entries:
        return {entry.name for entry in entries}


def real_tmux_client(socket: Path, place: Path) -> None:
    """tmux's own client, under a parent that notes a SIGHUP; both are nobody's."""
    script = (
        f"trap 'mkdir {place}/signalled' HUP; "
        f"tmux -S {socket} list-sessions & sleep 0.5; kill -KILL $!; :"
    )
    subprocess.run(
        ["/bin/sh", "-c", script], check=False, capture_output=True, env={"PATH": "/usr/bin:/bin"},
        user=NOBODY.pw_uid, group=NOBODY.pw_gid, extra_groups=[],
    )  # fmt: skip


def evidence(server) -> set[str]:
    found = server.files() & {"executed", "created", "signalled"}
    return found | ({"leaked"} if b"the secret" in server.received() else set())


@pytest.mark.parametrize(
    ("mode", "left"),
    [
        ("shell", "executed"),
        ("lock", "executed"),
        ("exec", "executed"),
        ("read", "leaked"),
        ("write", "created"),
        ("kill", "signalled"),
    ],
)
def test_the_attacks_work_on_tmuxs_own_client(hostile, mode, left):
    """The hostile server isn't a paper tiger: each attack leaves its evidence with real tmux."""
    server = hostile(mode)
    real_tmux_client(server.socket, server.place)
    assert evidence(server) == {left}


@pytest.mark.parametrize(("mode", "verdict"), ATTACKS.items())
def test_no_attack_works_on_ours(hostile, monkeypatch, mode, verdict):
    """Each ends with its verdict, in time, having opened the socket and nothing else."""
    monkeypatch.setenv("CANARY", "canary-in-the-environment")
    server = hostile(mode)
    before, descriptors = server.files(), open_descriptors()
    started = time.monotonic()
    with AUDIT:
        reply = client.query(server.socket, server.process.pid, COMMAND)
    took = time.monotonic() - started
    assert (reply.verdict, reply.message) == verdict
    assert took < 3
    assert AUDIT.calls == [("open", str(server.socket))]
    assert open_descriptors() == descriptors
    assert server.files() - before <= {"received"}
    assert evidence(server) == set()
    assert b"canary" not in server.received()


@pytest.mark.parametrize("mode", ["flood", "flood_small"])
def test_a_flood_costs_no_more_memory_than_the_bound(hostile, mode):
    """What is kept stays near max_reply_bytes, whatever the server sends."""
    server = hostile(mode)
    tracemalloc.start()
    client.query(server.socket, None, COMMAND, max_reply_bytes=1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 << 20


def test_a_signal_does_not_reach_our_parent(hostile):
    """DETACHKILL makes tmux's client signal its parent; ours just ends."""
    server = hostile("kill")
    code = f"from tracer.observe import tmux; tmux.query({str(server.socket)!r}, None, ['ls'])"
    script = f"trap 'mkdir {server.place}/signalled' HUP; {sys.executable} -c \"{code}\"; :"
    subprocess.run(["/bin/sh", "-c", script], check=True, cwd=Path(__file__).parents[3])
    assert evidence(server) == set()
    assert server.received()


def test_lies_are_parsed_strictly_and_left_unverified(hostile):
    """A lying server's well-formed lines are claims; the rest is counted."""
    server = hostile("lie")
    claims = client.server_facts(bytes(server.socket), server.process.pid)
    assert claims.verdict is Verdict.OK
    assert claims.sessions == (SessionClaim("$0", "work"),)
    assert [(pane.pid, pane.verified) for pane in claims.panes] == [(1, False)]
    assert [(c.pid, c.verified) for c in claims.clients] == [(1, False)]
    assert claims.unparsable == 6


def test_another_version_is_asked_by_its_own_client_as_its_own_user(hostile):
    """Here the server's binary is Python, which knows no such command: no claims, no harm."""
    server = hostile("other_version")
    claims = client.server_facts(bytes(server.socket), server.process.pid)
    assert claims == (Verdict.OK, None, (), (), (), 0)
    assert evidence(server) == set()


def test_who_may_not_become_its_user_does_not_try(hostile):
    """Then another version gives no answer."""
    server = hostile("other_version")
    reply = client.tell(bytes(server.socket), server.process.pid, COMMAND)
    assert reply.verdict is Verdict.VERSION
    assert evidence(server) == set()


def test_another_process_than_the_kernel_saw_is_not_talked_to(hostile):
    """The peer's pid decides, and nothing is sent to a wrong one."""
    server = hostile("lie")
    reply = client.query(server.socket, os.getpid(), COMMAND)
    assert (reply.verdict, reply.peer.pid) == (Verdict.WRONG_PEER, server.process.pid)
    assert server.received() == b""


def test_what_is_not_a_listening_socket_is_unreachable(hostile, tmp_path):
    """No file, a regular file, a socket without a listener, and a symlink to a good one."""
    server = hostile("lie")
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(server.socket)
    dead = server.place / "dead"
    server.socket.rename(dead)
    server.close()
    paths = [tmp_path / "none", tmp_path / "file", tmp_path / "link", dead, tmp_path]
    assert {client.query(path, None, ["ls"]).verdict for path in paths} == {Verdict.UNREACHABLE}


def test_a_path_longer_than_sun_path_is_reached(tmux, tmp_path):
    """The connection goes through the pinned inode, whatever the length of its path."""
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    os.link(tmux.socket, deep / "socket")
    assert client.query(deep / "socket", tmux.pid, ["list-sessions"]).verdict is Verdict.OK


def test_sessions_windows_panes_and_clients_of_a_real_server(tmux):
    """One poll tells all of it, with names as tmux shows them."""
    tmux.run("rename-session", "with space and ünïcode")
    tmux.run("rename-window", "日本 $7 @9 %9 1 1 /dev/pts/9 forged")
    tmux.run("split-window", "-d", "sleep 1001")
    tmux.run("new-session", "-d", "-s", "second", "sleep 1002")
    first = tmux.attach("with space", 101, 37)
    second = tmux.attach("second", 83, 29)
    claims = client.server_facts(bytes(tmux.socket), tmux.pid)
    assert (claims.verdict, claims.unparsable) == (Verdict.OK, 0)
    assert claims.sessions == (("$1", "second"), ("$0", "with space and ünïcode"))
    rows = tmux.run("list-panes", "-a", "-F", "#{pane_id} #{pane_pid} #{pane_tty}").splitlines()
    assert [f"{p.pane_id} {p.pid} /dev/pts/{p.tty.minor}" for p in claims.panes] == rows
    shape = [(p.session_id, p.window_id, p.window_index, p.pane_index) for p in claims.panes]
    assert shape == [("$1", "@1", 0, 0), ("$0", "@0", 0, 0), ("$0", "@0", 0, 1)]
    assert claims.panes[1].window_name == "日本 $7 @9 %9 1 1 /dev/pts/9 forged"
    assert claims.panes[1].tty == Tty(136, claims.panes[1].tty.minor)
    expected = {(first, "$0", 101, 37), (second, "$1", 83, 29)}
    assert {(c.pid, c.session_id, c.columns, c.rows) for c in claims.clients} == expected


def test_control_characters_in_names_arrive_escaped_and_forge_nothing(tmux):
    """tmux escapes or refuses them; one session stays one line."""
    with suppress(subprocess.CalledProcessError):
        tmux.run("rename-session", "a\nS $9 forged\x1b[31m")
    with suppress(subprocess.CalledProcessError):
        tmux.run("rename-window", "w\nC 1 $0 80 24")
    claims = client.server_facts(bytes(tmux.socket), tmux.pid)
    name = tmux.run("list-sessions", "-F", "#{session_name}").removesuffix("\n")
    window = tmux.run("list-windows", "-F", "#{window_name}").removesuffix("\n")
    assert claims.sessions == (("$0", re.sub(r"[\x01-\x1f]", "?", name)),)
    assert [pane.window_name for pane in claims.panes] == [re.sub(r"[\x01-\x1f]", "?", window)]
    assert (claims.clients, claims.unparsable) == ((), 0)


def test_a_control_mode_client_is_a_client_too(tmux):
    """Its size may be unset, and it still counts."""
    pid = tmux.attach("first", 80, 24, "-C")
    claims = client.server_facts(bytes(tmux.socket), tmux.pid)
    assert [(c.pid, c.session_id, c.is_control) for c in claims.clients] == [(pid, "$0", True)]


def test_a_read_only_client_says_so(tmux):
    """It shows the same session as the one beside it that may type."""
    writer, reader = tmux.attach("first", 80, 24), tmux.attach("first", 80, 24)
    names = tmux.run("list-clients", "-F", "#{client_pid} #{client_name}").split()
    tmux.run("switch-client", "-r", "-c", names[names.index(str(reader)) + 1])
    claims = client.server_facts(bytes(tmux.socket), tmux.pid)
    assert {c.pid: c.is_read_only for c in claims.clients} == {writer: False, reader: True}
    assert not any(c.is_control for c in claims.clients)


def test_a_server_without_sessions_answers_with_nothing(tmux):
    """It is a server all the same."""
    tmux.run("set-option", "-g", "exit-empty", "off")
    pid = tmux.pid
    tmux.run("kill-session", "-t", "first")
    assert client.server_facts(bytes(tmux.socket), pid) == (Verdict.OK, None, (), (), (), 0)


def test_many_panes_come_in_more_than_one_frame(tmux):
    """An answer larger than one imsg frame is put together."""
    tmux.run("rename-window", "x" * 5000)
    for _ in range(6):
        tmux.run("link-window", "-s", "first:0", "-t", "first:")
    claims = client.server_facts(bytes(tmux.socket), tmux.pid)
    assert [len(pane.window_name) for pane in claims.panes] == [5000] * 7


def test_a_command_that_fails_says_so(tmux):
    """tmux's exit status and its complaint come back."""
    reply = client.query(tmux.socket, tmux.pid, ["kill-session", "-t", "nope"])
    assert (reply.verdict, reply.status) == (Verdict.OK, 1)
    assert reply.errors == b"can't find session: nope\n"


def test_a_relative_socket_path_is_found_from_the_servers_directory(tmux):
    """`tmux -S name` binds a relative path, and the kernel reports just that."""
    assert client.server_facts(b"socket", tmux.pid).verdict is Verdict.OK


def test_a_poll_leaves_the_server_as_it_was(tmux):
    """No client stays, and the server serves on."""
    pid = tmux.pid
    for _ in range(20):
        assert client.server_facts(bytes(tmux.socket), pid).verdict is Verdict.OK
    eventually(lambda: tmux.run("list-clients") == "")
    assert tmux.pid == pid


def test_a_stopped_server_costs_the_deadline_and_no_more(tmux):
    """A server that is there but doesn't run is a timeout."""
    pid = tmux.pid
    os.kill(pid, 19)
    timer = threading.Timer(1, os.kill, (pid, 18))
    timer.start()
    started = time.monotonic()
    assert client.query(tmux.socket, pid, ["ls"], deadline_s=0.3).verdict is Verdict.TIMEOUT
    assert time.monotonic() - started < 0.9
    timer.join()


@given(st.binary(max_size=400), st.sampled_from(list(Type)))
def test_any_bytes_lead_to_a_state_and_never_to_an_exception(data, kind):
    """The protocol engine takes anything: raw bytes, or a good frame with any content."""
    for sent in (data, pack(kind, data)):
        talk = client.Conversation(["ls"], 1000)
        said = talk.feed(sent)
        assert said == b"" or said[:4] == Type.WRITE_READY.to_bytes(4, "little")
