"""What other programs show of an exported recording, in a real tmux pane; recordings to export."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

from tests.unit.export.made import SECOND, Made
from tracer.export.excerpt import still
from tracer.replay.recording import Alert, Command, Gap, Output
from tracer.screen.screen import Screen

SIZE = (60, 12)
SHELL = [
    b"\x1b]0;user@web1\x07\x1b[?2004h\x1b[1;32muser@web1\x1b[m:\x1b[34m~\x1b[m$ ",
    b"ls -la /tmo\b \bp\r\n\x1b[?2004l",
    "total 8\r\n\x1b[01;34mdir\x1b[0m  häßlich  日本語  e\u0301  ".encode(),
    b"\x1b[4;38;5;208mlink\x1b[m\r\n",
    b"a long row that wraps " * 5 + b"\r\n",
    b"\x1b[38;2;10;200;30mrgb\x1b[m \x1b[7mreverse\x1b[27m \x1b[3mit\x1b[9mstruck\x1b[m\r\n",
]
SCROLLED = [b"".join(b"row %d\r\n" % number for number in range(30))]
FULL_SCREEN = [
    b"$ vim\r\n\x1b7\x1b[?1049h\x1b[H\x1b[2J\x1b[1;11r\x1b[44mtop\x1b[K\x1b[m\r\n",
    b"\x1b[11;1Hlast\n\n",
    "\x1b[3;5H\x1b(0lqqk\x1b(B\x1b[4;5H│日│\x1b[5;1H\x1b[2L\x1b[1P\x1b[3X".encode(),
    b"\x1b[12;1H-- INSERT --",
]
LEFT = [b"\x1b[r\x1b[?1049l\x1b8$ echo done\r\ndone\r\n$ "]
PIECES = {
    "a shell": SHELL,
    "what scrolled": SHELL + SCROLLED,
    "a full-screen program": SHELL + FULL_SCREEN,
    "its end": SHELL + FULL_SCREEN + LEFT,
}


def recording(name: str, **facts: Any) -> Made:
    """One of PIECES, with a command, an alert and a gap in it."""
    outputs = [Output((n + 1) * SECOND // 10, data) for n, data in enumerate(PIECES[name])]
    at_ns = outputs[0].at_ns
    happened = [
        Command(at_ns, 7, "ls -la", "alice"),
        Alert(at_ns, "look"),
        Gap(at_ns, None, 9, "x"),
    ]
    return Made(outputs[0], *happened, *outputs[1:], title=name, size=SIZE, **facts)


def final(made: Made) -> Screen:
    """What our own screen shows at the end."""
    return still(made, made.duration_ns)


class Pane:
    """A tmux server of its own, for one command at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def shows_after(self, *command: str) -> list[str]:
        """The rows of a pane in which that ran, and has ended well."""
        done = f"{self._tmux()} wait-for -S done"
        line = f"stty -echo; {shlex.join(command)} && {done}; exec sleep 1000"
        size = ("-x", str(SIZE[0]), "-y", str(SIZE[1]))
        try:
            self._run("-f/dev/null", "new-session", "-d", *size, "--", "sh", "-c", line)
            self._run("wait-for", "done")
            return self._run("capture-pane", "-ep").removesuffix("\n").split("\n")
        finally:
            self._run("kill-server")

    def _tmux(self) -> str:
        return f"tmux -u -S {shlex.quote(str(self._folder / 'tmux'))}"

    def _run(self, *command: str) -> str:
        environment = os.environ | {"LC_ALL": "C.UTF-8", "HOME": str(self._folder)}
        environment.pop("TMUX", None)
        return subprocess.run(
            [*shlex.split(self._tmux()), *command],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=30,
        ).stdout
