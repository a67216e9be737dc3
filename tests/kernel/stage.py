"""Programs at work in panes of one server, and a client of it in a pane of another one: what tmux
says that they showed, at many moments, and when.

Invariant: `moments` are in order, and the last one is of the end: nothing was shown after it.
"""

from __future__ import annotations

import fcntl
import os
import random
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from tests.kernel.moments import Moment, capture, standing_still
from tests.kernel.programs import PROGRAMS, prepare
from tests.kernel.tmux import Pane, Tmux
from tests.patience import eventually

CLIENT = "client"
_STAMPS = Path(__file__).parents[1] / "workload/stamps.py"
_LONGEST_S = 0.12
_RESIZED_EVERY = 12
_SWITCHED_EVERY = 5
# What tmux wraps anew of bash's is looked at at once; others draw for another size first, as
# clients do. These never do: tests/screen compares what becomes of their rows.
_NEVER_REDRAWN = ("vttest", "sequences", "wide")


class Stage:
    """`panes` by the program's name; `client`: the pane in which the client is."""

    def __init__(self, place: Path) -> None:
        prepare(place)
        (place / "outer").mkdir()
        self._place = place
        self._chance = random.Random(7919)
        self._inner: list[int] = []
        self.tmux, self._outer = Tmux(place), Tmux(place / "outer")
        self.panes = {
            name: self.tmux.new_session(program.forever(place), name=name)
            for name, program in PROGRAMS.items()
        }
        stamps = shlex.join([sys.executable, str(_STAMPS), str(place / "stamps")])
        self.stamping = self.tmux.new_session(stamps, name="stamps")
        # Not before: tmux 3.3a makes no session then, and ends.
        self.tmux.run("set-option", "-g", "window-size", "manual")
        attach = shlex.join(self.tmux.argv("attach-session", "-t", "=vim"))
        self.client = self._outer.new_session(f"TERM=tmux-256color exec env -u TMUX {attach}")
        eventually(lambda: self.tmux.run("list-clients"))
        self.moments: dict[str, list[Moment]] = {name: [] for name in (*self.panes, CLIENT)}

    def play(self, rounds: int) -> None:
        """People work in all of them, and now and then all stands still for a moment."""
        for number in range(rounds):
            self._press()
            if number % _SWITCHED_EVERY == 0:
                self.tmux.run("switch-client", "-t", f"={self._chance.choice([*self.panes])}:")
            time.sleep(self._chance.random() * _LONGEST_S)
            with self._standing_still():
                self._look()
                if number % _RESIZED_EVERY == _RESIZED_EVERY - 1:
                    self._resize()
                    self._look(["bash"])

    def end(self) -> None:
        """A last moment, and all is over before anything else is shown."""
        with self._standing_still():
            self._look()
            self.close()

    def stamps(self) -> list[tuple[int, int]]:
        """What the one that shows the time wrote: when, and when that had been shown for sure."""
        lines = (self._place / "stamps").read_text().splitlines()
        pairs = (line.split() for line in lines if line.count(" ") == 1)
        return [(int(shown), int(answered)) for shown, answered in pairs]

    def close(self) -> None:
        """Ends all three servers."""
        self.tmux.close()
        self._outer.close()
        for pid in self._inner:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _standing_still(self) -> AbstractContextManager[None]:
        # The server in the pane ends with its last window, and another one begins.
        argv = ["tmux", "-S", str(self._place / "inner"), "display-message", "-p", "#{pid}"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        self._inner = [int(done.stdout)] if done.returncode == 0 else []
        return standing_still([pane.pid for pane in self.panes.values()], self._inner)

    def _press(self) -> None:
        commands: list[str] = []
        for name, pane in self.panes.items():
            for _ in range(self._chance.randint(0, 2)):
                keys = PROGRAMS[name].press(self._chance)
                commands += [";", "send-keys", "-t", pane.id, *keys]
        self.tmux.run(*commands[1:])

    def _look(self, names: Sequence[str] = (*PROGRAMS, CLIENT)) -> None:
        seen = capture(self.tmux, self.panes.values())
        for name in names:
            if name == CLIENT:
                self.moments[name] += capture(self._outer, [self.client]).values()
            else:
                self.moments[name].append(seen[self.panes[name].id])

    def _resize(self) -> None:
        for pane, tmux in self._resizable():
            columns, rows = self._chance.randint(20, 140), self._chance.randint(5, 50)
            tmux.resize(pane, columns, rows)
            eventually(lambda pane=pane, size=(columns, rows): _size(pane) == size)

    def _resizable(self) -> Sequence[tuple[Pane, Tmux]]:
        panes = [pane for name, pane in self.panes.items() if name not in _NEVER_REDRAWN]
        return [*((pane, self.tmux) for pane in panes), (self.client, self._outer)]


def _size(pane: Pane) -> tuple[int, int]:
    with Path(f"/dev/pts/{pane.tty.minor}").open("rb", buffering=0) as slave:
        rows, columns = struct.unpack("4H", fcntl.ioctl(slave, termios.TIOCGWINSZ, bytes(8)))[:2]
    return columns, rows
