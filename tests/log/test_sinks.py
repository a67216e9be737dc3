"""Sinks with real peers that go, come back, hang and fill up: nothing is lost, and each is told."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.log.peers import Journald, Rsyslog
from tests.sinking import HOSTILE, Sinking, hostile_events
from tests.written import output
from tracer.privileges import Capability, effective_of, set_of, worker_account
from tracer.settings import SinkKind, SinkSettings

StartRsyslog = Callable[..., Rsyslog]
MANY = 2003


@pytest.fixture
def sinking() -> Iterator[Sinking]:
    sinking = Sinking()
    yield sinking
    sinking.close()


@pytest.fixture
def rsyslog(sinking: Sinking) -> Iterator[StartRsyslog]:
    """Starts one; `is_secure`: it speaks TLS."""
    started: list[Rsyslog] = []

    def start(*, is_secure: bool = False) -> Rsyslog:
        started.append(Rsyslog(sinking.place / "rsyslog", is_secure=is_secure))
        return started[-1]

    yield start
    for each in started:
        each.close()


def syslog(address: str, **settings: str) -> SinkSettings:
    return SinkSettings(SinkKind.SYSLOG, "central", address=address, **settings)


def file(sinking: Sinking) -> SinkSettings:
    return SinkSettings(SinkKind.FILE, "copy", path=str(sinking.out / "copy"))


def sequence_of(message: dict[str, str]) -> int:
    """Of a message that rsyslogd parsed."""
    return int(message["structured-data"].split('sequence="')[1].split('"')[0])


def states(sinking: Sinking) -> list[str]:
    return [str(said["state"]) for said in sinking.said]


# ---- syslog ----


@pytest.mark.parametrize("way", ["socket", "tcp", "tls"])
def test_each_event_is_a_message(way: str, sinking: Sinking, rsyslog: StartRsyslog) -> None:
    """However hostile: rsyslogd finds the fields, and no other message."""
    peer = rsyslog(is_secure=way == "tls")
    address = str(peer.socket) if way == "socket" else f"{way}:localhost:{peer.port}"
    sinking.start(syslog(address, ca=str(peer.place / "ca.pem") if way == "tls" else ""))
    sinking.append(*hostile_events())
    got = sinking.until(lambda: len(peer.got()) >= len(HOSTILE) and peer.got())
    assert [sequence_of(message) for message in got] == sinking.sequences()
    assert {(m["msgid"], m["app-name"], m["hostname"]) for m in got} == {
        ("exec", "ttytrace", "lab")
    }
    assert {(m["syslogfacility"], m["syslogseverity"]) for m in got} == {("10", "6")}
    assert all(m["structured-data"].endswith('claimed="session window pane"]') for m in got)


def test_a_peer_that_goes_in_order_misses_nothing(sinking: Sinking, rsyslog: StartRsyslog) -> None:
    """What it may not have read comes again, with the same number; nothing else does."""
    peer = rsyslog()
    sinking.start(syslog(f"tcp:127.0.0.1:{peer.port}"))
    sinking.number(*range(MANY))
    sinking.until_all_came("central")
    peer.stop()
    sinking.number(*range(MANY))
    sinking.until(lambda: states(sinking) == ["failed"])
    peer.start()
    sinking.until(lambda: states(sinking) == ["failed", "recovered"])
    sinking.until_all_came("central")
    numbers = [sequence_of(message) for message in peer.got()]
    assert sorted(set(numbers)) == sinking.sequences()
    assert numbers[:MANY] == sinking.sequences()[:MANY]
    assert len(numbers) == 2 * MANY


def test_a_peer_that_is_killed_misses_nothing_that_it_did_not_read(
    sinking: Sinking, rsyslog: StartRsyslog
) -> None:
    """Though its kernel had acknowledged it."""
    peer = rsyslog()
    sinking.start(syslog(f"tcp:127.0.0.1:{peer.port}"))
    sinking.number(0)
    sinking.until_all_came("central")
    peer.hang()
    sinking.number(*range(1, 50))
    sinking.until(lambda: sinking.state("central")["delivered"] == 50)
    peer.kill()
    peer.start()
    sinking.until(lambda: states(sinking) == ["failed", "recovered"])
    sinking.until_all_came("central")
    assert sorted({sequence_of(message) for message in peer.got()}) == sinking.sequences()


@pytest.mark.parametrize("wrong", ["name", "ca"])
def test_a_peer_that_is_another_gets_nothing(
    wrong: str, sinking: Sinking, rsyslog: StartRsyslog
) -> None:
    """Its certificate is for another name, or nobody's whom we trust."""
    peer = rsyslog(is_secure=True)
    host, ca = ("127.0.0.1", str(peer.place / "ca.pem")) if wrong == "name" else ("localhost", "")
    sinking.start(syslog(f"tls:{host}:{peer.port}", ca=ca))
    sinking.number(1)
    said = sinking.until(lambda: sinking.said)
    assert "certificate verify failed" in said[0]["reason"]
    assert peer.got() == []


