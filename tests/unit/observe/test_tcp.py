"""tracer.observe.tcp, with sockets of our own."""

from __future__ import annotations

import os
import socket

import pytest

from tracer.observe import tcp


def inode(sock: socket.socket) -> int:
    return os.fstat(sock.fileno()).st_ino


@pytest.mark.parametrize(
    ("listens", "source"),
    [("127.0.0.1", "127.10.20.30"), ("::1", "::1"), ("::", "127.0.0.1")],
)
def test_a_connection_has_the_address_of_the_other_end(listens, source):
    """IPv4, IPv6, and IPv4 that came to an IPv6 socket, which is shown as IPv4."""
    family = socket.AF_INET6 if ":" in listens else socket.AF_INET
    with socket.create_server((listens, 0), family=family, dualstack_ipv6=listens == "::") as here:
        port = here.getsockname()[1]
        target = source if listens == "::" else listens
        with socket.create_connection((target, port), source_address=(source, 0)) as there:
            far = there.getsockname()[1]
            with here.accept()[0] as accepted:
                (seen,) = tcp.sockets({inode(accepted)})
                assert seen == tcp.Socket(tcp.ESTABLISHED, port, source, far)
            (seen,) = tcp.sockets({inode(there)})
            assert (seen.local_port, seen.address, seen.port) == (far, target, port)


def test_a_listener_is_told_by_its_state():
    """Its port is the local one; there is no other end."""
    with socket.create_server(("127.0.0.1", 0)) as here:
        port = here.getsockname()[1]
        assert tcp.sockets({inode(here)}) == [tcp.Socket(tcp.LISTEN, port, "0.0.0.0", 0)]


def test_other_sockets_are_not_listed():
    """A unix socket's inode, and no inode at all, have no line."""
    with socket.socket(socket.AF_UNIX) as other:
        assert tcp.sockets({inode(other)}) == []
    assert tcp.sockets(set()) == []
