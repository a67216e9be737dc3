"""Unix sockets as the kernel lists them (NETLINK_SOCK_DIAG).

Invariant: inode numbers and paths are the kernel's; only sockets of our own network namespace show.
/proc/net/unix has no peers, and prints a newline in a path as it is, which forges lines.
Who holds a socket is found in `servers`.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20  # include/uapi/linux/sock_diag.h
_REQUEST_DUMP: Final = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
_ERROR: Final = 2
_DONE: Final = 3
_LISTEN: Final = 10  # TCP_LISTEN, which unix sockets use too (include/net/tcp_states.h)
_ESTABLISHED: Final = 1
_SHOW_NAME: Final = 0x01  # include/uapi/linux/unix_diag.h, as the layouts
_SHOW_VFS: Final = 0x02
_SHOW_PEER: Final = 0x04
_NAME: Final = 0
_VFS: Final = 1
_PEER: Final = 2
_HEADER: Final = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, seq, port
_ASK: Final = struct.Struct("=BBHIII8x")  # family, protocol, pad, states, inode, show, cookie
_SOCKET: Final = struct.Struct("=BBBxI8x")  # family, type, state, inode, cookie
_ATTRIBUTE: Final = struct.Struct("=HH")  # length, type
_U32: Final = struct.Struct("=I")
_BUFFER_BYTES: Final = 1 << 16


class _Listed(NamedTuple):
    kind: int
    inode: int
    attributes: dict[int, bytes]


def listening() -> dict[int, bytes]:
    """Stream sockets that listen on a path in a file system: inode to the path as it was bound."""
    return {
        each.inode: each.attributes[_NAME].partition(b"\0")[0]
        for each in _dump(_LISTEN, _SHOW_NAME | _SHOW_VFS)
        if each.kind == socket.SOCK_STREAM and _VFS in each.attributes
    }


def peers() -> dict[int, int]:
    """Connected sockets: inode to the inode of the other end."""
    found = {}
    for each in _dump(_ESTABLISHED, _SHOW_PEER):
        peer = _U32.unpack(each.attributes.get(_PEER, bytes(4)))[0]
        if peer:  # 0: closed, or not accepted yet
            found[each.inode] = peer
    return found


def _dump(state: int, show: int) -> list[_Listed]:
    ask = _ASK.pack(socket.AF_UNIX, 0, 0, 1 << state, 0, show)
    header = _HEADER.pack(_HEADER.size + len(ask), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as diag:
        diag.send(header + ask)
        return list(_answers(diag))


def _answers(diag: socket.socket) -> Iterator[_Listed]:
    while True:
        data = diag.recv(_BUFFER_BYTES)
        at = 0
        while at < len(data):
            length, kind, *_ = _HEADER.unpack_from(data, at)
            body = data[at + _HEADER.size : at + length]
            if kind == _DONE:
                return
            if kind == _ERROR:
                number = -struct.unpack_from("=i", body)[0]
                raise OSError(number, os.strerror(number), "sock_diag")
            yield _listed(body)
            at += _aligned(length)


def _listed(body: bytes) -> _Listed:
    _, kind, _, inode = _SOCKET.unpack_from(body)
    attributes, at = {}, _SOCKET.size
    while at < len(body):
        length, name = _ATTRIBUTE.unpack_from(body, at)
        attributes[name] = body[at + _ATTRIBUTE.size : at + length]
        at += _aligned(length)
    return _Listed(kind, inode, attributes)


def _aligned(length: int) -> int:
    return (length + 3) & ~3
