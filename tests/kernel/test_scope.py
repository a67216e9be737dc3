"""What runs under a tmux server is recorded, with the right names, and nothing else is.

One tracer watches for most of these tests; each has tmux servers and markers of its own.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.kernel.conftest import WORKLOADS, StartTracer
from tests.kernel.recording import REPO, Tracer
from tests.kernel.sights import (
    assert_runs_in,
    changed,
    client_changed,
    gated,
    see,
    started,
    wait_for_names,
)
from tests.kernel.tmux import Pane, Tmux
from tests.patience import eventually
from tracer.clock import boot_ns
from tracer.model.findings import ProgramStarted, TextOutput, TmuxChanged
from tracer.observe import observer

NewServer = Callable[..., Tmux]
Impostor = Callable[..., "Running"]

SYSTEM_PYTHON = Path("/usr/bin/python3").resolve()
NOBODY = 65534


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[NewServer]:
    """Makes private servers."""
    made: list[Tmux] = []

    def make(program: str = "tmux") -> Tmux:
        place = tmp_path / f"server{len(made)}"
        place.mkdir()
        made.append(Tmux(place, program))
        return made[-1]

    yield make
    for server in made:
        server.close()


class Running(NamedTuple):
    """An impostor that runs; `go` lets its command go on."""

    pid: int
    go: Path
    said: Callable[[], str]


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[Impostor]:
    """Starts tests/workload/impostor.py; its shell shows a marker when it may go on."""
    made: list[subprocess.Popen[bytes]] = []

    def start(mode: str, marker: str, python: Path = SYSTEM_PYTHON) -> Running:
        place = tmp_path / f"impostor{len(made)}"
        place.mkdir()
        go, said = place / "go", place / "said"
        os.mkfifo(go)
        command = f"{_after(go)}; /bin/echo {marker}; exec sleep infinity"
        program = [python, WORKLOADS / "impostor.py", mode, place / "socket", command]
        with said.open("wb") as out:
            made.append(subprocess.Popen(program, stdout=out))
        return Running(made[-1].pid, go, said.read_text)

    yield start
    for process in made:
        process.kill()
        process.wait()


def _after(fifo: Path) -> str:
    """A shell's way to wait until somebody opens a fifo for writing."""
    return f": <{shlex.quote(str(fifo))}"


def test_a_new_server_is_noticed_with_its_first_program(
    watching: Tracer, new_server: NewServer
) -> None:
    """What a server starts in its first pane is recorded from the first exec on."""
    pane = new_server().new_session("exec sleep 1009")
    watching.until(started("sleep", "1009"))
    first = [
        found.process.argv
        for found in watching.findings()
        # The server itself may run utempter at that moment, to write utmp.
        if isinstance(found, ProgramStarted) and found.place.pane_pid == pane.pid
    ]
    assert first == [(b"sh", b"-c", b"exec sleep 1009"), (b"sleep", b"1009")]
    watching.until(changed("server-seen", pane.server_pid))


def test_processes_outside_tmux_never_appear(
    watching: Tracer, new_server: NewServer, tmp_path: Path, scale: float
) -> None:
    """Programs on a terminal that script(1) made: neither they nor what they show."""
    count, shown = 1009 if scale >= 1 else 101, tmp_path / "shown"
    marker = f"outside{os.getpid()}"
    loop = f"echo $$ >pid; i=0; while [ $i -lt {count} ]; do /bin/echo {marker}; i=$((i+1)); done"
    pane = new_server().new_session(gated("/bin/true", "inside"))
    outside = ["script", "-q", "-c", loop, str(shown)]
    quiet = subprocess.DEVNULL
    subprocess.run(outside, cwd=tmp_path, stdin=quiet, stdout=quiet, check=True)
    assert shown.read_text().count(f"{marker}\n") == count
    see(watching, new_server(), f"fence{os.getpid()}")
    pid = int((tmp_path / "pid").read_text())
    for found in watching.findings():
        assert marker not in repr(found)
        who = getattr(getattr(found, "process", None), "who", None)
        assert who is None or who.parent.tgid != pid
    assert pane.server_pid in {getattr(f.place, "server", (0,))[0] for f in watching.findings()}


