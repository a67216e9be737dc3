"""Messages of RFC 5424; a real rsyslogd is in tests/log/test_sinks.py."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from tests.escape_vectors import VECTORS
from tests.unit.sinks.delivered import exec_of
from tracer.codec.log import control
from tracer.model.sealed import Stamp
from tracer.sinks.driver import Unusable
from tracer.sinks.syslog import MAX_BYTES, counted, ended, message_of, open_syslog

# RFC 5424, section 6: the header, one element of structured data, the text.
_MESSAGE = re.compile(
    r"<(\d{1,3})>1 (\S+) ([\x21-\x7e]{1,255}) ttytrace - ([\x21-\x7e]{1,32}) "
    r'\[ttytrace@32473((?: [!-<>-\\^-~]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*)\] \ufeff(.*)'
)


def parts(message: bytes) -> re.Match[str]:
    """Of a message, if it is one."""
    found = _MESSAGE.fullmatch(message.decode())
    assert found, message
    return found


def params(message: bytes) -> dict[str, str]:
    """The structured data, without its backslashes."""
    pairs = re.findall(r' ([^=]+)="((?:[^"\\\]]|\\.)*)"', parts(message)[5])
    return {name: re.sub(r"\\(.)", r"\1", value) for name, value in pairs}


def test_it_is_as_the_rfc_has_it() -> None:
    """Facility authpriv, the kind of event, who and where."""
    found = parts(message_of(exec_of(b"-l").event))
    assert found[1] == str(10 * 8 + 6)
    assert found.group(2, 3, 4) == ("2026-11-20T01:23:20.123456Z", "lab", "exec")
    assert found[6] == "exec: alice in -l %3: command ls -l"


@pytest.mark.parametrize("hostile", [*VECTORS.values(), b'"]\\', b'x" y="z'])
def test_nothing_captured_ends_a_value(hostile: bytes) -> None:
    """Nor does it make a second line; and other values stay where they are."""
    message = message_of(exec_of(hostile).event)
    assert message.decode().removeprefix("\ufeff").replace("\ufeff", "").isprintable()
    plain = params(message_of(exec_of(b"-l").event))
    assert params(message).keys() == plain.keys()
    assert params(message)["claimed"] == plain["claimed"]


def test_what_is_too_long_is_cut_and_marked() -> None:
    """However long, and however it is escaped."""
    message = message_of(exec_of(b'"' * 4000).event)
    assert len(message) <= MAX_BYTES
    assert set(params(message)["cut"].split()) >= {"session", "command"}
    assert params(message)["command"].endswith("…")
    assert parts(message)[6].endswith("…")
    assert "cut" not in params(message_of(exec_of(b"-l").event))


def test_what_has_no_room_is_named() -> None:
    """All fields at their longest."""
    event = exec_of("é".encode() * 2000).event
    event["process"] |= {"executable": "é" * 2000, "working_directory": "é]" * 2000}
    event["tmux"]["window"]["name"] = "\u202e" * 2000
    event["tmux"]["server"]["socket"] = "]" * 2000
    message = message_of(event)
    assert 6000 < len(message) <= MAX_BYTES
    lacking = {"session", "window", "socket", "directory", "program", "command"}
    assert lacking <= set(params(message)["cut"].split())


def test_a_record_about_the_log_has_no_host() -> None:
    """It is none of the events."""
    record = control("stop", Stamp(1, 2))
    record["event"]["sequence"] = 9
    assert parts(message_of(record))[3] == "-"


def test_frames() -> None:
    """Octets are counted for other hosts; here a newline ends a message."""
    assert counted(b"<1>1 \xc3\xa9") == b"7 <1>1 \xc3\xa9"
    assert ended(b"<1>1") == b"<1>1\n"


def test_a_local_socket_may_be_of_either_kind(tmp_path: Path) -> None:
    """The first is what most have at /dev/log."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(str(tmp_path / "datagrams"))
        driver = open_syslog(str(tmp_path / "datagrams"))
        driver.send(exec_of(b"-l"))
        driver.flush()
        assert parts(datagrams.recv(1 << 16))[4] == "exec"
        assert driver.unsettled() is None
        driver.close()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as streams:
        streams.bind(str(tmp_path / "streams"))
        streams.listen()
        driver = open_syslog(str(tmp_path / "streams"))
        driver.send(exec_of(b"-l", 5))
        assert driver.unsettled() == 5
        driver.flush()
        peer, _ = streams.accept()
        assert peer.recv(1 << 16).endswith(b"command ls -l\n")
        assert driver.unsettled() == 5  # the peer may not have read it, for all we know
        driver.close()
        peer.close()


def test_where_nobody_listens_it_fails(tmp_path: Path) -> None:
    """And says where."""
    with pytest.raises(FileNotFoundError, match="none"):
        open_syslog(str(tmp_path / "none"))
    with pytest.raises(Unusable, match="neither"):
        open_syslog("udp:localhost:514")
