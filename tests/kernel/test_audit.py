"""The kernel's audit stream: beside the kernel half, and in its place.

An audit rule is for the whole machine, so this runs in guests only. Two runs record the same: one
by the kernel half that listens to audit too, one by audit alone.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.kernel.logged import Log, Record, Run
from tests.kernel.play import build_static, run
from tests.kernel.sshd import Sshd
from tests.kernel.stolen import take_out
from tests.kernel.tmux import Pane, Tmux
from tests.need import lacking
from tests.patience import eventually
from tracer.observe.audit_rules import RULE, ask

pytestmark = [
    pytest.mark.every_kernel,
    pytest.mark.skipif(
        os.environ.get("TTYTRACE_GUEST") != "1",
        reason="auditing is for guests: it is of all processes",
    ),
]

LEAVES = 53
_LISTEN = "[audit]\nlisten = true\n"
_SET_TTY = """
import os, socket, struct, sys
kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
kernel.send(struct.pack("=IHHIIII", 24, 1017, 5, 1, 0, 1, 0))  # AUDIT_TTY_SET: on, no passwords
assert kernel.recv(64)[16:20] == bytes(4)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Both(NamedTuple):
    """The kernel half's log, that of audit alone, and the process that writes the first."""

    kernel: Log
    audit: Log
    run: Run


def _log(place: Path, begin: str = "", end: str = "") -> Log:
    place.mkdir()
    log = Log(place)
    log.config.write_text(begin + log.config.read_text() + end)
    return log


