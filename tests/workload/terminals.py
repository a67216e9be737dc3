"""Behaves as a tmux server with very many terminals: `terminals.py SOCKET COUNT`.

It listens on SOCKET, has one program on a terminal, and opens up to COUNT more; on each it shows
"terminal N" and a newline. After each few hundred it says how many there are, and goes on when it
is told to; with the same number once more there are no more. It keeps them until its input ends.
"""

from __future__ import annotations

import os
import pty
import resource
import socket
import sys

AT_ONCE = 400


def show(number: int) -> int:
    """Opens one; what was shown is read, as tmux does. Returns the master."""
    master, slave = os.openpty()
    os.write(slave, b"terminal %d\n" % number)
    os.close(slave)
    while not os.read(master, 100).endswith(b"\n"):
        pass
    return master


def open_some(masters: list[int], count: int) -> bool:
    """Opens a few hundred, but no more than `count` in all; whether there were any."""
    before = len(masters)
    try:
        while len(masters) < min(before + AT_ONCE, count):
            masters.append(show(len(masters)))
    except OSError:  # there are no more
        pass
    return len(masters) > before


def main(path: str, count: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        child, first = pty.fork()
        if child == 0:
            os.execv("/bin/sh", ["sh", "-c", "echo up; exec sleep infinity"])
        os.read(first, 100)  # by now it is seen that this is a server
        masters: list[int] = []
        while open_some(masters, count):
            print(len(masters), flush=True)
            sys.stdin.readline()
        print(len(masters), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