def test_a_peer_that_never_reads_holds_up_no_other(sinking: Sinking) -> None:
    """What it can't take is left out at last, and told; the file beside it has all."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = f"tcp:127.0.0.1:{server.getsockname()[1]}"
        sinking.start(replace(syslog(address), behind_mib=8), file(sinking))
        for _ in range(8):
            sinking.number(*range(MANY))
        sinking.until_all_came("copy")
        assert sinking.said == []
        assert len(Path(file(sinking).path).read_bytes().splitlines()) == 8 * MANY
        sinking.until(lambda: sinking.said)
        assert sinking.said[0]["name"] == "central"
        assert sinking.said[0]["reason"].endswith("timed out")
        sinking.append(*(output(n, "x" * 300_000) for n in range(32)))
        sinking.until(lambda: "dropped" in states(sinking))
    dropped = sinking.said[-1]
    assert (dropped["name"], dropped["reason"]) == ("central", "behind")
    assert dropped["until"] - dropped["first"] == dropped["records"] >= 8 * MANY
    assert states(sinking) == ["failed", "dropped"]


# ---- the journal ----


@pytest.fixture
def journald(sinking: Sinking) -> Iterator[Journald]:
    journald = Journald(sinking.place / "journal")
    yield journald
    journald.close()


@pytest.fixture
def start_journal(
    sinking: Sinking, journald: Journald, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """Starts the worker where it finds that journal."""

    def start() -> None:
        monkeypatch.setattr(sys, "executable", str(journald.python()))
        sinking.start(SinkSettings(SinkKind.JOURNALD, "journal"))

    return start


def test_each_event_is_an_entry(
    sinking: Sinking, journald: Journald, start_journal: Callable[[], None]
) -> None:
    """With the fields that docs/sinks.md names, from the unprivileged worker."""
    start_journal()
    events = hostile_events()
    events[0]["process"]["args"] = ["x" * 600_000]
    sinking.append(*events)
    got = sinking.until(lambda: len(journald.got()) >= len(HOSTILE) and journald.got())
    assert [int(entry["TTYTRACE_SEQUENCE"]) for entry in got] == sinking.sequences()
    assert [json.loads(entry["TTYTRACE_JSON"])["process"]["args"] for entry in got] == [
        event["process"]["args"] for event in events
    ]
    assert {entry["TTYTRACE_CLAIMED"] for entry in got} == {"session window pane"}
    assert {entry["_UID"] for entry in got} == {str(worker_account().uid)}
    assert {entry["PRIORITY"] for entry in got} == {"6"}
    shown = journald.journalctl("-o", "cat", "TTYTRACE_ACTION=exec").decode()
    assert all(line.isprintable() for line in shown.split("\n"))


def test_a_journal_that_went_gets_the_rest_when_it_is_back(
    sinking: Sinking, journald: Journald, start_journal: Callable[[], None]
) -> None:
    """Where nobody keeps its socket for it."""
    start_journal()
    sinking.number(1)
    sinking.until(lambda: len(journald.got()) == 1)
    journald.kill()
    sinking.number(2)
    sinking.until(lambda: states(sinking) == ["failed"])
    sinking.number(3)
    journald.start()
    sinking.until(lambda: states(sinking) == ["failed", "recovered"])
    sinking.until(lambda: len(journald.got()) == 3)
    assert [int(entry["TTYTRACE_SEQUENCE"]) for entry in journald.got()] == sinking.sequences()


# ---- files and standard output ----


def test_a_full_disk_cuts_no_line(sinking: Sinking) -> None:
    """And once there is room, it has all."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", sinking.out], check=True)
    try:
        os.chown(sinking.out, worker_account().uid, -1)
        sinking.out.chmod(0o755)
        ballast = sinking.out / "ballast"
        ballast.write_bytes(bytes(200_000))
        sinking.start(file(sinking))
        sinking.number(*range(499))
        sinking.until(lambda: states(sinking) == ["failed"])
        assert "No space left" in sinking.said[0]["reason"]
        path = Path(file(sinking).path)
        assert path.read_bytes()[-1:] in (b"", b"\n")
        ballast.unlink()
        sinking.until(lambda: states(sinking) == ["failed", "recovered"])
        sinking.until_all_came("copy")
        numbers = [json.loads(line)["event"]["sequence"] for line in path.open()]
        assert numbers == sinking.sequences()
    finally:
        sinking.stop()
        subprocess.run(["umount", "--lazy", sinking.out], check=True)


