"""A private tmux server: its own socket, no configuration, and nothing done to any other server.

Invariant: after close() the server is over, and what ran in its panes was hung up.
"""

from __future__ import annotations

import itertools
import os
import shlex
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.patience import PATIENCE_S, eventually
from tracer.model.events import Tty
from tracer.observe import procfs

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
    "TERM": "screen-256color",
    "SHELL": "/bin/sh",
    "LANG": "C.UTF-8",
    "HOME": "/root",
}
_PANE_FORMAT = "#{pid} #{pane_id} #{pane_pid} #{pane_tty}"


class Pane(NamedTuple):
    """A pane; `pid` is its first process."""

    server_pid: int
    session: str
    id: str
    pid: int
    tty: Tty


class Tmux:
    """The server runs from the first new_session on. `program`: another file that is tmux."""

    def __init__(self, place: Path, program: str = "tmux") -> None:
        self.socket = place / "sock"
        self._base = [program, "-u", "-f", "/dev/null", "-S", str(self.socket)]
        self._place = place
        self._numbers = itertools.count()
        self._clients: list[subprocess.Popen[bytes]] = []

    def argv(self, *argv: str) -> list[str]:
        """A tmux command as a program's arguments."""
        return [*self._base, *argv]

    def run(self, *argv: str) -> str:
        """What a tmux command prints."""
        done = subprocess.run(
            self.argv(*argv),
            env=ENVIRONMENT,
            cwd=self._place,
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, (argv, done.stderr)
        return done.stdout

    @property
    def pid(self) -> int:
        return int(self.run("display-message", "-p", "#{pid}"))

    def new_session(
        self,
        command: str,
        *,
        name: str | None = None,
        pipe: Path | None = None,
        columns: int = 80,
        rows: int = 24,
    ) -> Pane:
        """A session whose only pane runs `command` in sh. `pipe`: as pipe_pane, and nothing that
        the pane shows comes before it."""
        name = name or f"session{next(self._numbers)}"
        size = ["-x", str(columns), "-y", str(rows)]
        return self._pane(["new-session", "-d", "-s", name, *size], name, command, pipe)

    def split(self, pane: Pane, command: str, *, pipe: Path | None = None) -> Pane:
        """One more pane in the same window."""
        return self._pane(["split-window", "-t", pane.id], pane.session, command, pipe)

    def new_window(self, pane: Pane, name: str, command: str) -> Pane:
        """One more window in the same session."""
        return self._pane(
            ["new-window", "-t", f"={pane.session}:", "-n", name], pane.session, command, None
        )

    def attach(self, session: str) -> int:
        """A client on a terminal of its own, which script(1) makes; returns its pid."""
        before = self._client_pids()
        client = shlex.join(self.argv("attach-session", "-t", f"={session}"))
        script = subprocess.Popen(
            ["script", "-q", "-c", f"exec {client}", "/dev/null"],
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,  # its end would be typed as C-d
            stdout=subprocess.DEVNULL,
        )
        self._clients.append(script)
        return eventually(lambda: self._client_pids() - before).pop()

    def _client_pids(self) -> set[int]:
        return set(map(int, self.run("list-clients", "-F", "#{client_pid}").split()))

    def _pane(self, how: list[str], session: str, command: str, pipe: Path | None) -> Pane:
        # A server runs all commands of a line before it reads from any pane. The new pane is the
        # session's current one by then.
        piping = [";", "pipe-pane", "-t", f"={session}:", _into(pipe)] if pipe else []
        said = self.run(*how, "-P", "-F", _PANE_FORMAT, command, *piping)
        server_pid, pane_id, pid, tty = said.split()
        device = Path(tty).stat().st_rdev
        where = Tty(os.major(device), os.minor(device))
        return Pane(int(server_pid), session, pane_id, int(pid), where)

    def send_keys(self, pane: Pane, *keys: str) -> None:
        """Keys by tmux's names: "C-c", "Enter", or text."""
        self.run("send-keys", "-t", pane.id, *keys)

    def type(self, pane: Pane, text: str) -> None:
        """Text, taken literally."""
        self.run("send-keys", "-t", pane.id, "-l", text)

    def pipe_pane(self, pane: Pane, path: Path) -> None:
        """From now on what the pane shows also goes to a file."""
        self.run("pipe-pane", "-t", pane.id, _into(path))

    def resize(self, pane: Pane, columns: int, rows: int) -> None:
        self.run("resize-window", "-t", pane.id, "-x", str(columns), "-y", str(rows))

    def screen(self, pane: Pane) -> str:
        """What the pane shows now."""
        return self.run("capture-pane", "-p", "-t", pane.id)

    def wait(self, channel: str) -> None:
        """Until somebody says `tmux wait-for -S channel`."""
        self.run("wait-for", channel)

    def signal(self, channel: str) -> None:
        """Lets go on who waits for the channel, now or later."""
        self.run("wait-for", "-S", channel)

    def close(self) -> None:
        """Ends the server and all that descends from it, script(1) outlives its terminal."""
        self._end_server()
        for client in self._clients:
            client.communicate()

    def _end_server(self) -> None:
        if not self.socket.exists():
            return
        try:
            pid = self.pid
        except AssertionError:
            return  # over already
        for one in [pid, *procfs.descendants([pid])]:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)


def _into(path: Path) -> str:
    return f"exec cat >{shlex.quote(str(path))}"


def ends_with(path: Path, marker: bytes) -> bytes:
    """The content of a file once it ends with `marker`."""

    def content() -> bytes | None:
        size = path.stat().st_size if path.exists() else 0
        if size < len(marker):
            return None
        with path.open("rb") as file:
            file.seek(size - len(marker))
            return path.read_bytes() if file.read() == marker else None

    return eventually(content, lambda: f"{path} does not end with {marker!r}") or b""
