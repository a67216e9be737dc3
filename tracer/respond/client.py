"""Has a tmux server lock one of its clients, or take its keys away.

Invariant: a server is told which client by the name that it has itself for that process, and only
where no other has that name. Whether it did it is its word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tracer.settings import ActionKind

_LIST: Final = ("list-clients", "-F", "#{client_pid} #{client_name} #{client_readonly}")
_LINE: Final = re.compile(rb"(\d{1,10}) (/dev/[A-Za-z0-9/]+) ([01])")


class Answer(NamedTuple):
    """What a server printed; `error`: why there is no answer."""

    output: bytes = b""
    error: str | None = None


Ask = Callable[[bytes, int, Sequence[str]], Answer]
"""Has the server with that socket and that pid run a command of tmux."""


class Server:
    """Of tmux. Methods raise OSError where it doesn't do what it is told."""

    def __init__(self, ask: Ask, socket: bytes, pid: int) -> None:
        self._ask, self._socket, self._pid = ask, socket, pid

    def command(self, kind: ActionKind, pid: int) -> None:
        """Has it lock the client of this pid, or make it read-only."""
        name = self._find(pid)[0].decode()
        if kind is ActionKind.LOCK:
            self._run("lock-client", "-t", name)
            return
        # Sets it; switch-client -r, which tmux had first, would take it back the second time.
        self._run("refresh-client", "-t", name, "-f", "read-only")
        if self._find(pid)[1] != b"1":
            raise OSError("the tmux server says that it can still type")

    def _find(self, pid: int) -> tuple[bytes, bytes]:
        """The name of the client, and whether it is read-only."""
        found = [_LINE.fullmatch(line) for line in self._run(*_LIST).splitlines()]
        lines = [line.groups() for line in found if line]
        its = [line for line in lines if int(line[0]) == pid]
        if not its:
            raise OSError("the tmux server knows no such client")
        _, name, is_read_only = its[0]
        if len(its) > 1 or [line[1] for line in lines].count(name) > 1:
            raise OSError("the tmux server has several clients of that name")
        return name, is_read_only

    def _run(self, *argv: str) -> bytes:
        answer = self._ask(self._socket, self._pid, argv)
        if answer.error is not None:
            raise OSError(f"the tmux server: {answer.error}")
        return answer.output
