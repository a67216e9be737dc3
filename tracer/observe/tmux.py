"""Our own tmux client, which can be told to do nothing.

tmux's own client does what the server sends: MSG_SHELL and MSG_EXEC exec, MSG_LOCK is system(),
MSG_READ_OPEN and MSG_WRITE_OPEN open files, MSG_DETACHKILL kills the parent (client.c and file.c
of 3.3a). As root on a user's socket that is a root shell for the user. This one has no code for it.

Invariant: whatever listens on the socket, a query ends by its deadline, reads at most its bound,
opens nothing that the server names, takes no descriptor, and gives away nothing but our pid; the
outcome is a value. What the answer means is in `claims`; the way of last resort, tmux's own client
run as the server's user, is in `tmux_peer`.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
import time
from collections.abc import Sequence
from typing import Final

from tracer.model.facts import ServerClaims, Verdict
from tracer.observe import claims, tmux_peer
from tracer.observe.imsg import (
    PROTOCOL_VERSION,
    Decoder,
    Message,
    NotImsg,
    Type,
    pack,
    type_name,
)
from tracer.observe.reply import DEADLINE_S, MAX_REPLY_BYTES, Peer, Reply

CLIENT_UTF8: Final = 0x10000  # tmux.h; without it, names come with _ for what isn't ASCII
_INT: Final = struct.Struct("=i")
_WRITE_OPEN: Final = struct.Struct("=iii")  # stream, fd, flags; then a path
_WRITE_READY: Final = struct.Struct("=ii")  # stream, errno
_UCRED: Final = struct.Struct("=iII")


class Conversation:
    """One command and its answer, without I/O: bytes from the server in, bytes for it out.

    `verdict` is None until the conversation is over; `output`, `errors` and `status` are tmux's
    stdout, stderr and exit status then. `message` names what made it HOSTILE.
    """

    def __init__(self, argv: Sequence[str], max_reply_bytes: int) -> None:
        self.verdict: Verdict | None = None
        self.message: str | None = None
        self.status = 0
        self.output = bytearray()
        self.errors = bytearray()
        self._argv = argv
        self._left = max_reply_bytes
        self._decoder = Decoder()
        self._streams: dict[int, bytearray] = {}

    def opening(self) -> bytes:
        """What a client says first.

        TTYNAME and TERM must be there: the server reads them without a check at IDENTIFY_DONE
        (server_client_dispatch_identify). A wrong size is fatalx in the user's server, so none of
        this may be got wrong. No descriptors and no environment: it does without.
        """
        pid = os.getpid()
        args = b"".join(os.fsencode(arg) + b"\0" for arg in self._argv)
        said = (
            (Type.IDENTIFY_FLAGS, _INT.pack(CLIENT_UTF8)),
            (Type.IDENTIFY_TERM, b"dumb\0"),
            (Type.IDENTIFY_TTYNAME, b"\0"),
            (Type.IDENTIFY_CWD, b"/\0"),
            (Type.IDENTIFY_CLIENTPID, _INT.pack(pid)),
            (Type.IDENTIFY_DONE, b""),
            (Type.COMMAND, _INT.pack(len(self._argv)) + args),
        )
        return b"".join(pack(kind, data, pid) for kind, data in said)

    def feed(self, data: bytes) -> bytes:
        """Take what the server sent (b"" when it closed); the answer to send, maybe empty."""
        self._left -= len(data)
        if not data or self._left < 0:
            self.verdict = Verdict.TOO_BIG if data else Verdict.NOT_TMUX
            return b""
        try:
            messages = self._decoder.feed(data)
        except NotImsg:
            self.verdict = Verdict.NOT_TMUX
            return b""
        return b"".join(self._take(message) for message in messages if self.verdict is None)

    def _take(self, message: Message) -> bytes:
        if message.type == Type.VERSION or message.version != PROTOCOL_VERSION:
            self.verdict = Verdict.VERSION
            return b""
        try:
            return self._obey(message)
        except struct.error:  # too short for what it says it is
            self.verdict = Verdict.NOT_TMUX
            return b""

    # The whole of what a server can make us do. Everything that isn't named is hostile: opening
    # a file for it too, since what we ask for never needs one.
    def _obey(self, message: Message) -> bytes:
        match message.type:
            case Type.WRITE_OPEN:
                return self._open_stream(message)
            case Type.WRITE:
                (stream,) = _INT.unpack_from(message.data)
                self._streams.get(stream, bytearray()).extend(message.data[_INT.size :])
            case Type.WRITE_CLOSE | Type.READY | Type.FLAGS:
                pass
            case Type.EXIT | Type.EXITED:
                # EXIT carries the status, or nothing, and a text for a person.
                self.status = _INT.unpack_from(message.data)[0] if message.data else 0
                self.verdict = Verdict.OK
            case Type.SHUTDOWN:
                self.verdict = Verdict.UNREACHABLE
            case _:
                self._hostile(message)
        return b""

    def _open_stream(self, message: Message) -> bytes:
        stream, fd, _flags = _WRITE_OPEN.unpack_from(message.data)
        sink = {1: self.output, 2: self.errors}.get(fd)
        if sink is None:
            self._hostile(message)
            return b""
        self._streams[stream] = sink
        return pack(Type.WRITE_READY, _WRITE_READY.pack(stream, 0), os.getpid())

    def _hostile(self, message: Message) -> None:
        self.verdict = Verdict.HOSTILE
        self.message = type_name(message.type)


def query(
    socket_path: str | bytes,
    expected_pid: int | None,
    argv: Sequence[str],
    deadline_s: float = DEADLINE_S,
    max_reply_bytes: int = MAX_REPLY_BYTES,
) -> Reply:
    """Ask what listens on `socket_path` to run one tmux command, and collect what it prints.

    `expected_pid` is the process that the kernel saw listening (None: any). Takes at most
    `deadline_s` in all, and never raises for what the other side does or doesn't.
    """
    end = time.monotonic() + deadline_s
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            _connect(sock, socket_path, end)
            peer = _peer(sock)
        except OSError:
            return Reply(Verdict.UNREACHABLE)
        if expected_pid not in (None, peer.pid):
            return Reply(Verdict.WRONG_PEER, peer=peer)
        return _converse(sock, Conversation(argv, max_reply_bytes), end, peer)


def server_facts(socket_path: bytes, server_pid: int) -> ServerClaims:
    """One poll of a tmux server: its sessions, clients and panes, none of them verified yet.

    Each poll shows to the user (their after-list-* hooks run), so callers limit its rate.
    """
    return claims.parse(ask(socket_path, server_pid, claims.COMMAND))


def ask(
    socket_path: bytes,
    server_pid: int,
    argv: Sequence[str],
    max_reply_bytes: int = MAX_REPLY_BYTES,
) -> Reply:
    """Has the tmux server with that pid run a command, by whichever way it can be asked.

    `socket_path` as the server bound it: it is looked up from the server's own root or directory.
    Takes at most twice DEADLINE_S, the second for a server of another protocol version. A socket on
    which systemd called listen() is WRONG_PEER.
    """
    path = _as_seen_by(server_pid, socket_path)
    reply = query(path, server_pid, argv, max_reply_bytes=max_reply_bytes)
    if reply.verdict is Verdict.VERSION and reply.peer is not None:
        return tmux_peer.query(path, reply.peer, argv, max_reply_bytes=max_reply_bytes)
    return reply


def tell(
    socket_path: bytes,
    server_pid: int,
    argv: Sequence[str],
    max_reply_bytes: int = MAX_REPLY_BYTES,
) -> Reply:
    """The same, by no other way than this client: for who may not become the server's user."""
    path = _as_seen_by(server_pid, socket_path)
    return query(path, server_pid, argv, max_reply_bytes=max_reply_bytes)


