"""What comes back from asking a tmux server, by whichever way it was asked.

Invariant: all but `peer` is the server's word.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.model.facts import Verdict

DEADLINE_S: Final = 2.0
MAX_REPLY_BYTES: Final = 1 << 20


class Peer(NamedTuple):
    """Who called listen() on the socket, as the kernel noted then (SO_PEERCRED)."""

    pid: int
    uid: int
    gid: int


class Reply(NamedTuple):
    """`output` and `errors` are what tmux printed, whole only where `verdict` is OK.

    `message` names the message that made the verdict HOSTILE.
    """

    verdict: Verdict
    output: bytes = b""
    errors: bytes = b""
    status: int = 0
    peer: Peer | None = None
    message: str | None = None
