"""Unix sockets as the kernel lists them (NETLINK_SOCK_DIAG).

Invariant: inode numbers and paths are the kernel's; only sockets of our own network namespace show.
/proc/net/unix has no peers, and prints a newline in a path as it is, which forges lines.
Who holds a socket is found in `servers`.
"""

from __future__ import annotations

import socket
from typing import Any, Final

_LISTEN: Final = 10  # TCP_LISTEN, which unix sockets use too (include/net/tcp_states.h)
_ESTABLISHED: Final = 1
_SHOW_NAME: Final = 0x01  # include/uapi/linux/unix_diag.h
_SHOW_VFS: Final = 0x02
_SHOW_PEER: Final = 0x04


def warm_up() -> None:
    """Does the slow import before the first answer is waited for."""
    _dump(_LISTEN, 0)


def listening() -> dict[int, bytes]:
    """Stream sockets that listen on a path in a file system: inode to the path as it was bound."""
    found = {}
    for sock in _dump(_LISTEN, _SHOW_NAME | _SHOW_VFS):
        attributes = dict(sock["attrs"])
        if sock["udiag_type"] == socket.SOCK_STREAM and "UNIX_DIAG_VFS" in attributes:
            name = attributes["UNIX_DIAG_NAME"]
            # pyroute2 gives str for what is UTF-8 and bytes for the rest.
            found[sock["udiag_ino"]] = name.encode() if isinstance(name, str) else bytes(name)
    return found


def peers() -> dict[int, int]:
    """Connected sockets: inode to the inode of the other end."""
    found = {}
    for sock in _dump(_ESTABLISHED, _SHOW_PEER):
        peer = dict(sock["attrs"]).get("UNIX_DIAG_PEER", 0)
        if peer:  # 0: closed, or not accepted yet
            found[sock["udiag_ino"]] = peer
    return found


def _dump(state: int, show: int) -> tuple[Any, ...]:
    # Importing pyroute2 takes 0.15 s: not at start-up, see warm_up().
    from pyroute2 import DiagSocket  # noqa: PLC0415

    with DiagSocket() as diag:
        diag.bind()
        return tuple(diag.get_sock_stats(family=socket.AF_UNIX, states=1 << state, show=show))
