"""tracer.observe.servers: found by what they do."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time

import pytest

from tracer.model.events import Tty
from tracer.observe import procfs, servers

from .conftest import RealTmux, eventually


def found(pid: int):
    return [server for server in servers.find_servers() if server.pid == pid]


def test_a_server_is_found_with_its_socket_user_and_panes(tmux):
    """One entry, whatever the number of panes."""
    tmux.run("split-window", "-d", "sleep 1001")
    tmux.run("new-session", "-d", "sleep 1002")
    rows = tmux.run("list-panes", "-a", "-F", "#{pane_pid} #{pane_tty}").splitlines()
    panes = {(int(pid), Tty(136, int(tty[9:]))) for pid, tty in (row.split() for row in rows)}
    (server,) = found(tmux.pid)
    assert server.socket_path == bytes(tmux.socket)
    assert (server.uid, server.exe) == (0, b"/usr/bin/tmux")
    assert server.start_time_ns == procfs.process(tmux.pid).start_time_ns
    assert set(server.panes) == panes
    assert len(server.panes) == 3


def test_a_renamed_copy_is_found(tmp_path):
    """Neither the program's name nor its file matter."""
    shutil.copy("/usr/bin/tmux", tmp_path / "innocent")
    server = RealTmux(tmp_path, str(tmp_path / "innocent"))
    server.run("new-session", "-d", "sleep 1000")
    assert [seen.exe for seen in found(server.pid)] == [bytes(tmp_path / "innocent")]
    server.close()


def test_another_users_server_is_found(public_place):
    """With the uid that it runs as."""
    server = RealTmux(public_place, user=65534)
    server.run("new-session", "-d", "sleep 1000")
    assert [seen.uid for seen in found(server.pid)] == [65534]
    server.close()


@pytest.mark.parametrize("listens", [True, False])
def test_a_pty_and_a_listening_socket_make_a_server_and_a_pty_alone_does_not(tmp_path, listens):
    """script(1) and terminal emulators hold ptys too; what listens besides is taken for one."""
    program = (
        "import os, pty, socket, sys, time\n"
        "s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1])\n"
        f"{'s.listen()' if listens else ''}\n"
        "pid, master = pty.fork()\n"
        "if not pid: time.sleep(1000)\n"
        "print(pid, flush=True); time.sleep(1000)\n"
    )
    argv = [sys.executable, "-c", program, tmp_path / "socket"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, start_new_session=True) as process:
        child = int(process.stdout.readline())
        try:
            eventually(lambda: procfs.process(child).tty)  # which it takes by itself after the fork
            assert [seen.panes[0][0] for seen in found(process.pid)] == [child] * listens
        finally:
            os.kill(child, 9)
            process.kill()


def test_the_paths_that_a_process_listens_on(tmp_path):
    """All of them, and none of another process."""
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as two:
        for name, listener in (("one", one), ("two", two)):
            listener.bind(bytes(tmp_path / name))
            listener.listen()
        paths = servers.socket_paths(os.getpid())
        assert {bytes(tmp_path / "one"), bytes(tmp_path / "two")} <= set(paths)
        assert bytes(tmp_path / "one") not in servers.socket_paths(os.getppid())


def test_clients_are_who_holds_the_other_end(tmux):
    """Each attached client, and nobody else."""
    attached = {tmux.attach("first", 80, 24), tmux.attach("first", 80, 24)}
    assert servers.connected(tmux.pid, {*attached, os.getpid(), 1}) == attached


def test_a_process_that_has_gone_has_nothing():
    """A pid that can't be is no error."""
    assert servers.connected(2**30, [1]) == set()
    assert servers.socket_paths(2**30) == []


def test_finding_takes_less_than_a_tenth_of_a_second(tmux):
    """On a host with few processes; the best of three."""
    servers.find_servers()
    took = []
    for _ in range(3):
        started = time.monotonic()
        servers.find_servers()
        took.append(time.monotonic() - started)
    assert min(took) < 0.1 * max(1, len(procfs.pids()) / 500)
