"""Behaves as a tmux server does, and isn't one: `impostor.py MODE SOCKET COMMAND`.

It listens on SOCKET and runs COMMAND in sh on a pty. Who connects is told with a line "asked" on
stdout, and is hung up on (MODE close) or never answered (MODE hang).
"""

from __future__ import annotations

import os
import pty
import select
import socket
import sys


def main(mode: str, path: str, command: str) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        pid, master = pty.fork()
        if pid == 0:
            os.execv("/bin/sh", ["sh", "-c", command])
        serve(listener, master, mode)


def serve(listener: socket.socket, master: int, mode: str) -> None:
    """Until the command has ended."""
    clients = []
    while True:
        ready, _, _ = select.select([listener, master], [], [])
        if listener in ready:
            clients.append(listener.accept()[0])
            print("asked", flush=True)
            if mode == "close":
                clients.pop().close()
        if master in ready:
            try:
                os.read(master, 65536)
            except OSError:  # EIO: nobody has the slave open any more
                return


if __name__ == "__main__":
    main(*sys.argv[1:])
