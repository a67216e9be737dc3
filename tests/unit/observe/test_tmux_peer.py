"""tracer.observe.tmux_peer: tmux's own client in its box."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tracer.model.facts import Verdict
from tracer.observe import claims, tmux_peer
from tracer.observe import tmux as client
from tracer.observe.reply import Peer

from .conftest import NOBODY, RealTmux, eventually

NOBODYS = Peer(os.getpid(), NOBODY.pw_uid, NOBODY.pw_gid)


def is_sleep(process: psutil.Process) -> bool:
    theirs = process.info["uids"].real == NOBODY.pw_uid
    return theirs and process.info["cmdline"] == ["sleep", "1000"]


def shell(script: str, deadline_s: float = 2, max_bytes: int = 1 << 20):
    return tmux_peer.run_as(NOBODYS, ("/bin/sh", "-c", script), (), deadline_s, max_bytes)


def test_both_ways_of_asking_a_server_give_the_same_answer(public_place):
    """Our client and the server's own, run as its user."""
    server = RealTmux(public_place, user=NOBODY.pw_uid)
    server.run("new-session", "-d", "-s", "ünïcode and space", "sleep 1000")
    direct = client.query(server.socket, server.pid, claims.COMMAND)
    boxed = tmux_peer.query(server.socket, direct.peer, claims.COMMAND)
    assert claims.parse(boxed) == claims.parse(direct)
    assert claims.parse(boxed).sessions == (("$0", "ünïcode and space"),)
    server.close()


def test_the_box_has_the_users_ids_and_nothing_of_ours(monkeypatch):
    """No groups, capabilities, environment, descriptors, terminal or directory."""
    monkeypatch.setenv("CANARY", "ours")
    status = shell("cat /proc/self/status").output.decode()
    lines = dict(line.split(":\t", 1) for line in status.splitlines())
    assert lines["Uid"].split() == [str(NOBODY.pw_uid)] * 4
    assert lines["Gid"].split() == [str(NOBODY.pw_gid)] * 4
    assert lines["Groups"].split() == []
    assert {lines[name] for name in ("CapEff", "CapPrm", "CapInh")} == {"0" * 16}
    assert lines["NoNewPrivs"] == "1"
    environment = shell("cat /proc/$$/environ; pwd; readlink /proc/$$/fd/0").output
    assert environment == b"/\n/dev/null\n"
    assert shell("ls /proc/$$/fd").output.split() == [b"0", b"1", b"2"]
    assert shell("ulimit -c; ulimit -f; ulimit -t; ulimit -n").output.split() == [
        b"0", b"0", b"2", b"64",
    ]  # fmt: skip


def test_it_leads_its_own_session():
    """So that it has no terminal of ours, and its group can be killed."""
    session = int(shell("cut -d' ' -f6 /proc/$$/stat").output)
    assert session != os.getsid(0)


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        ("sleep 1000", Verdict.TIMEOUT),
        ("sleep 1000 & exit", Verdict.TIMEOUT),
        ("exec >&-; sleep 1000", Verdict.OK),
    ],
)
def test_what_hangs_is_cut_at_the_deadline(script, verdict):
    """The reply is there in time, and the group is gone."""
    started = time.monotonic()
    reply = shell(f"echo $$; {script}", deadline_s=0.4)
    assert time.monotonic() - started < 1.5
    assert reply.verdict is verdict
    eventually(lambda: not [p for p in psutil.process_iter(["uids", "cmdline"]) if is_sleep(p)])


def test_a_descendant_that_left_the_group_does_not_hold_us():
    """It keeps its end of the pipe open for ever; we don't wait for that."""
    started = time.monotonic()
    reply = shell("setsid sleep 3 & sleep 1000", deadline_s=0.3)
    assert reply.verdict is Verdict.TIMEOUT
    assert time.monotonic() - started < 1.5


def test_a_flood_is_cut_at_the_bound():
    """One byte too many is too big; the bound itself is not."""
    assert shell("yes").verdict is Verdict.TOO_BIG
    assert shell("printf 12345", max_bytes=5).output == b"12345"
    assert shell("printf 123456", max_bytes=5).verdict is Verdict.TOO_BIG


def test_what_cannot_be_run_is_unreachable(public_place):
    """The process has gone."""
    gone = Peer(2**30, NOBODY.pw_uid, NOBODY.pw_gid)
    assert tmux_peer.query(public_place / "socket", gone, ["ls"]).verdict is Verdict.UNREACHABLE


def test_a_server_in_other_namespaces_is_not_run_out_here(public_place):
    """Its uid and its file may mean more here than in there."""
    contained = subprocess.Popen(["unshare", "--mount", "sleep", "1000"])
    ours, its = Path("/proc/self/ns/mnt"), Path(f"/proc/{contained.pid}/ns/mnt")
    eventually(lambda: its.readlink() != ours.readlink())
    peer = Peer(contained.pid, NOBODY.pw_uid, NOBODY.pw_gid)
    reply = tmux_peer.query(public_place / "socket", peer, ["-c", "true"])
    assert reply.verdict is Verdict.VERSION
    contained.kill()
    contained.wait()


def test_an_attack_runs_as_its_own_author_at_most(hostile):
    """MSG_SHELL runs the attacker's script as the attacker."""
    server = hostile("shell")
    tmux = os.open("/usr/bin/tmux", os.O_PATH)
    command = (f"/proc/self/fd/{tmux}", "-S", str(server.socket), "list-sessions")
    tmux_peer.run_as(NOBODYS, command, (tmux,), 2, 1 << 20)
    os.close(tmux)
    assert (server.place / "executed").stat().st_uid == NOBODY.pw_uid
