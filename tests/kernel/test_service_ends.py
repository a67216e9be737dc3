"""The service ends in the middle of what it records, in every way, and the next one goes on."""

from __future__ import annotations

import os
import pwd
import re
import shlex
import signal
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from tests.kernel.conftest import StartRun, Workload
from tests.kernel.logged import Log, Record
from tests.kernel.sshd import Sshd
from tests.kernel.tmux import Pane, Tmux
from tests.kernel.witness import END, piped
from tests.patience import PATIENCE_S, eventually
from tests.soak.ledger import Ledger
from tests.soak.probe import in_kernel, left_of
from tests.soak.verdict import unaccounted
from tracer.seal.report import Verdict

STAMP = re.compile(rb"<(\d{19})>")
# What is between a moment of the log and the clock that a pane reads: they are of one clock, but
# for how it is put together from two (tracer/clock.py).
CLOCK_NS = 2_000_000
ENOUGH = 4000  # bytes of a pane


class Admin(NamedTuple):
    """Somebody who may become root."""

    user: pwd.struct_passwd
    sshd: Sshd

    def sudo(self, command: str) -> None:
        """Logs in, and has root's shell run it."""
        self.sshd.login(self.user.pw_name, f"sudo -n sh -c {shlex.quote(command)}")


class Piece(NamedTuple):
    """What one run recorded of a pane: bytes that follow each other."""

    began_ns: int
    data: bytes


def _pieces(log: Log, pane: Pane) -> list[Piece]:
    """One for each run."""
    found: list[Piece] = []
    for record in log.records():
        if record["event"]["action"] == "start":
            found.append(Piece(_ns(record["@timestamp"]), b""))
        if _is_shown(record, pane):
            io = record["ttytrace"]["io"]
            text = record["process"]["io"]["text"]
            data = b64decode(io["bytes"]) if "bytes" in io else text.encode()
            found[-1] = found[-1]._replace(data=found[-1].data + data)
    return found


def _is_shown(record: Record, pane: Pane) -> bool:
    tty = record.get("process", {}).get("tty", {}).get("char_device")
    is_its = tty == {"major": pane.tty.major, "minor": pane.tty.minor}
    is_shown = is_its and record["event"]["action"] == "text_output"
    return is_shown and record["tmux"]["server"]["pid"] == pane.server_pid


def _ns(moment: str) -> int:
    seconds, _, rest = moment.removesuffix("Z").partition(".")
    whole = int(datetime.fromisoformat(f"{seconds}+00:00").timestamp())
    return whole * 10**9 + int(rest.ljust(9, "0"))


def _stamps(data: bytes) -> list[int]:
    return [int(each) for each in STAMP.findall(data)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_restart_in_mid_session_leaves_an_exact_gap(  # noqa: PLR0917 - fixtures
    log: Log,
    start_run: StartRun,
    tmux: Tmux,
    workload: Workload,
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    """A pane shows what time it is, again and again. What was recorded before and after is byte for
    byte what tmux has, and whatever it showed outside of the gap that the log tells of is there."""
    pipe = tmp_path / "pipe"
    first = start_run()
    pane = tmux.new_session(f"exec {workload('clock')}", pipe=pipe)
    eventually(lambda: any(len(piece.data) > ENOUGH for piece in _pieces(log, pane)))
    first.process.send_signal(number)
    first.process.wait()
    ended = pipe.stat().st_size
    eventually(lambda: pipe.stat().st_size > ended + ENOUGH)
    second = start_run()
    begun = pipe.stat().st_size
    eventually(lambda: pipe.stat().st_size > begun + ENOUGH)
    second.stop()
    shown = pipe.read_bytes()
    before, after = (piece.data for piece in _pieces(log, pane))
    assert before and after
    assert shown.startswith(before)
    at = shown.index(after, len(before))
    missing = _stamps(shown[len(before) : at])
    begin, end = _gap(log)
    assert begin - CLOCK_NS < missing[0] < missing[-1] < end + CLOCK_NS
    assert log.verify() is (Verdict.OK if number == signal.SIGTERM else Verdict.INCOMPLETE)


def _gap(log: Log) -> tuple[int, int]:
    """From when to when nothing was recorded, by the log."""
    if gaps := log.ours("gap"):
        (gap,) = gaps
        return _ns(gap.fields["from"]), _ns(gap.fields["to"])
    (until, *_) = [stop.fields["until"] for stop in log.ours("stop")]
    starts = [r["@timestamp"] for r in log.records() if r["event"]["action"] == "start"]
    return _ns(until), _ns(starts[-1])


@pytest.fixture
def admin(plan: str | None) -> Iterator[Admin]:
    """Has nothing but a key to log in with, and sudo."""
    sshd = Sshd()
    user = sshd.add_user("admin")
    sudoers = Path("/etc/sudoers.d") / user.pw_name
    sudoers.write_text(f"{user.pw_name} ALL=(ALL) NOPASSWD: ALL\n")
    sudoers.chmod(0o440)
    try:
        yield Admin(user, sshd)
    finally:
        sudoers.unlink()
        sshd.close()


def test_who_ends_it_by_sudo_is_known_by_name(log: Log, start_run: StartRun, admin: Admin) -> None:
    """The signal is root's; the login is somebody's."""
    run = start_run()
    admin.sudo(f"kill -TERM {run.pid}; sleep 300")
    assert run.ended() == 0
    (stop,) = log.ours("stop")
    sender = stop.fields["sender"]
    assert (sender["user"]["id"], sender["loginuid"]) == ("0", admin.user.pw_uid)
    assert sender["executable"] == str(Path("/bin/sh").resolve())


def test_of_a_killed_service_nothing_is_left(start_run: StartRun, tmux: Tmux) -> None:
    """Its workers end, and with it goes what it had in the kernel."""
    run = start_run()
    tmux.new_session("exec sleep 1021")
    kernel, workers = in_kernel(run.pid), psutil.Process(run.pid).children(recursive=True)
    assert kernel.maps and kernel.programs and workers
    run.kill()
    assert not psutil.wait_procs(workers, PATIENCE_S)[1]
    eventually(lambda: not any(left_of(kernel)))


def test_what_a_stopped_service_misses_is_counted(
    log: Log, start_run: StartRun, tmux: Tmux, workload: Workload, tmp_path: Path
) -> None:
    """SIGSTOP, while programs and output overflow small rings: when it goes on, what was lost of
    each kind is told, to the record."""
    small = "[rings]\ncritical_pages = 16\nbulk_pages = 16\n"
    log.config.write_text(log.config.read_text() + small)
    run, ledger = start_run(), Ledger(log.directory)
    pipe = tmp_path / "pipe"
    storm = tmux.new_session(f"exec {workload('storm')} 997 {END.decode()}", pipe=pipe)
    log.until(lambda record: _is_shown(record, storm))
    os.kill(run.pid, signal.SIGSTOP)
    tmux.send_keys(storm, "Enter")
    tmux.new_session("seq 100003; tmux wait-for -S shown; exec sleep infinity")
    tmux.wait("shown")
    piped(pipe)
    os.kill(run.pid, signal.SIGCONT)
    log.until(lambda record: record["event"]["action"] == "lost")
    run.stop()
    ledger.look()
    assert ledger.lost["exec"] and ledger.lost["fork"] and ledger.lost["text_output"]
    assert not [*unaccounted(ledger)]
    assert log.verify() is Verdict.INCOMPLETE
