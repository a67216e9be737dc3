"""tmux's wire format: imsg framing and the names of protocol 8's messages.

Invariant: pure bytes in, messages out; no sockets, and no memory beyond one frame and what was fed.
What a message may make us do is decided in `tmux`, not here.

A frame is a 16-byte header and at most 16368 bytes of data (imsg.h: MAX_IMSGSIZE). Newer imsg
merges the 16-bit len and flags into a 32-bit len with a mark for a passed descriptor in its top
bit; without descriptors both read the same on a little-endian machine, and we pass none.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final, NamedTuple

PROTOCOL_VERSION: Final = 8
MAX_FRAME_BYTES: Final = 16384
HEADER: Final = struct.Struct("=IHHII")  # type, len (with header), flags, peerid = version, pid


class Type(IntEnum):
    """tmux-protocol.h enum msgtype: what 3.1 to 3.5 use."""

    VERSION = 12

    IDENTIFY_FLAGS = 100
    IDENTIFY_TERM = 101
    IDENTIFY_TTYNAME = 102
    IDENTIFY_STDIN = 104
    IDENTIFY_ENVIRON = 105
    IDENTIFY_DONE = 106
    IDENTIFY_CLIENTPID = 107
    IDENTIFY_CWD = 108
    IDENTIFY_FEATURES = 109
    IDENTIFY_STDOUT = 110
    IDENTIFY_LONGFLAGS = 111
    IDENTIFY_TERMINFO = 112

    COMMAND = 200
    DETACH = 201
    DETACHKILL = 202
    EXIT = 203
    EXITED = 204
    EXITING = 205
    LOCK = 206
    READY = 207
    RESIZE = 208
    SHELL = 209
    SHUTDOWN = 210
    SUSPEND = 214
    UNLOCK = 215
    WAKEUP = 216
    EXEC = 217
    FLAGS = 218

    READ_OPEN = 300
    READ = 301
    READ_DONE = 302
    WRITE_OPEN = 303
    WRITE = 304
    WRITE_READY = 305
    WRITE_CLOSE = 306
    READ_CANCEL = 307


class Message(NamedTuple):
    """One frame: `type` may be a number that Type doesn't know; `version` is the sender's."""

    type: int
    version: int
    data: bytes


class NotImsg(ValueError):
    """The bytes cannot be imsg frames."""


def pack(message_type: Type, data: bytes = b"", pid: int = 0) -> bytes:
    """One frame from us, protocol 8. ValueError where data is longer than a frame holds."""
    length = HEADER.size + len(data)
    if length > MAX_FRAME_BYTES:
        raise ValueError(f"{length} bytes in an imsg frame")
    return HEADER.pack(message_type, length, 0, PROTOCOL_VERSION, pid) + data


def type_name(message_type: int) -> str:
    """The protocol's name of a message type, or its number in decimal."""
    try:
        return Type(message_type).name
    except ValueError:
        return str(message_type)


class Decoder:
    """Frames out of a byte stream, however it was cut."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Message]:
        """The frames that `data` completes. NotImsg at a length that no frame has."""
        buffer, at, found = self._rest + data, 0, list[Message]()
        while len(buffer) - at >= HEADER.size:
            kind, length, _flags, peerid, _pid = HEADER.unpack_from(buffer, at)
            if not HEADER.size <= length <= MAX_FRAME_BYTES:
                raise NotImsg(f"frame of {length} bytes")
            if len(buffer) - at < length:
                break
            body = buffer[at + HEADER.size : at + length]
            found.append(Message(kind, peerid & 0xFF, body))  # the upper bits are not the version
            at += length
        self._rest = buffer[at:]
        return found