def test_a_renamed_tmux_is_recognised(
    watching: Tracer, new_server: NewServer, tmp_path: Path
) -> None:
    """A copy of the program under another name."""
    tmux = shutil.which("tmux")
    assert tmux
    innocent = shutil.copy(tmux, tmp_path / "innocent")
    see(watching, new_server(str(innocent)), "renamed")


def test_servers_with_the_same_session_name_do_not_mix(
    watching: Tracer, new_server: NewServer
) -> None:
    """Sessions, windows and panes of both have the same names and ids."""
    panes = [see(watching, new_server(), marker, name="work") for marker in ("one", "other")]
    assert panes[0].id == panes[1].id
    assert panes[0].server_pid != panes[1].server_pid


def test_tmux_in_tmux_belongs_to_the_nearest_server(
    watching: Tracer, new_server: NewServer
) -> None:
    """A server that was started from a pane of another one, and both have programs."""
    outer, inner = new_server(), new_server()
    start = f"env -u TMUX tmux -f /dev/null -S {inner.socket} new-session -d sleep 1013"
    pane = outer.new_session(f"{start}; {gated('/bin/true', 'in the outer')}")
    see(watching, inner, "in the inner")
    outer.signal("go")
    assert_runs_in(watching.until(started("/bin/true", "in the outer")), pane, outer)
    assert watching.until(started("sleep", "1013")).place.server.tgid == inner.pid


def test_tracers_that_start_before_while_and_after_tmux_have_the_same_picture(
    watching: Tracer, start_tracer: StartTracer, new_server: NewServer, tmp_path: Path
) -> None:
    """One tracer is there first, one starts while servers, sessions and children come, one comes
    last: of what starts then they have the same, in the same places. Children are orphans."""
    go, tmuxes = tmp_path / "go", [new_server(), new_server()]
    os.mkfifo(go)
    panes: list[tuple[Tmux, Pane]] = []
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(start_tracer)
        while not coming.done() or len(panes) < 2:
            tmux, nth = tmuxes[len(panes) % 2], len(panes)
            child = f"(sh -c '{_after(go)}; exec /bin/true child {nth}' &)"
            here = f"{_after(go)}; /bin/true pane {nth}; exec sleep infinity"
            panes.append((tmux, tmux.new_session(f"{child}; {here}")))
            wait_for_names(watching, panes[-1][1])
    tracers = [watching, coming.result(), start_tracer()]
    for tracer in tracers:
        for _, pane in panes:
            wait_for_names(tracer, pane)
    with go.open("wb"):
        pictures = [_picture(tracer, panes) for tracer in tracers]
    assert pictures[0] == pictures[1] == pictures[2]


def _picture(tracer: Tracer, panes: list[tuple[Tmux, Pane]]) -> set[tuple[object, ...]]:
    """Programs and their places, once all have come and are in their panes."""
    picture = set[tuple[object, ...]]()
    for nth, (tmux, pane) in enumerate(panes):
        for kind in ("pane", "child"):
            found = tracer.until(started("/bin/true", kind, str(nth)))
            assert isinstance(found, ProgramStarted)
            assert_runs_in(found, pane, tmux)
            process = found.process
            picture.add((process.key, process.who, process.exe, process.argv, found.place[2:6]))
    return picture


def test_a_system_program_that_behaves_like_tmux_is_left_alone(
    watching: Tracer, new_server: NewServer, impostor: Impostor
) -> None:
    """sshd with a forwarded agent, screen: here /usr/bin/python3 with a socket and a pty."""
    running = impostor("close", "system-impostor")
    eventually(lambda: "asked" in running.said())
    see(watching, new_server(), f"before the impostor goes on {os.getpid()}")
    running.go.open("wb").close()
    see(watching, new_server(), f"after the impostor went on {os.getpid()}")
    shown = [f for f in watching.findings() if f.place and f.place.server.tgid == running.pid]
    assert shown == []