def _as_seen_by(pid: int, path: bytes) -> bytes:
    # The lookup crosses symlinks that the user may own; the pid of the peer settles who it is.
    start = b"root" if path.startswith(b"/") else b"cwd/"
    return b"/proc/%d/%s%s" % (pid, start, path)


def _connect(sock: socket.socket, path: str | bytes, end: float) -> None:
    # O_PATH pins the inode, so that what was checked is what is connected to, and makes a path
    # of any length fit into sun_path. A symlink at the end is not what a server bound.
    fd = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not stat.S_ISSOCK(os.fstat(fd).st_mode):
            raise ConnectionRefusedError
        sock.settimeout(_left(end))
        sock.connect(f"/proc/self/fd/{fd}")
    finally:
        os.close(fd)


def _peer(sock: socket.socket) -> Peer:
    return Peer(*_UCRED.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)))


def _converse(sock: socket.socket, talk: Conversation, end: float, peer: Peer) -> Reply:
    say = talk.opening()
    try:
        while talk.verdict is None:
            sock.settimeout(_left(end))
            sock.sendall(say)
            # recv, not recvmsg: without room for control data the kernel drops any descriptor
            # that was passed and never installs it (net/core/scm.c).
            sock.settimeout(_left(end))
            say = talk.feed(sock.recv(65536))
    except TimeoutError:
        talk.verdict = Verdict.TIMEOUT
    except OSError:
        talk.verdict = Verdict.NOT_TMUX
    return Reply(
        talk.verdict, bytes(talk.output), bytes(talk.errors), talk.status, peer, talk.message
    )


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:  # 0 would mean non-blocking to settimeout
        raise TimeoutError
    return left