@pytest.fixture(scope="module")
def both(plan: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Both record; audit is told by its rule to tell of programs."""
    if not shutil.which("auditctl"):
        lacking("auditctl is not installed")
    for command in ("auditctl -e 1", "auditctl -b 65536", RULE):
        subprocess.run(shlex.split(command), check=True, capture_output=True)
    place = tmp_path_factory.mktemp("both")
    logs = _log(place / "kernel", end=_LISTEN), _log(place / "audit", 'source = "audit"\n')
    runs = [Run(log, plan) for log in logs]
    try:
        logs[0].until_ours("heartbeat", lambda fields: "agreed" in fields["audit"])
        yield Both(*logs, runs[0])
        for one in runs:
            one.stop()
    finally:
        for one, log in zip(runs, logs, strict=True):
            one.kill()
            log.release()
        subprocess.run(["auditctl", "-D"], check=True, capture_output=True)
        subprocess.run(["auditctl", "-e", "0"], check=True, capture_output=True)


def programs(log: Log, pane: Pane) -> Counter[tuple[int, tuple[str, ...]]]:
    """(pid, arguments) of every exec in a pane, but for its shell."""
    return Counter(
        (record["process"]["pid"], tuple(record["process"]["args"]))
        for record in log.records()
        if record["event"]["action"] == "exec"
        and record["tmux"].get("pane", {}).get("pid") == pane.pid
        and record["process"]["pid"] != pane.pid  # it may run before the server is known
    )


def is_it(action: str, **ours: object) -> object:
    """Whether a record is such an event, by fields of `ttytrace`."""
    return lambda record: (
        record["event"]["action"] == action and ours.items() <= record["ttytrace"].items()
    )


def test_the_rule_is_understood(both: Both) -> None:
    """What the kernel is asked says that programs are audited."""
    state = ask()
    assert state is not None and state.trouble is None


def test_both_tell_of_the_same_programs(both: Both, tmux: Tmux, tmp_path: Path) -> None:
    """By pid and arguments, but for the pane's shell; each event says where it is from."""
    many, leaf = build_static("many", tmp_path), build_static("leaf", tmp_path)
    odd = 'sh -c \'(/bin/echo "a b" caf\u00e9 ""; true) | cat\''
    pane = run(tmux, f"{shlex.join(map(str, [many, LEAVES, leaf, tmp_path]))} >/dev/null; {odd}")
    last = f"over-{pane.pid}"
    for log in both.kernel, both.audit:
        log.until(lambda record: record.get("process", {}).get("args", [""])[-1] == last)
    seen = programs(both.kernel, pane)
    assert sum(seen.values()) > LEAVES
    eventually(
        lambda: programs(both.audit, pane) == seen,
        lambda: str(
            (
                seen - programs(both.audit, pane),
                programs(both.audit, pane) - seen,
            )
        ),
    )
    events = [record for record in both.audit.records() if "log" not in record["ttytrace"]]
    assert {event["ttytrace"].get("source") for event in events} == {"audit"}
    assert "end" not in {event["event"]["action"] for event in events}
    started = both.audit.ours("start")[0].fields
    assert started["source"] == "audit" and started["unseen"] and "trouble" not in started
    counted = both.kernel.until_ours("heartbeat", lambda f: f["audit"].get("agreed", 0) > LEAVES)
    assert not counted.fields["audit"].keys() & {"unseen", "arguments", "trouble"}


def test_a_login_says_where_it_came_from(both: Both) -> None:
    """Of a real sshd: who, from which address, with which audit session; and that they left."""
    sshd = Sshd()
    try:
        user = sshd.add_user("alice")
        login = sshd.login(user.pw_name, "cat /proc/self/sessionid; sleep 2")
        login.process.wait()
        for log in both.kernel, both.audit:
            told = log.until(is_it("login", loginuid=user.pw_uid))
            assert told["source"]["ip"] == "127.0.0.1"
            assert told["user"]["id"] == str(user.pw_uid)
            assert told["ttytrace"]["login"]["account"] == user.pw_name
            assert told["ttytrace"]["login"]["program"].endswith("sshd")
            session = told["ttytrace"]["audit_session"]
            left = log.until(is_it("logout", audit_session=session))
            assert left["event"]["type"] == ["end"]
        refused = sshd.login("nobody-here", "true")
        refused.process.wait()
        failed = both.kernel.until(is_it("login-failed"))
        assert failed["ttytrace"]["loginuid"] is None
        assert failed["ttytrace"]["login"]["address"] == "127.0.0.1"
    finally:
        sshd.close()


def test_input_is_told_by_its_length(both: Both, tmux: Tmux) -> None:
    """Where the terminal's input is audited; its bytes never leave the worker."""
    script = "exec " + shlex.join(["python3", "-c", _SET_TTY, "cat"])
    pane = tmux.new_session(script)
    eventually(lambda: "cat" in tmux.run("list-panes", "-a", "-F", "#{pane_current_command}"))
    tmux.run("send-keys", "-t", pane.id, "-l", "seven77")
    tmux.send_keys(pane, "Enter")
    tmux.send_keys(pane, "C-d")
    told = both.audit.until(is_it("text_input"))
    assert told["ttytrace"]["io"]["withheld"] == "audit"
    assert told["ttytrace"]["io"]["size"] in (8, 9)
    assert told["tmux"]["pane"]["pid"] == pane.pid
    assert b"seven77" not in b"".join(path.read_bytes() for path in both.audit.files())


def test_a_blind_kernel_half_is_noticed(both: Both, tmux: Tmux) -> None:
    """Somebody takes a pane out of its table: what runs next is lost, at its pane."""
    pane = tmux.new_session("exec sh")
    both.kernel.until(lambda record: record.get("process", {}).get("pid") == pane.pid)

    def told() -> Record:
        take_out(both.run.pid, pane.server_pid, pane.pid)  # the service may have put them back
        tmux.send_keys(pane, "/bin/true unseen", "Enter")
        return next((r for r in both.kernel.records() if _is_unseen(r, pane)), {})

    assert eventually(told)["ttytrace"]["lost"]["kind"] == "exec"
    both.kernel.until_ours("heartbeat", lambda fields: fields["audit"].get("unseen"))


def _is_unseen(record: Record, pane: Pane) -> bool:
    is_lost = record["ttytrace"].get("lost", {}).get("reason") == "seen by audit only"
    return is_lost and record["tmux"].get("pane", {}).get("pid") == pane.pid


def test_who_stops_the_audit_is_told(both: Both) -> None:
    """While its stream is heard; the last test, for it stops it."""
    subprocess.run(["auditctl", "-D"], check=True, capture_output=True)
    for log in both.kernel, both.audit:
        told = log.until(is_it("audit-changed"))
        assert "op=" in told["ttytrace"]["note"]
        log.until(lambda r: "remove_rule" in r["ttytrace"].get("note", ""))