def test_a_users_program_that_behaves_like_tmux_is_kept_without_names(
    watching: Tracer, impostor: Impostor, tmp_path: Path
) -> None:
    """The same program, in a file that another one than root owns."""
    python = Path(shutil.copy(SYSTEM_PYTHON, tmp_path / "python3"))
    os.chown(python, NOBODY, NOBODY)
    running = impostor("close", "users-impostor", python)
    told = watching.until(changed("server-unverified", running.pid))
    assert isinstance(told, TmuxChanged)
    assert (told.note or "").startswith("not-tmux")
    running.go.open("wb").close()
    place = watching.until(started("/bin/echo", "users-impostor")).place
    assert place and place.server.tgid == running.pid and place.pane_pid
    assert (place.session_name, place.pane_id, place.verified) == (None, None, False)
    watching.until(lambda f: isinstance(f, TextOutput) and b"users-impostor" in f.data)


def test_servers_that_hang_do_not_delay_others(
    watching: Tracer, new_server: NewServer, impostor: Impostor, scale: float
) -> None:
    """More of them than are asked at a time: a program elsewhere shows within two seconds, and so
    do theirs, without names."""
    hanging = [impostor("hang", f"hanging {nth}") for nth in range(observer._ASKERS + 1)]
    eventually(lambda: sum("asked" in one.said() for one in hanging) >= observer._ASKERS)
    pane = new_server().new_session("exec sleep 1019")
    for one in hanging:
        one.go.open("wb").close()
    for argv in (("sleep", "1019"), ("/bin/echo", "hanging", "0")):
        found = watching.until(started(*argv))
        assert boot_ns() - found.time_ns < 2_000_000_000 / scale
    assert found.place and found.place.session_name is None
    watching.until(changed("server-unverified", hanging[0].pid))
    wait_for_names(watching, pane)


@pytest.mark.parametrize("wrapper", ["", "script -q /dev/null -c"], ids=["", "under script(1)"])
def test_a_tracer_in_a_pane_does_not_record_itself(
    plan: str | None, new_server: NewServer, tmp_path: Path, wrapper: str
) -> None:
    """Its own pane shows what it prints: recorded, that would never end. Another pane of the same
    session is recorded."""
    tmux, shown = new_server(), tmp_path / "shown"
    session = f"watched{os.getpid()}"  # and no other: not what a tracer next to us prints
    rounds = "".join(f"tmux wait-for go{nth}; /bin/echo round {nth}; " for nth in range(5))
    watched = tmux.new_session(rounds + "exec sleep infinity", name=session)
    live = f"{sys.executable} -m tracer.cli.main live --json --session {session}"
    command = f"{wrapper} {shlex.quote(live)}" if wrapper else live
    own = tmux.split(watched, f"cd {REPO}; exec {command}", pipe=shown)
    eventually(lambda: shown.exists() and b"watching tmux" in shown.read_bytes())
    for nth in range(5):
        tmux.signal(f"go{nth}")
        eventually(lambda text=f"round {nth}": text in _text(_events(shown)))
    recorded = {
        event["tmux"]["pane"]["id"]
        for event in _events(shown)
        if event["event"]["action"] in {"exec", "end", "text_output"}
    }
    assert recorded == {watched.id} != {own.id}


def _events(shown: Path) -> list[dict[str, Any]]:
    lines = shown.read_bytes().rpartition(b"\r\n")[0].split(b"\r\n")
    return [json.loads(line) for line in lines if line.startswith(b"{")]


def _text(events: list[dict[str, Any]]) -> str:
    shown = [event for event in events if event["event"]["action"] == "text_output"]
    return "".join(event["process"]["io"]["text"] for event in shown)


