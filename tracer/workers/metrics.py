"""Counters for Prometheus, over HTTP: each scrape asks the service how it is.

Invariant: whoever comes gets an answer, or the end of the connection, within DEADLINE_S; a request
is as long as MAX_REQUEST at most, and of connections there are MAX_CLIENTS at most. Nothing that a
client sends comes to the service.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from typing import Final, NamedTuple

from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import CollectorRegistry

from tracer.codec.identity import Fields
from tracer.privileges import become, worker_account
from tracer.workers.door import Door
from tracer.workers.metric_families import StatusCollector

DEADLINE_S: Final = 5.0
MAX_REQUEST: Final = 8192
MAX_CLIENTS: Final = 64
_TEXT: Final = "text/plain; charset=utf-8"


class Response(NamedTuple):
    """Of HTTP."""

    status: str
    type: str = _TEXT
    body: bytes = b""


class Scraped:
    """The service behind the door: asked once for all who wait."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._answer: asyncio.Future[Fields | None] | None = None

    async def status(self) -> Fields | None:
        """What it says now; None where it can't say."""
        if self._answer is None:
            self._answer = asyncio.get_running_loop().create_future()
            self._door.send({"scrape": True})
        return await asyncio.shield(self._answer)

    def hear(self) -> bool:
        """Takes what it said; False if it has gone."""
        message = self._door.receive()
        if message is None:
            return False
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.set_result(message.fields.get("status"))
        return True


class Server:
    """Serves clients of `listener` until the door ends."""

    def __init__(self, door: Door, listener: socket.socket) -> None:
        self._door, self._listener = door, listener
        self._scraped = Scraped(door)
        self._clients = 0

    async def run(self) -> None:
        """Goes on until the service has gone."""
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._door.fileno(), self._hear, over)
        server = await asyncio.start_server(self._serve, sock=self._listener, limit=MAX_REQUEST)
        async with server:
            await over.wait()

    def _hear(self, over: asyncio.Event) -> None:
        if not self._scraped.hear():
            over.set()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._clients += 1
        try:
            if self._clients <= MAX_CLIENTS:
                with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                    async with asyncio.timeout(DEADLINE_S):
                        writer.write(_bytes_of(await self._respond(reader)))
                        await writer.drain()
                        writer.close()
                        await writer.wait_closed()
        finally:
            self._clients -= 1
            writer.transport.abort()

    async def _respond(self, reader: StreamReader) -> Response:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return Response("431 Request Header Fields Too Large")
        line, *headers = head.decode("latin-1").split("\r\n")
        match line.split(" "):
            case ["GET", path, ("HTTP/1.0" | "HTTP/1.1")]:
                if path.partition("?")[0] != "/metrics":
                    return Response("404 Not Found", body=b"/metrics\n")
                status = await self._scraped.status()
                if status is None:
                    return Response("503 Service Unavailable", body=b"ttytrace status\n")
                return rendered(status, _accepted(headers))
            case [_, _, ("HTTP/1.0" | "HTTP/1.1")]:
                return Response("405 Method Not Allowed")
        return Response("400 Bad Request")


def rendered(status: Fields, accept: str) -> Response:
    """A status as metrics, in a format that the client accepts."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StatusCollector(status))
    encode, type_ = choose_encoder(accept)
    return Response("200 OK", type_, encode(registry))


def _accepted(headers: list[str]) -> str:
    named = (header.partition(":") for header in headers)
    return next((value.strip() for name, _, value in named if name.lower() == "accept"), "")


def _bytes_of(response: Response) -> bytes:
    head = (
        f"HTTP/1.1 {response.status}\r\nContent-Type: {response.type}\r\n"
        f"Content-Length: {len(response.body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + response.body


def main() -> None:
    """The process: its first message brings the listening socket."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # those who record have blocked some
    door = Door.of_worker()
    hello = door.receive()
    if hello is None:
        return
    become(worker_account())
    listener = socket.socket(fileno=hello.descriptors[0])
    listener.setblocking(False)
    asyncio.run(Server(door, listener).run())
    os._exit(0)  # whoever is connected still has no claim on us


if __name__ == "__main__":
    main()
