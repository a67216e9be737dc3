"""Who came to tmux, who left, and what became of sessions and windows: as tmux's own hooks say.

tmux writes what its hooks are called for into an option of its own, without a process, so that the
witness is complete and in order. Hooks of 3.3a: a client that attaches by new-session has no
client-attached; its first client-session-changed is its attach.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from tests.kernel.conftest import StartTracer
from tests.kernel.recording import Recording
from tests.kernel.sights import changed
from tests.kernel.tmux import Tmux
from tests.kernel.visitors import Visit, Visitor, visits
from tracer.model.context import Client
from tracer.model.findings import Lost, TmuxChanged

IDLE = "exec sleep infinity"
STEPS = 251
PACE_S = 0.1
HOOKS = {
    "session-created": "#{hook_session}",
    "session-closed": "#{hook_session}",
    "session-renamed": "#{hook_session} #{hook_session_name}",
    "window-linked": "#{hook_session} #{hook_window}",
    "window-unlinked": "#{hook_session} #{hook_window}",
    "window-renamed": "#{hook_window} #{hook_window_name}",
    "client-session-changed": "#{hook_client}",
    "client-detached": "#{hook_client}",
}

Said = tuple[str, ...]
NewWatched = Callable[[], "Watched"]


class Watched(Tmux):
    """A server whose hooks are in place before its first session."""

    def start(self) -> None:
        setting = [
            word
            for hook, what in HOOKS.items()
            for word in ("set-hook", "-g", hook, f'set -gaF @log "{hook} {what};"', ";")
        ]
        quiet = ["set-option", "-g", "exit-empty", "off", ";"]
        names = ["set-option", "-g", "automatic-rename", "off"]
        self.run("start-server", ";", *quiet, *setting, *names)

    def log(self) -> list[Said]:
        """What the hooks were called for, in order."""
        return [tuple(line.split()) for line in self.run("show", "-gv", "@log").split(";")[:-1]]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[NewWatched]:
    """Starts watched servers."""
    started: list[Watched] = []

    def start() -> Watched:
        place = tmp_path / f"server{len(started)}"
        place.mkdir()
        started.append(Watched(place))
        started[-1].start()
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def visit() -> Iterator[Visit]:
    """Attaches clients."""
    with visits() as visit_:
        yield visit_


def witnessed(log: list[Said]) -> list[Said]:
    """The log in the tracer's words."""
    out, attached = [], set[str]()
    for action, *rest in log:
        is_first = action == "client-session-changed" and rest[0] not in attached
        if is_first:
            attached.add(rest[0])
        if action == "client-detached":
            attached.discard(rest[0])
        out.append(("client-attached" if is_first else action, *rest))
    return out


def tells_clients(log: list[Said]) -> bool:
    """Whether the hooks say which client it is: 3.1's do not."""
    return all(len(said) > 1 for said in log)


def without_clients(said: list[Said]) -> list[Said]:
    """What is of sessions and windows."""
    return [each for each in said if not each[0].startswith("client-")]


def recorded(recording: Recording, server_pid: int) -> list[Said]:
    """What the tracer found of the same."""
    return [_said(change) for change in recording.of(TmuxChanged, server_pid) if _is_hook(change)]


def _is_hook(change: TmuxChanged) -> bool:
    return change.action in HOOKS or change.action == "client-attached"


def _said(change: TmuxChanged) -> Said:
    place = change.place
    match change.action:
        case "session-created" | "session-closed":
            return change.action, str(place.session_id)
        case "session-renamed":
            return change.action, str(place.session_id), str(place.session_name)
        case "window-renamed":
            return change.action, str(place.window_id), str(place.window_name)
        case "window-linked" | "window-unlinked":
            return change.action, str(place.session_id), str(place.window_id)
    assert change.client is not None and change.client.tty is not None
    return change.action, f"/dev/pts/{change.client.tty.minor}"


def of_clients(said: list[Said]) -> dict[str, list[str]]:
    """What happened at each terminal, in order."""
    out: dict[str, list[str]] = {}
    for action, *rest in said:
        if action.startswith("client-"):
            out.setdefault(rest[0], []).append(action)
    return out


