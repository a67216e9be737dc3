"""Shows what is recorded to those who may watch, while it is recorded.

    client: {"filter": …, "since": …}             service: {"watched": [[number, error, tty], …]}
    we:     {"hello": …}, then records, and       we:      {"watch": number, "pid": …, …}
            {"dropped": …} where some are missing,
            {"hidden": …} where a terminal's are

Invariant: nobody is shown anything before the service has put on record that they watch. The log
is followed once for all; a client that doesn't read holds up no other, and costs no more memory.
The process has no rights but to read the log.
"""

from __future__ import annotations

import resource
import select
import signal
import socket
import sys
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

from tracer.clock import boot_ns
from tracer.codec.identity import Fields
from tracer.errors import TtytraceError
from tracer.model.events import Tty
from tracer.privileges import become, reading_group, worker_account
from tracer.store.directory import Directory
from tracer.store.follow import Follower, Line
from tracer.workers.door import Door
from tracer.workers.live_client import Client, Peer, Stream, Turn
from tracer.workers.live_request import Request, Since, View
from tracer.workers.live_window import Window

VERSION: Final = 1
"""Of what is spoken over the socket."""
POLL_S: Final = 0.02
_SWEEP_NS: Final = 500_000_000
_PATIENCE_NS: Final = 5_000_000_000  # with a request
_ANSWER_NS: Final = 60_000_000_000  # of the service, whose disk may be slow
_ACCEPTS: Final = 64  # in one turn
_TAKE_BYTES: Final = 1 << 18  # no more than a client is sent in a turn
_READERS: Final = 4  # of the store, in one turn: the log's end must not wait for them
_SHARE: Final = 4  # one user who isn't root has no more of the places than a quarter
_SPARE_FDS: Final = 64


class Offer(NamedTuple):
    """What the settings allow: see settings.LiveSettings."""

    clients: int
    behind_bytes: int
    own_sessions: bool


