"""Says the names of users, since what knows them (NSS) may load anybody's modules, ask a directory
on another host, and hang.

Invariant: a question that takes too long ends the process: the next one begins with a fresh one.
"""

from __future__ import annotations

import signal
import socket
from typing import Final

from tracer.observe.names import user_name
from tracer.privileges import become, worker_account
from tracer.workers.door import Door

PATIENCE_S: Final = 10
"""As long as one question may take."""


def answer(door: Door) -> None:
    """Answers each `uid` with its `name`, until the door ends."""
    while message := door.receive():
        uid = message.fields["uid"]
        signal.alarm(PATIENCE_S)
        name = user_name(uid)
        signal.alarm(0)
        door.send({"uid": uid, "name": name})


def main() -> None:
    """The process: its first message has the end of another door, by which it is asked."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # those who record have blocked some
    hello = Door.of_worker().receive()
    if hello is None:
        return
    become(worker_account())
    answer(Door(socket.socket(fileno=hello.descriptors[0])))


if __name__ == "__main__":
    main()