class Script:
    """Random tmux commands against one server, never two that can't both be seen: a name is used
    once, and the last window of a session and the last session stay."""

    def __init__(self, tmux: Watched, random: Random, visit: Visit) -> None:
        self._tmux = tmux
        self._random = random
        self._visit = visit
        self._number = 0
        self._sessions: dict[str, list[str]] = {}
        self._clients: dict[str, list[Visitor]] = {}
        self._new_session()

    def step(self) -> None:
        """One command."""
        steps = [
            self._new_session, self._kill_session, self._rename_session,
            self._new_window, self._kill_window, self._rename_window,
            self._link, self._unlink,
            self._come, self._come, self._detach, self._kill_client, self._switch,
        ]  # fmt: skip
        while not self._random.choice(steps)():
            pass

    def _name(self) -> str:
        self._number += 1
        return f"n{self._number}"

    def _any(self) -> str:
        return self._random.choice(list(self._sessions))

    def _new_session(self) -> bool:
        if len(self._sessions) >= 4:
            return False
        name, what = self._name(), "#{window_id}"
        said = self._tmux.run(
            "new-session", "-d", "-s", name, "-n", self._name(), "-P", "-F", what, IDLE
        )
        self._sessions[name] = [said.strip()]
        self._clients[name] = []
        return True

    def _kill_session(self) -> bool:
        if len(self._sessions) < 2:
            return False
        name = self._any()
        self._tmux.run("kill-session", "-t", f"={name}")
        del self._sessions[name]
        for client in self._clients.pop(name):
            client.leave()
        return True

    def _rename_session(self) -> bool:
        old, new = self._any(), self._name()
        self._tmux.run("rename-session", "-t", f"={old}", new)
        self._sessions[new] = self._sessions.pop(old)
        self._clients[new] = self._clients.pop(old)
        return True

    def _new_window(self) -> bool:
        name = self._any()
        said = self._tmux.run(
            "new-window", "-d", "-t", f"={name}:", "-n", self._name(), "-P", "-F", "#{window_id}",
            IDLE,
        )  # fmt: skip
        self._sessions[name].append(said.strip())
        return True

    def _kill_window(self) -> bool:
        window = self._random.choice(self._sessions[self._any()])
        if any(windows == [window] for windows in self._sessions.values()):
            return False
        self._tmux.run("kill-window", "-t", window)
        for windows in self._sessions.values():
            if window in windows:
                windows.remove(window)
        return True

    def _rename_window(self) -> bool:
        window = self._random.choice(self._sessions[self._any()])
        self._tmux.run("rename-window", "-t", window, self._name())
        return True

    def _link(self) -> bool:
        window = self._random.choice(self._sessions[self._any()])
        name = self._any()
        if window in self._sessions[name]:
            return False
        self._tmux.run("link-window", "-d", "-s", window, "-t", f"={name}:")
        self._sessions[name].append(window)
        return True

    def _unlink(self) -> bool:
        name = self._any()
        window = self._random.choice(self._sessions[name])
        others = [windows for other, windows in self._sessions.items() if other != name]
        if self._sessions[name] == [window] or not any(window in windows for windows in others):
            return False
        self._tmux.run("unlink-window", "-t", f"={name}:{window}")
        self._sessions[name].remove(window)
        return True

    def _come(self) -> bool:
        if sum(map(len, self._clients.values())) >= 3:
            return False
        name = self._any()
        read_only = ["-r"] if self._random.random() < 0.3 else []
        self._clients[name].append(self._visit(self._tmux, name, *read_only))
        return True

    def _gone(self) -> tuple[str, Visitor] | None:
        there = [(name, one) for name, clients in self._clients.items() for one in clients]
        return self._random.choice(there) if there else None

    def _detach(self) -> bool:
        if (found := self._gone()) is None:
            return False
        name, client = found
        self._tmux.run("detach-client", "-t", client.tty_name)
        self._clients[name].remove(client)
        client.leave()
        return True

    def _kill_client(self) -> bool:
        if (found := self._gone()) is None:
            return False
        name, client = found
        os.kill(client.pid, signal.SIGKILL)
        self._clients[name].remove(client)
        client.leave()
        return True

    def _switch(self) -> bool:
        found, target = self._gone(), self._any()
        if found is None or found[0] == target:
            return False
        name, client = found
        self._tmux.run("switch-client", "-c", client.tty_name, "-t", f"={target}")
        self._clients[name].remove(client)
        self._clients[target].append(client)
        return True

    def end(self) -> str:
        """Something that is seen last."""
        name = self._name()
        self._tmux.run("rename-session", "-t", f"={self._any()}", name)
        return name


def test_nothing_happens_that_only_the_hooks_know(
    start_tracer: StartTracer,
    watched: NewWatched,
    visit: Visit,
    scale: float,
) -> None:
    """Hundreds of commands at random on three servers: the tracer found what the hooks say, no
    more, and at each terminal in that order. Where questions come late, it says so."""
    tracer = start_tracer()
    random = Random(7919)
    servers = [watched() for _ in range(3)]
    scripts = [Script(server, random, visit) for server in servers]
    for _ in range(max(30, round(STEPS * scale))):
        time.sleep(PACE_S)  # a hand's pace: what a limit of questions must not lose
        random.choice(scripts).step()
    pids = [server.pid for server in servers]
    for script, pid in zip(scripts, pids, strict=True):
        tracer.until(changed("session-renamed", pid, session_name=script.end()))
    logs = [server.log() for server in servers]
    recording = tracer.stop()
    for pid, said in zip(pids, logs, strict=True):
        has_clients = tells_clients(said)
        log = witnessed(said if has_clients else without_clients(said))
        found = recorded(recording, pid)
        found = found if has_clients else without_clients(found)
        assert not Counter(found) - Counter(log)  # on the slowest machine nothing is invented
        if scale == 1 or not recording.of(Lost, pid):
            assert Counter(found) == Counter(log)
            assert of_clients(found) == of_clients(log)
        for change in recording.of(TmuxChanged, pid):
            assert change.client is None or is_known(change.client)


def is_known(client: Client) -> bool:
    """The kernel knows who it is."""
    person = client.person
    return client.verified and person is not None and person.uid == os.getuid()
