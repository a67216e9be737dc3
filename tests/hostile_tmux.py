"""A fake tmux server that attacks whoever talks to it: `hostile_tmux.py MODE DIR [COMMAND]`.

It listens on DIR/socket, prints "ready", and answers each client's command with the attack that
MODE names, a method of Attack. What a client sends goes to DIR/received. An attack that worked
leaves DIR/executed (it ran something), DIR/created (it created a file) or DIR/received with
DIR/secret in it; `kill` makes tmux's client send SIGHUP to its parent. COMMAND runs in sh on a pty,
as in a pane, and ends with us. It has its own codec on purpose: nothing here may depend on what it
is meant to test.
"""

from __future__ import annotations

import itertools
import os
import pty
import random
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

VERSION, COMMAND, DETACHKILL, EXIT, EXITED = 12, 200, 202, 203, 204
LOCK, READY, SHELL, EXEC = 206, 207, 209, 217
READ_OPEN, WRITE_OPEN, WRITE = 300, 303, 304
PROTOCOL = 8
PATIENCE_S = 10

LIES = b"""S $0 work
P $0 @0 0 %0 0 1 /dev/pts/0 init
P $0 @0 0 %1 1 99999999999999999999 /dev/pts/0 too big
P $0 @0 0 %2 2 12 /etc/passwd not a terminal
C 1 $0 80 24 0 0
C -1 $0 80 24 0 0
S $1 \x1b]0;pwn\x07
S $2 \xff\xfe
X 1
"""


def frame(kind: int, data: bytes = b"", version: int = PROTOCOL) -> bytes:
    return struct.pack("=IHHII", kind, 16 + len(data), 0, version, os.getpid()) + data


def write(data: bytes) -> bytes:
    return frame(WRITE, struct.pack("=i", 1) + data)


OPEN_STDOUT = frame(WRITE_OPEN, struct.pack("=iii", 1, 1, 0))


class Attack:
    """One attack per method: what to send, chunk by chunk, when a command has arrived."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.touch = f"mkdir {place}/executed".encode()

    def shell(self) -> Iterator[bytes]:
        yield frame(SHELL, bytes(self.place / "attack.sh") + b"\0")

    def lock(self) -> Iterator[bytes]:
        yield frame(READY) + frame(LOCK, self.touch + b"\0")

    def exec(self) -> Iterator[bytes]:
        yield frame(READY) + frame(EXEC, self.touch + b"\0/bin/sh\0") + frame(EXITED)

    def read(self) -> Iterator[bytes]:
        yield frame(READ_OPEN, struct.pack("=ii", 3, -1) + bytes(self.place / "secret") + b"\0")

    def write(self) -> Iterator[bytes]:
        path = bytes(self.place / "created")
        yield frame(WRITE_OPEN, struct.pack("=iii", 3, -1, os.O_TRUNC) + path + b"\0")

    def kill(self) -> Iterator[bytes]:
        yield frame(READY) + frame(DETACHKILL, b"session\0") + frame(EXITED)

    def hang(self) -> Iterator[bytes]:
        return iter(())

    def drip(self) -> Iterator[bytes]:
        for byte in itertools.cycle(frame(READY)):
            time.sleep(0.05)
            yield bytes([byte])

    def flood(self) -> Iterator[bytes]:
        yield OPEN_STDOUT
        yield from itertools.repeat(write(b"S $0 x\n" * 2000))

    def flood_small(self) -> Iterator[bytes]:
        yield from itertools.repeat(frame(READY) * 64)

    def lie(self) -> Iterator[bytes]:
        yield OPEN_STDOUT + write(LIES) + frame(EXIT, struct.pack("=i", 0))

    def garbage(self) -> Iterator[bytes]:
        yield random.Random(1).randbytes(4096)

    def short(self) -> Iterator[bytes]:
        yield frame(WRITE, b"\1")

    def close(self) -> Iterator[bytes]:
        yield b""

    def other_version(self) -> Iterator[bytes]:
        yield frame(VERSION, version=7)


def serve(client: socket.socket, mode: str, place: Path) -> None:
    """Read up to the command, attack, then collect what else comes."""
    with client, (place / "received").open("ab", buffering=0) as received:
        client.settimeout(PATIENCE_S)
        heard = b""
        while struct.pack("=I", COMMAND) not in heard:
            heard += client.recv(65536)
        received.write(heard)
        for chunk in getattr(Attack(place), mode)():
            if mode == "close":
                return
            if mode == "flood":  # with a file, for a client that takes what it is given
                socket.send_fds(client, [chunk], [0])
            else:
                client.sendall(chunk)
        while more := client.recv(65536):
            received.write(more)


def main(mode: str, place: Path, command: str = "") -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(bytes(place / "socket"))
        listener.listen()
        if command and pty.fork()[0] == 0:
            os.execv("/bin/sh", ["sh", "-c", command])
        print("ready", flush=True)
        while True:
            client, _ = listener.accept()
            try:
                serve(client, mode, place)
            except OSError:  # the client gave up: what it should do
                continue


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
