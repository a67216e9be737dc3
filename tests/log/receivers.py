"""Real receivers of notifications on the loopback, with TLS: webhooks and mail, and what they got.

Invariant: after close() nothing of them listens.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from tests.log.peers import certify
from tests.patience import PATIENCE_S

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MANY = 1 << 22


def fine() -> Iterator[bytes]:
    yield OK


def missing() -> Iterator[bytes]:
    yield b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def moved() -> Iterator[bytes]:
    yield b"HTTP/1.1 307 Moved\r\nLocation: https://localhost/\r\nContent-Length: 0\r\n\r\n"


def huge() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % MANY
    for _ in range(MANY >> 16):
        yield bytes(1 << 16)


def silent() -> Iterator[bytes]:
    threading.Event().wait(PATIENCE_S)
    yield b""


def slow() -> Iterator[bytes]:
    """A byte of a header at a time, each before a read would give up."""
    yield b"HTTP/1.1 200 OK\r\nX: "
    while True:
        threading.Event().wait(0.5)
        yield b"x"


class Receiver:
    """Listens at `port` of the loopback. `got`: what came, a connection at a time."""

    def __init__(self, place: Path, address: str = "127.0.0.1") -> None:
        if not (place / "ca.pem").exists():
            certify(place)
        self.ca = place / "ca.pem"
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.ca, place / "key.pem")
        self._listener = socket.create_server((address, 0))
        self.port: int = self._listener.getsockname()[1]
        self.got: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._meet, args=(client,), daemon=True).start()

    def _meet(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            client.settimeout(PATIENCE_S)
            self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        raise NotImplementedError

    def _secure(self, client: socket.socket) -> ssl.SSLSocket:
        return self._context.wrap_socket(client, server_side=True)


class Webhook(Receiver):
    """`respond` makes what it answers. Without TLS if `is_plain`."""

    def __init__(
        self,
        place: Path,
        respond: Callable[[], Iterator[bytes]] = fine,
        *,
        is_plain: bool = False,
    ) -> None:
        self.respond, self._is_plain = respond, is_plain
        super().__init__(place)

    def bodies(self) -> list[Any]:
        """The JSON that came."""
        return [orjson.loads(each.partition(b"\r\n\r\n")[2]) for each in self.got]

    def _serve(self, client: socket.socket) -> None:
        with client if self._is_plain else self._secure(client) as stream:
            data = b""
            while not _is_whole(data):
                chunk = stream.recv(65536)
                if not chunk:
                    return
                data += chunk
            self.got.append(data)
            for each in self.respond():
                stream.sendall(each)


class MailServer(Receiver):
    """Speaks SMTP; with STARTTLS, and not without, unless it `is_plain`."""

    def __init__(self, place: Path, *, is_plain: bool = False) -> None:
        self._is_plain = is_plain
        super().__init__(place)

    def _serve(self, client: socket.socket) -> None:
        client.sendall(b"220 lab\r\n")
        stream, lines = client, client.makefile("rb")
        while line := lines.readline():
            match line.split()[0].lower():
                case b"ehlo":
                    is_open = self._is_plain or stream is not client
                    stream.sendall(b"250 lab\r\n" if is_open else b"250-lab\r\n250 STARTTLS\r\n")
                case b"starttls":
                    stream.sendall(b"220 go\r\n")
                    stream = self._secure(client)
                    lines = stream.makefile("rb")
                case b"data":
                    stream.sendall(b"354 go\r\n")
                    self.got.append(b"".join(iter(lines.readline, b".\r\n")))
                    stream.sendall(b"250 taken\r\n")
                case _:
                    stream.sendall(b"250 ok\r\n")


def _is_whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(end) and len(body) >= int(lengths[0].partition(b":")[2] if lengths else 0)
