"""However `ttytrace live` ends, or can't begin: the exit code, what it says, and nothing left."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.kernel.recording import REPO
from tests.kernel.tmux import Tmux
from tests.patience import PATIENCE_S, eventually
from tracer.capture import bcc_module
from tracer.probe.plan import PLAN_NAMES

LIVE = [sys.executable, "-m", "tracer.cli.main", "live"]
NOBODY = 65534
CAPABILITIES = "-bpf,-perfmon,-sys_admin"
_ID = re.compile(r"^(prog|map|link)_id:\s*(\d+)$", re.MULTILINE)

Ids = set[tuple[str, int]]


class Live:
    """`ttytrace live` with a directory of its own for what is temporary, from ready on."""

    def __init__(self, place: Path, plan: str | None, *options: str) -> None:
        self._temporary = place / "temporary"
        self._temporary.mkdir()
        asked = ["--plan", plan] if plan in PLAN_NAMES else []
        self.process = subprocess.Popen(
            [*LIVE, *asked, *options],
            cwd=REPO,
            env={**os.environ, "TMPDIR": str(self._temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # else what came with a line that was read is hidden from communicate
        )
        assert self.process.stdout and self.process.stderr
        self.out, self._err = self.process.stdout, self.process.stderr
        assert b"watching tmux" in self._err.readline()
        self._ids = _bpf_ids(self.process.pid)
        assert {kind for kind, _ in self._ids} >= {"prog", "map"}

    def line_with(self, text: bytes) -> bytes:
        """The next line of output that has this text."""
        return next(line for line in self.out if text in line)

    def assert_ended(self, code: int) -> bytes:
        """Over, or about to be: with this exit code, no complaint, and nothing left. Returns what
        it still printed."""
        shown, said = self.process.communicate(timeout=PATIENCE_S)
        assert (self.process.returncode, said) == (code, b"")
        # The kernel frees what nobody holds any more a moment later.
        eventually(lambda: not self._ids & _all_bpf_ids(), lambda: f"left: {self._ids}")
        assert list(self._temporary.iterdir()) == []
        return shown

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.out.close()
        self._err.close()


StartLive = Callable[..., Live]


@pytest.fixture
def start_live(plan: str | None, tmp_path: Path) -> Iterator[StartLive]:
    started: list[Live] = []

    def start(*options: str) -> Live:
        started.append(Live(tmp_path, plan, *options))
        return started[-1]

    yield start
    for live in started:
        live.kill()


def _bpf_ids(pid: int) -> Ids:
    """What a process holds of BPF."""
    found: Ids = set()
    for path in Path(f"/proc/{pid}/fdinfo").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile, as the socket of a worker is
            found |= {(kind, int(number)) for kind, number in _ID.findall(path.read_text())}
    return found


def _all_bpf_ids() -> Ids:
    """What there is of BPF on this machine."""
    found: Ids = set()
    for kind in ("prog", "map", "link"):
        shown = subprocess.run(["bpftool", "-j", kind, "show"], stdout=subprocess.PIPE, check=True)
        found |= {(kind, one["id"]) for one in json.loads(shown.stdout or b"[]")}
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(
    start_live: StartLive, tmux: Tmux, number: signal.Signals
) -> None:
    """In the midst of output; a tmux server that dies before is no reason to end."""
    live = start_live()
    killed = tmux.new_session("exec sleep 1021")
    live.line_with(b"sleep 1021")
    os.kill(killed.server_pid, signal.SIGKILL)
    live.line_with(f"- server {killed.server_pid}".encode())
    tmux.new_session("yes")
    live.line_with(b"$ yes")
    live.line_with("│ y".encode())
    live.process.send_signal(number)
    assert live.assert_ended(0).endswith(b"\n")


def test_nothing_is_left_when_it_is_killed(start_live: StartLive) -> None:
    """SIGKILL: what the kernel does alone is enough."""
    live = start_live()
    live.process.kill()
    live.assert_ended(-signal.SIGKILL)


def test_it_ends_when_its_reader_has_had_enough(start_live: StartLive, tmux: Tmux) -> None:
    """`live --json | head -3`, while a pane shows more and more."""
    live = start_live("--json")
    with subprocess.Popen(["head", "-3"], stdin=live.out, stdout=subprocess.PIPE) as head:
        live.out.close()
        tmux.new_session("yes")
        assert head.stdout
        assert [json.loads(line)["ecs"]["version"] for line in head.stdout] == ["9.4.0"] * 3
    live.assert_ended(0)


def test_it_ends_when_its_reader_goes_and_nothing_happens(start_live: StartLive) -> None:
    """Nobody writes to the pipe, so nobody is told by a write."""
    live = start_live("--json", "--session", f"none{os.getpid()}")
    live.out.close()
    live.assert_ended(0)


def _assert_refused(code: int, says: str, *command: str, user: int | None = None) -> None:
    """One sentence on stderr, and the exit code."""
    done = subprocess.run(
        [*command] or LIVE, cwd=REPO, user=user, capture_output=True, text=True, check=False
    )
    assert re.fullmatch(rf"ttytrace: [^\n]*{re.escape(says)}[^\n]*\n", done.stderr), done.stderr
    assert (done.returncode, done.stdout) == (code, "")


def test_another_user_than_root_is_refused(plan: str | None) -> None:
    """EX_NOPERM."""
    _assert_refused(77, "sudo", user=NOBODY)


@pytest.mark.parametrize("option", ["--kind", "--plan", "--user"])
def test_what_does_not_exist_can_not_be_asked_for(plan: str | None, option: str) -> None:
    """The sentence repeats what was asked for."""
    _assert_refused(2, "nonesuch7919", *LIVE, option, "nonesuch7919")


def test_without_bcc_it_says_what_to_install(plan: str | None) -> None:
    """Each place where it could be is hidden, in a mount namespace of its own."""
    places = [place / "bcc" for place in bcc_module.candidates()]
    hide = [f"mount -t tmpfs none {shlex.quote(str(one))}" for one in places if one.is_dir()]
    script = " && ".join([*hide, f"exec {shlex.join(LIVE)}"])
    _assert_refused(69, "python3-bpfcc", "unshare", "--mount", "sh", "-c", script)


def test_where_bpf_is_refused_it_says_what_to_grant(plan: str | None) -> None:
    """Root without the capabilities, as in a container."""
    drop = ["setpriv", f"--bounding-set={CAPABILITIES}", f"--inh-caps={CAPABILITIES}"]
    _assert_refused(69, "CAP_BPF", *drop, *LIVE)
