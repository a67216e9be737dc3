"""Tells people of alerts: mail, chat, webhooks.

Invariant: the process has no rights, connects to nothing but what its settings allow, and starts no
program; what apprise, and what a peer answers, can do is bounded by that.
"""

from __future__ import annotations

import os
import resource
import signal
from typing import Final

from tracer.privileges import become, worker_account
from tracer.respond import http, outward
from tracer.respond.notify import Notify
from tracer.respond.urls import load
from tracer.workers.acting import serve
from tracer.workers.door import Door

_KEPT: Final = ("LANG", "PATH", "SSL_CERT_DIR", "SSL_CERT_FILE")
"""Of the environment: so nothing there can name a proxy, or a file of passwords."""
_MOST_BYTES: Final = 256 << 20


def main() -> None:
    """The process: its first message has the `directory` of the log, the `actions` as [[actions]]
    has them, their `cursors`, and the `first` record of this run."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # those who record have blocked some
    door = Door.of_worker()
    hello = door.receive()
    if hello is None:
        return
    for name in os.environ.keys() - set(_KEPT):
        del os.environ[name]
    load()  # while the program's files can be read: a checkout may lie where nobody else can come
    become(worker_account())
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_BYTES, _MOST_BYTES))
    http.restrain()
    outward.guard()
    serve(hello, door, Notify)
    os._exit(0)  # a thread may hang where it can't be ended


if __name__ == "__main__":
    main()