class Server:
    """`segments`: the directory that is followed. `host`: what each client is told of it."""

    def __init__(
        self, listener: socket.socket, door: Door, segments: Directory, offer: Offer, host: Fields
    ) -> None:
        self._listener, self._door, self._segments = listener, door, segments
        self._offer, self._host = offer, host
        self._clients: dict[int, Client] = {}
        self._users: Counter[int] = Counter()
        self._waiting: dict[int, Client] = {}  # for the service, by number
        self._number = 0
        self._ready: list[Client] = []  # on record, and not begun yet
        self._streaming: set[Client] = set()
        self._busy: dict[Client, None] = {}  # of these: have more to do; in order of their turns
        self._blocked: set[Client] = set()  # don't read
        self._tail: Follower | None = None
        self._window: Window | None = None
        self._watched: frozenset[Tty] = frozenset()  # the terminals of all clients
        self._watched_all: frozenset[Tty] = frozenset()  # of those that see all
        self._sweep_ns = 0
        self._told = {"clients": 0, "dropped": 0}
        self._dropped = 0  # by those who have left
        self._poll = select.epoll()
        listener.setblocking(False)
        for end in (listener, door):
            self._poll.register(end, select.EPOLLIN)

    def serve(self) -> None:
        """Until the door ends."""
        while self._turn():
            pass

    # ---- turns ----

    def _turn(self) -> bool:
        for fd, events in self._poll.poll(self._patience_s()):
            if fd == self._door.fileno():
                if not self._hear():
                    return False
            elif fd == self._listener.fileno():
                self._accept()
            elif (client := self._clients.get(fd)) is not None:
                self._meet(client, events)
        self._sweep(boot_ns())
        self._follow()
        for each in self._next():
            self._pump(each)
        return True

    def _next(self) -> list[Client]:
        """Whose turn it is."""
        behind = [client for client in self._busy if client.is_behind]
        return [*(self._busy.keys() - behind), *behind[:_READERS]]

    def _patience_s(self) -> float | None:
        if self._busy or self._ready:
            return 0
        if self._window is not None:
            return POLL_S
        return _SWEEP_NS / 1e9 if self._clients or self._told["clients"] else None

    def _sweep(self, now_ns: int) -> None:
        if now_ns < self._sweep_ns:
            return
        self._sweep_ns = now_ns + _SWEEP_NS
        for client in list(self._clients.values()):
            if client.stream is not None:
                continue
            waited_ns = now_ns - client.since_ns
            if client.request is None and waited_ns > _PATIENCE_NS:
                self._refuse(client, "no request came")
            elif waited_ns > _ANSWER_NS:
                self._refuse(client, "ttytrace could not put it on record that you watch")
        self._tell()

    def _tell(self) -> None:
        """Says how many are connected, and how many records they were told to have missed."""
        streams = (client.stream for client in self._streaming)
        dropped = sum(stream.dropped for stream in streams if stream is not None)
        state = {"clients": len(self._clients), "dropped": self._dropped + dropped}
        if state != self._told and self._door.send(state):
            self._told = state

    # ---- clients ----

    def _accept(self) -> None:
        for _ in range(_ACCEPTS):
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setblocking(False)
            try:
                client = Client(connection, Peer.of(connection), boot_ns())
            except OSError:
                connection.close()
                continue
            if why := self._reason_against(client.peer):
                client.refuse(why)
            else:
                self._clients[client.fd] = client
                self._users[client.peer.uid] += 1
                self._poll.register(connection, select.EPOLLIN)

    def _reason_against(self, peer: Peer) -> str | None:
        if not self._may_see_all(peer) and not self._offer.own_sessions:
            return "only root and members of the group ttytrace may watch here"
        most = self._offer.clients
        if len(self._clients) >= most:
            return f"{most} clients watch already, more may not ([live].clients)"
        if peer.uid and self._users[peer.uid] >= max(1, most // _SHARE):
            return f"a user may have a quarter of {most} clients ([live].clients)"
        return None

    def _may_see_all(self, peer: Peer) -> bool:
        return peer.uid == 0 or reading_group() in peer.gids

    def _meet(self, client: Client, events: int) -> None:
        try:
            if events & ~select.EPOLLOUT and (request := client.hear()) is not None:
                self._announce(client, request)
            if events & select.EPOLLOUT:
                self._poll.modify(client.connection, select.EPOLLIN)
                self._blocked.discard(client)
                self._busy[client] = None
        except BlockingIOError:
            return
        except OSError:
            self._drop(client)
        except ValueError as error:
            self._refuse(client, str(error))

    def _pump(self, client: Client) -> None:
        assert self._window is not None
        # Who sees only what is theirs must not hide their terminal from those who see all.
        watched = self._watched_all if client.sees_all else self._watched
        try:
            turn = client.pump(self._window, watched)
        except OSError:
            self._drop(client)
        except TtytraceError as error:
            self._refuse(client, str(error))
        else:
            del self._busy[client]
            if turn is Turn.BUSY:
                self._busy[client] = None
            if turn is Turn.BLOCKED:
                self._blocked.add(client)
                self._poll.modify(client.connection, select.EPOLLIN | select.EPOLLOUT)

    def _refuse(self, client: Client, why: str) -> None:
        self._forget(client)
        client.refuse(why)

    def _drop(self, client: Client) -> None:
        self._forget(client)
        client.close()

    def _forget(self, client: Client) -> None:
        del self._clients[client.fd]
        self._waiting.pop(client.number, None)
        self._users[client.peer.uid] -= 1
        if client.stream is not None:
            self._dropped += client.stream.dropped
        for those in (self._streaming, self._blocked):
            those.discard(client)
        self._busy.pop(client, None)
        if client in self._ready:
            self._ready.remove(client)
        self._look_who_watches()

    def _look_who_watches(self) -> None:
        there = [(client.tty, client.sees_all) for client in self._streaming if client.tty]
        self._watched = frozenset(tty for tty, _ in there)
        self._watched_all = frozenset(tty for tty, sees_all in there if sees_all)

    # ---- the service ----

    def _announce(self, client: Client, request: Request) -> None:
        """Has the service put on record who watches what, before any of it is shown."""
        self._number += 1
        client.number = self._number
        self._waiting[client.number] = client
        pid, uid, _ = client.peer
        said = {"watch": self._number, "pid": pid, "uid": uid, "connected_ns": client.since_ns}
        client.since_ns = boot_ns()
        self._door.send(said | {"request": request.fields()})

    def _hear(self) -> bool:
        message = self._door.receive()
        if message is None:
            return False
        for number, error, tty in message.fields["watched"]:
            client = self._waiting.pop(number, None)
            if client is None:
                continue
            if error is not None:
                self._refuse(client, error)
            else:
                client.tty = Tty(*tty) if tty else None
                self._ready.append(client)
        return True

    # ---- the log ----

    def _follow(self) -> None:
        if self._tail is None and self._ready:
            self._tail = Follower(self._segments)
        if self._tail is None:
            return
        lines = self._tail.take(_TAKE_BYTES)
        if self._window is None and self._tail.is_at_end:
            self._window = Window(self._offer.behind_bytes, self._tail.next)
        elif self._window is not None and lines:
            self._grow(self._window, lines)
        if self._window is not None:
            for client in self._ready[:_READERS]:
                self._begin(client, self._window)
            del self._ready[:_READERS]
            if not self._streaming:
                self._rest()

    def _grow(self, window: Window, lines: list[Line]) -> None:
        if lines[0].sequence < window.end:
            for client in self._streaming:
                client.back(lines[0].sequence)
        window.add(lines)
        self._busy |= dict.fromkeys(self._streaming - self._blocked)

    def _begin(self, client: Client, window: Window) -> None:
        assert client.request is not None
        owner = None if self._may_see_all(client.peer) else client.peer.uid
        view = View(client.request.selection, owner, client.tty is not None)
        since = client.request.since
        start = window.end if since is None else since.sequence
        stream = Stream(view, start, self._follower_of(since))
        client.begin({"version": VERSION, "next": window.end, "host": self._host}, stream)
        self._streaming.add(client)
        self._busy[client] = None
        self._look_who_watches()

    def _follower_of(self, since: Since | None) -> Follower | None:
        if since is None:
            return None
        if since.time_ns is not None:
            return Follower.since(self._segments, since.time_ns)
        return Follower(self._segments, since.sequence)

    def _rest(self) -> None:
        """Nobody watches: nothing is read."""
        if self._tail is not None:
            self._tail.close()
        self._tail = self._window = None


def main() -> None:
    """The process. Its first message: the log's `directory`, the settings, the `host`; with it the
    listening socket. The exit code says why it ended."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # those who record have blocked some
    door = Door.of_worker()
    hello = door.receive()
    if hello is None:
        return
    asked, (listener,) = hello.fields, hello.descriptors
    try:
        segments = Directory(Path(asked["directory"])).inside("log")
        offer = Offer(_room_for(asked["clients"]), asked["behind_bytes"], asked["own_sessions"])
        become(worker_account())
        Server(socket.socket(fileno=listener), door, segments, offer, asked["host"]).serve()
    except TtytraceError as error:
        sys.exit(error.exit_code)


def _room_for(clients: int) -> int:
    """How many can have their descriptors: a socket, and a file while they catch up."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return clients if most == resource.RLIM_INFINITY else min(clients, (most - _SPARE_FDS) // 2)


if __name__ == "__main__":
    main()
