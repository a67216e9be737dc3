"""Where notifications may go, and for how long.

Invariant: in a process that called guard(), Python connects to nothing but what an Errand allows:
an address that is public, or listed, looked at as the kernel gets it. So it doesn't matter what a
name came to when it was looked up before, or how an address is written. No program is started.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any, Final, Self

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64: Final = IPv6Network("64:ff9b::/96")
# Azure's; those of others are link-local, private or shared.
_METADATA: Final = frozenset((IPv4Address("168.63.129.16"),))
_CONNECTS: Final = frozenset(("socket.connect", "socket.sendto", "socket.sendmsg"))
_STARTS: Final = frozenset(
    ("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system")
)

_HERE: Final = threading.local()


class Forbidden(OSError):
    """Why there is no connection, as a sentence."""


class Errand:
    """One delivery: where it may go, and for how long. To be used in a with, by one thread.

    `networks`: not public, and yet allowed; if `is_plain`, nothing else is, as what goes there can
    be read on the way. `trouble`: what went wrong first, in words without a secret.
    """

    def __init__(self, networks: Sequence[Network], seconds: float, *, is_plain: bool) -> None:
        self.is_plain = is_plain
        self.trouble: str | None = None
        self._networks = networks
        self._until_s = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._end)
        self._lock = threading.Lock()
        self._ends: list[int] = []

    @property
    def is_over(self) -> bool:
        """Whether its time is up."""
        return time.monotonic() >= self._until_s

    def note(self, trouble: str) -> None:
        """Keeps what went wrong, if it is the first thing."""
        self.trouble = self.trouble or trouble

    def allow(self, sock: socket.socket, address: object) -> None:
        """Whether this socket may go there; else Forbidden."""
        reason = "its time is up" if self.is_over else self._objection(address)
        if reason is not None:
            self.note(reason)
            raise Forbidden(reason)
        with self._lock:
            self._ends.append(os.dup(sock.fileno()))

    def _objection(self, address: object) -> str | None:
        match address:
            case (str(host), int(), *_):
                return objection(host, self._networks, is_plain=self.is_plain)
        return "it is not on the network"

    def _end(self) -> None:
        # A peer that sends a byte now and then keeps no timeout of one read.
        self.note("it took too long")
        with self._lock:
            for fd in self._ends:
                with suppress(OSError), socket.socket(fileno=os.dup(fd)) as sock:
                    sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        _HERE.errand = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        _HERE.errand = None
        self._timer.cancel()
        with self._lock:
            while self._ends:
                os.close(self._ends.pop())


def errand() -> Errand | None:
    """That of this thread."""
    return getattr(_HERE, "errand", None)


def objection(host: str, networks: Sequence[Network], *, is_plain: bool) -> str | None:
    """Why nothing may go to this address, as the kernel is given it; None if it may. See Errand."""
    try:
        address = ip_address(host)
    except ValueError:
        return "it is no address"
    meant = _meant(address)
    if any(each in network for network in networks for each in (address, meant)):
        return None
    if not _is_public(meant):
        return f"{address} is not public, and not in networks"
    return f"without TLS it may not go to {address}: it is not in networks" if is_plain else None


def guard() -> None:
    """From now on, and for ever: see the module."""
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _STARTS:
        raise Forbidden(f"{event} is not for this process")
    if event in _CONNECTS and arguments[1] is not None:
        here = errand()
        if here is None:
            raise Forbidden("nothing is to be sent now")
        here.allow(arguments[0], arguments[1])


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo and teredo[1]) or address


def _is_public(address: Address) -> bool:
    odd = (address.is_multicast, address.is_reserved, address.is_unspecified)
    is_site = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_global and not any(odd) and not is_site and address not in _METADATA


def networks_of(written: Sequence[str]) -> list[Network]:
    """As settings have them."""
    return [ip_network(each) for each in written]
