"""What a tmux server is told about its clients."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tracer.respond.client import Answer, Server
from tracer.settings import ActionKind

SOCKET, PID = b"/tmp/s", 39
TWO = b"41 /dev/pts/3 0\n42 /dev/pts/4 0\n"


class Tmux:
    """Answers with these, and notes what it was asked."""

    def __init__(self, *answers: bytes | str) -> None:
        self.asked: list[tuple[str, ...]] = []
        self._answers = list(answers)

    def ask(self, socket: bytes, pid: int, argv: Sequence[str]) -> Answer:
        assert (socket, pid) == (SOCKET, PID)
        self.asked.append(tuple(argv))
        answer = self._answers.pop(0)
        return Answer(answer) if isinstance(answer, bytes) else Answer(error=answer)

    def command(self, kind: ActionKind) -> None:
        Server(self.ask, SOCKET, PID).command(kind, 41)


def test_a_client_is_named_as_the_server_names_it() -> None:
    """For that process."""
    tmux = Tmux(TWO, b"")
    tmux.command(ActionKind.LOCK)
    assert tmux.asked[1:] == [("lock-client", "-t", "/dev/pts/3")]


def test_whether_it_is_read_only_is_looked_at() -> None:
    """As the command says nothing of it."""
    fine = Tmux(TWO, b"", TWO.replace(b"3 0", b"3 1"))
    fine.command(ActionKind.READ_ONLY)
    assert fine.asked[1] == ("refresh-client", "-t", "/dev/pts/3", "-f", "read-only")
    with pytest.raises(OSError, match="can still type"):
        Tmux(TWO, b"", TWO).command(ActionKind.READ_ONLY)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"42 /dev/pts/4 0\n", "knows no such client"),
        (b"41 client-41 0\n", "knows no such client"),
        (b"41 /dev/pts/3;kill-server 0\n", "knows no such client"),
        (b"x\xff\n" + b"9" * 5000 + b" /dev/pts/3 0", "knows no such client"),
        (b"41 /dev/pts/3 0\n42 /dev/pts/3 0\n", "several clients"),
        (b"41 /dev/pts/3 0\n41 /dev/pts/4 0\n", "several clients"),
        ("timeout", "the tmux server: timeout"),
    ],
)
def test_an_odd_answer_is_a_failure(answer: bytes | str, reason: str) -> None:
    """And nothing else is asked."""
    tmux = Tmux(answer)
    with pytest.raises(OSError, match=reason):
        tmux.command(ActionKind.LOCK)
    assert len(tmux.asked) == 1