def test_a_closed_standard_output_is_told(
    sinking: Sinking, capfd: pytest.CaptureFixture[str]
) -> None:
    """And nothing else suffers."""
    stdout, (reader, writer) = os.dup(1), os.pipe()
    os.dup2(writer, 1)
    try:
        sinking.start(SinkSettings(SinkKind.STDOUT, "out"), file(sinking))
    finally:
        os.dup2(stdout, 1)
    os.close(writer)
    sinking.number(1)
    sinking.until_all_came("out", "copy")
    assert json.loads(os.read(reader, 1 << 16))["number"] == 1
    os.close(reader)
    sinking.number(2)
    sinking.until(lambda: sinking.said)
    assert (sinking.said[0]["name"], sinking.said[0]["reason"]) == ("out", "Broken pipe")
    sinking.until_all_came("copy")
    os.close(stdout)


# ---- the worker ----


@pytest.mark.parametrize("kind", [SinkKind.FILE, SinkKind.AUDIT])
def test_the_worker_has_no_rights(kind: SinkKind, sinking: Sinking) -> None:
    """But to write audit records where a sink does."""
    sinking.start(replace(file(sinking), kind=kind))
    sinking.until(lambda: sinking.state("copy"))
    status = Path(f"/proc/{sinking.pid}/status").read_text()
    account = worker_account()
    assert f"Uid:\t{account.uid}\t{account.uid}\t{account.uid}\t{account.uid}\n" in status
    assert "Groups:\t \n" in status
    assert "NoNewPrivs:\t1\n" in status
    kept = set_of([Capability.AUDIT_WRITE] if kind is SinkKind.AUDIT else [])
    assert effective_of(sinking.pid) == kept


def test_a_worker_that_is_killed_goes_on_where_it_was(sinking: Sinking) -> None:
    """Each event is there, and few twice."""
    sinking.start(file(sinking))
    sinking.number(*range(100))
    sinking.until_all_came("copy")
    os.kill(sinking.pid, 9)
    sinking.number(*range(100))
    lines = Path(file(sinking).path)
    sinking.until(lambda: len(lines.read_bytes().splitlines()) == 200)
    assert [json.loads(line)["event"]["sequence"] for line in lines.open()] == sinking.sequences()
