"""TCP sockets as the kernel lists them, of our own network namespace.

Invariant: addresses and ports are the kernel's. /proc/net/tcp holds numbers only, so nobody can
forge a line; and it is read as text, since a busy host has more connections than netlink messages
could be taken apart in good time.
Who holds a socket is found in `servers`, what it means in `logins`.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Set
from ipaddress import IPv6Address
from pathlib import Path
from typing import Final, NamedTuple

ESTABLISHED: Final = 1  # include/net/tcp_states.h
LISTEN: Final = 10
_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_INODE: Final = 9


class Socket(NamedTuple):
    """A TCP socket; `address` and `port` are of the other end, IPv4 mapped into IPv6 as IPv4."""

    state: int
    local_port: int
    address: str
    port: int


def sockets(inodes: Set[int]) -> list[Socket]:
    """Those of these inodes that are TCP sockets."""
    return [found for table in _TABLES for found in _listed(table, inodes)] if inodes else []


def _listed(table: Path, inodes: Set[int]) -> Iterator[Socket]:
    try:
        lines = table.read_bytes().splitlines()[1:]
    except FileNotFoundError:  # a kernel without IPv6
        return
    for line in lines:
        # net/ipv4/tcp_ipv4.c, get_tcp4_sock(); net/ipv6/tcp_ipv6.c, get_tcp6_sock()
        fields = line.split(None, _INODE + 1)
        if int(fields[_INODE]) in inodes:
            _, local_port = _endpoint(fields[1])
            yield Socket(int(fields[3], 16), local_port, *_endpoint(fields[2]))


def _endpoint(field: bytes) -> tuple[str, int]:
    # The address stands there as words of the machine, whose bytes are in the order of the wire.
    digits, _, port = field.partition(b":")
    words = [int(digits[at : at + 8], 16) for at in range(0, len(digits), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    if len(packed) == 4:
        return socket.inet_ntop(socket.AF_INET, packed), int(port, 16)
    address = IPv6Address(packed)
    return str(address.ipv4_mapped or address), int(port, 16)
