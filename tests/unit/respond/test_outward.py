"""Where notifications may go. The guard can't be taken off again, so it is tried in processes of
its own."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from tracer.respond.outward import Errand, Forbidden, networks_of, objection

PUBLIC = ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
PRIVATE = """127.0.0.1 10.0.0.1 172.16.0.1 192.168.1.1 100.64.0.1 169.254.169.254 168.63.129.16
    0.0.0.0 224.0.0.1 240.0.0.1 255.255.255.255 192.0.0.192 ::1 :: fe80::1 fe80::1%eth0
    fd00:ec2::254
    fec0::1 ff02::1 ff0e::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1::
    2002:7f00:1:: 2001:db8::1""".split()
_BEGIN = """
import socket, subprocess, os, sys
from tracer.respond.outward import Errand, guard, networks_of
"""
_TRY = """
guard()
with Errand(networks_of(["127.0.0.0/8"] if {listed} else []), 60, is_plain=False) as errand:
    try:
        {what}
    except OSError as error:
        print(type(error).__name__, errand.trouble)
"""
REBINDS = """
stream = socket.AF_INET, socket.SOCK_STREAM, 6, ""
answers = [[(*stream, (host, PORT))] for host in ("1.1.1.1", HOST)]
socket.getaddrinfo = lambda *_, **__: answers.pop(0)
"""


def objects(host: str, *networks: str, is_plain: bool = False) -> bool:
    return objection(host, networks_of(networks), is_plain=is_plain) is not None


@pytest.mark.parametrize("host", PUBLIC)
def test_what_is_public_may_be_told(host: str) -> None:
    """By TLS; without, where it is listed."""
    assert not objects(host)
    assert objects(host, is_plain=True)
    assert not objects(host, "0.0.0.0/0", "::/0", is_plain=True)


@pytest.mark.parametrize("host", PRIVATE)
def test_what_is_not_may_not(host: str) -> None:
    """However it is written, and whatever stands for it."""
    assert objects(host)
    assert objects(host, "192.0.2.0/24")


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "localhost", "", "127.1"])
def test_what_the_kernel_is_not_given_is_no_address(host: str) -> None:
    """Who looks names up is somebody else, before."""
    assert objects(host, "0.0.0.0/0")


def test_what_is_listed_may_be_told() -> None:
    """Nothing beside it."""
    assert not objects("10.1.2.3", "10.1.0.0/16", is_plain=True)
    assert not objects("::ffff:10.1.2.3", "10.1.0.0/16")
    assert objects("10.2.0.1", "10.1.0.0/16")


def tried(what: str, before: str = "", *, listed: bool = False) -> str:
    """What comes of it in a process that is guarded."""
    code = _BEGIN + before + _TRY.format(what=what, listed=listed)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def connecting(port: int) -> str:
    return f"socket.create_connection(('localhost', {port}), 5); print('there')"


def test_each_connection_is_looked_at() -> None:
    """So a name that comes to something else the second time gets nowhere."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        rebinds = REBINDS.replace("HOST", "'127.0.0.1'").replace("PORT", str(port))
        looked_up = "socket.getaddrinfo('lab', 1); " + connecting(port)
        assert tried(looked_up, rebinds) == (
            "Forbidden 127.0.0.1 is not public, and not in networks"
        )
        assert tried(connecting(port), listed=True) == "there"


@pytest.mark.parametrize(
    "what",
    [
        "subprocess.run(['true'])",
        "os.system('true')",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "socket.socket(socket.AF_UNIX).connect('/dev/log')",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
        "socket.socket().connect_ex(('127.0.0.1', 9))",
        "socket.socket().connect(('localhost', 9))",
    ],
)
def test_nothing_else_goes(what: str) -> None:
    """No program, no local socket, no datagram, no name."""
    assert tried(what).startswith("Forbidden ")


def test_outside_of_an_errand_nothing_goes() -> None:
    """Whatever is listed."""
    code = _BEGIN + "guard()\nsocket.create_connection(('1.1.1.1', 443))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stderr.splitlines()[-1].endswith("Forbidden: nothing is to be sent now")


def test_its_time_comes_to_an_end() -> None:
    """For whoever still reads; and then nobody begins."""
    ours, theirs = socket.socketpair()
    with ours, theirs, Errand(networks_of(["127.0.0.1"]), 0.1, is_plain=False) as errand:
        errand.allow(ours, ("127.0.0.1", 9))
        assert ours.recv(1) == b""
        assert errand.is_over
        with pytest.raises(Forbidden):
            errand.allow(theirs, ("127.0.0.1", 9))
        assert errand.trouble == "it took too long"