def test_what_happens_to_sessions_windows_and_panes_is_seen(
    watching: Tracer, new_server: NewServer
) -> None:
    """A rename, a new window, a split, and their ends, with the names of that time."""
    tmux = new_server()
    pane = tmux.new_session(gated("tmux", "rename-session", "after"), name="before")
    seen, server = watching.until, pane.server_pid
    seen(changed("session-created", server, session_name="before"))
    wait_for_names(watching, pane)
    tmux.signal("go")
    renamed = seen(changed("session-renamed", server, session_name="after"))
    assert isinstance(renamed, TmuxChanged)
    assert renamed.note == "was before"
    pane = pane._replace(session="after")
    window = tmux.new_window(pane, "editor", "exec sleep infinity")
    names = {"session_name": "after", "window_name": "editor", "window_index": 1}
    seen(changed("pane-opened", server, pane_id=window.id, pane_pid=window.pid, **names))
    split = tmux.split(window, "exec sleep infinity")
    seen(changed("pane-opened", server, pane_id=split.id, pane_pid=split.pid, **names))
    tmux.run("kill-pane", "-t", split.id)
    seen(changed("pane-closed", server, pane_id=split.id, **names))
    tmux.new_session("exec sleep infinity", name="other")
    tmux.run("kill-session", "-t", "=after")
    seen(changed("session-closed", server, session_name="after"))


def test_clients_are_seen_as_they_attach_and_detach(
    watching: Tracer, new_server: NewServer
) -> None:
    """Two clients, each in its own session; one is detached, the other one is killed."""
    tmux = new_server()
    panes = [tmux.new_session("exec sleep infinity", name=name) for name in ("red", "blue")]
    for pane in panes:
        wait_for_names(watching, pane)
    pids = [tmux.attach(pane.session) for pane in panes]
    attached = [watching.until(client_changed("client-attached", pid)) for pid in pids]
    assert [found.place.session_name for found in attached] == ["red", "blue"]
    assert all(found.client.verified and found.client.uid == 0 for found in attached)
    assert attached[0].client.tty != attached[1].client.tty
    tmux.run("detach-client", "-s", "=red")
    assert watching.until(client_changed("client-detached", pids[0])).place.session_name == "red"
    os.kill(pids[1], signal.SIGKILL)
    assert watching.until(client_changed("client-detached", pids[1])).place.session_name == "blue"


def test_a_server_that_is_killed_and_its_successor_are_seen(
    watching: Tracer, new_server: NewServer
) -> None:
    """SIGKILL leaves the socket behind, where the next server listens."""
    tmux = new_server()
    killed = see(watching, tmux, "killed", name="work")
    os.kill(killed.server_pid, signal.SIGKILL)
    watching.until(changed("pane-closed", killed.server_pid, pane_id=killed.id))
    watching.until(changed("server-gone", killed.server_pid, socket=os.fsencode(tmux.socket)))
    assert see(watching, tmux, "successor", name="work").server_pid != killed.server_pid


def test_hostile_names_come_as_they_are_claimed(
    watching: Tracer, new_server: NewServer, tmp_path: Path
) -> None:
    """Commands, escape sequences, any script, and length: text, as tmux prints it."""
    attack = f"touch {tmp_path}/executed"
    names = {
        f"$({attack})": f"$({attack})",
        f"`{attack}`;'\"|&\\": f"`{attack}`;'\"|&\\\\",
        "\x1b]0;owned\x07\x1b[31m": "\\033]0;owned\\a\\033[31m",
        "漢字 🦀 e\u0301 \u202e": "漢字 🦀 e\u0301 \u202e",
        "n" * 200: "n" * 200,
    }
    tmux = new_server()
    for nth, (name, claimed) in enumerate(names.items()):
        pane = tmux.new_session(gated("/bin/true", f"hostile {nth}"), name=name)
        wait_for_names(watching, pane)
        tmux.signal("go")
        found = watching.until(started("/bin/true", f"hostile {nth}"))
        assert_runs_in(found, pane._replace(session=claimed), tmux)
    assert not (tmp_path / "executed").exists()
