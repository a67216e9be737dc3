"""tracer.observe.unixdiag, with sockets of our own."""

from __future__ import annotations

import os
import socket

import pytest
from pyroute2 import DiagSocket

from tests.patience import eventually
from tracer.observe import unixdiag


def inode(sock: socket.socket) -> int:
    return os.fstat(sock.fileno()).st_ino


@pytest.mark.parametrize(
    "name", [b"plain", b"with space", "ünïcode".encode(), b"a\nb", b"\xff\xfe", b"@at"]
)
def test_a_listener_is_listed_with_the_exact_path(tmp_path, name):
    """Whatever bytes the path has."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(bytes(tmp_path) + b"/" + name)
        listener.listen()
        assert unixdiag.listening()[inode(listener)] == bytes(tmp_path) + b"/" + name


def test_what_is_no_named_stream_listener_is_not_listed(tmp_path):
    """Abstract names, bound but not listening, and other types of socket."""
    with (
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_UNIX) as idle,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as packets,
    ):
        abstract.bind(b"\0observe-test")
        abstract.listen()
        idle.bind(bytes(tmp_path / "idle"))
        packets.bind(bytes(tmp_path / "packets"))
        packets.listen()
        assert unixdiag.listening().keys().isdisjoint(map(inode, (abstract, idle, packets)))


def test_both_ends_of_a_connection_name_each_other(tmp_path):
    """A pair, and an accepted connection."""
    left, right = socket.socketpair()
    with left, right, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(bytes(tmp_path / "socket"))
        listener.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(bytes(tmp_path / "socket"))
            with listener.accept()[0] as server:
                peers = unixdiag.peers()
                pairs = [(left, right), (right, left), (client, server), (server, client)]
                assert all(peers[inode(a)] == inode(b) for a, b in pairs)


def pyroute2_peers() -> dict[int, int]:
    """What another library reads from the same kernel."""
    with DiagSocket() as diag:
        diag.bind()
        listed = diag.get_sock_stats(family=socket.AF_UNIX, states=1 << 1, show=0x04)
        found = {each["udiag_ino"]: dict(each["attrs"]).get("UNIX_DIAG_PEER", 0) for each in listed}
    return {inode: peer for inode, peer in found.items() if peer}


def test_it_is_what_pyroute2_reads():
    """All connections of this machine, but for those that pyroute2 makes for itself."""
    pairs = [socket.socketpair() for _ in range(31)]
    agreed = eventually(
        lambda: (ours := unixdiag.peers()).items() <= pyroute2_peers().items() and ours
    )
    for pair in pairs:
        for one in pair:
            assert inode(one) in agreed
            one.close()


def test_asking_leaves_no_descriptor_behind():
    """The socket is closed each time."""
    unixdiag.peers()
    with os.scandir("/proc/self/fd") as entries:
        before = len(list(entries))
    for _ in range(10):
        unixdiag.listening()
    with os.scandir("/proc/self/fd") as entries:
        assert len(list(entries)) == before
