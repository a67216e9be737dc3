"""What is typed where it isn't shown is nowhere: in no finding, and in no memory of the tracer.

Each scene is played twice: before the tracer as it is, told to keep all input, and before one whose
rules for secrets are taken out, which must find the canary. Nobody but the typist and the program
that asks has it; it is in nobody's arguments.
"""

from __future__ import annotations

import mmap
import os
import pwd
import re
import secrets
import shlex
import subprocess
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from mmap import PAGESIZE
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.kernel.recording import Tracer
from tests.kernel.sshd import Sshd
from tests.kernel.tmux import Pane, Tmux
from tests.kernel.typists import USERS, Typist, let_in, wait_until_attached
from tests.patience import eventually
from tracer.model.findings import TextInput
from tracer.probe.syscalls import system_call

_RINGBUF = "27"  # BPF_MAP_TYPE_RINGBUF
_PIDFD_GETFD = 438
WINDOW, STEP = 8, 4  # of a canary, 11 bytes in a row are found wherever they begin
_GETPASS = "import getpass; open('got', 'w').write(getpass.getpass('Secret: '))"
ASK_GETPASS = shlex.join(["/usr/bin/python3", "-c", _GETPASS])
ASK_BASH = """bash -c 'read -rsp "Secret: " x; printf %s "$x" >got'"""


class Watch(NamedTuple):
    """A tracer that sees all scenes. `is_blind`: to secrets, as it should be."""

    tracer: Tracer
    is_blind: bool


@pytest.fixture(scope="module", params=[True, False], ids=["blind", "seeing"])
def watch(
    plan: str | None, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Watch]:
    options = [] if request.param else ["--without-secrets"]
    tracer = Tracer(tmp_path_factory.mktemp("tracer"), plan, "--input", "full", *options)
    try:
        yield Watch(tracer, request.param)
        tracer.stop()
    finally:
        tracer.kill()


@pytest.fixture(scope="module")
def sshd() -> Iterator[Sshd]:
    """Another host, which asks for passwords."""
    server = Sshd("PasswordAuthentication yes")
    yield server
    server.close()


@pytest.fixture
def canary() -> str:
    """Like no other, and as a person could type it."""
    return secrets.token_hex(12)


@pytest.fixture
def user(sshd: Sshd, canary: str) -> pwd.struct_passwd:
    """A user of this machine whose password is the canary."""
    name = f"ca{secrets.token_hex(3)}"
    entry = sshd.add_user(name)
    subprocess.run(["chpasswd"], input=f"{entry.pw_name}:{canary}".encode(), check=True)
    return entry


class Scene:
    """One pane with a program that asks, and a typist."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.tmux = Tmux(place)

    def begin(self, command: str) -> None:
        """A program in the pane; its work is done when there is a file `got`."""
        there = f"cd {shlex.quote(str(self.place))}; {command}; exec sleep infinity"
        self.pane = self.tmux.new_session(there)
        let_in(self.tmux, USERS[0])
        self.typist = Typist(self.tmux, self.pane, USERS[0])
        wait_until_attached(self.tmux, [self.typist])

    def wait_for_prompt(self, shown: str = "") -> None:
        """Until the terminal doesn't show what is typed, or, on request, shows a text."""
        if shown:
            screen = self.tmux.screen
            eventually(lambda: shown in screen(self.pane), lambda: screen(self.pane))
        else:
            eventually(lambda: _hides(self.pane), lambda: self.tmux.screen(self.pane))
        time.sleep(0.1)  # readers flush what was typed ahead, and then hide

    def type(self, *writes: str) -> None:
        for write in writes:
            self.typist.type(write.encode())
            time.sleep(0.01)

    def got(self) -> str:
        """What the program got."""
        path = self.place / "got"
        return eventually(
            lambda: path.exists() and path.read_text(), lambda: self.tmux.screen(self.pane)
        )

    def close(self) -> None:
        if hasattr(self, "typist"):
            self.typist.close()
        self.tmux.close()


@pytest.fixture
def scene() -> Iterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="ttytrace-") as place:
        Path(place).chmod(0o777)
        scene = Scene(Path(place))
        yield scene
        scene.close()


def _hides(pane: Pane) -> bool:
    fd = os.open(f"/dev/pts/{pane.tty.minor}", os.O_RDWR | os.O_NOCTTY)
    try:
        lflag = termios.tcgetattr(fd)[3]
    finally:
        os.close(fd)
    return bool(lflag & termios.ICANON) and not lflag & termios.ECHO


def assert_judged(watch: Watch, scene: Scene, *canaries: str, memory: bool = True) -> None:
    """The findings of the scene have no canary, and `memory` neither; or else both do. And what
    was typed there is told, as the typist's."""
    places = _places(watch.tracer, scene.pane, canaries)
    inputs = heard_until(watch.tracer, scene, sum(map(len, canaries)))
    places |= _places(watch.tracer, scene.pane, canaries)
    if not watch.is_blind:
        assert {"findings", "rings"} <= places  # what was in other memory may be gone
        return
    assert not places - (set() if memory else {"memory", "rings"}), places
    hidden = sum(found.size for found in inputs if found.withheld in ("no-echo", "prompt"))
    assert hidden >= sum(map(len, canaries))
    named = [part.person for found in inputs for part in found.typed_by]
    assert all(person is None or scene.typist.is_person(person) for person in named)


def heard_until(tracer: Tracer, scene: Scene, size: int) -> list[TextInput]:
    """The input of the scene's pane, once it is so much."""

    def found() -> list[TextInput] | None:
        typed = [
            finding
            for finding in tracer.findings()
            if isinstance(finding, TextInput) and finding.place.server.tgid == scene.pane.server_pid
        ]
        return typed if sum(one.size for one in typed) >= size else None

    return eventually(found) or []


def _places(tracer: Tracer, pane: Pane, canaries: Sequence[str]) -> set[str]:
    """Where a piece of a canary is."""
    windows = [
        canary[at : at + WINDOW]
        for canary in canaries
        for at in range(0, len(canary) - WINDOW + 1, STEP)
    ]
    said = repr(tracer.findings())
    places = {"findings"} if any(window in said for window in windows) else set()
    needles = [window.encode() for window in windows]
    return places | {
        name for name, memory in _memory(tracer.pid) if any(each in memory for each in needles)
    }


def _memory(pid: int) -> Iterator[tuple[str, bytes]]:
    """All that a process can read: "rings" are those that the kernel half writes to."""
    yield from (("rings", ring) for ring in _rings(pid))
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, permissions, *_ = line.split()
            if permissions[0] != "r" or line.endswith(("[vvar]", "[vvar_vclock]", "[vsyscall]")):
                continue
            start, end = (int(address, 16) for address in span.split("-"))
            with suppress(OSError):
                memory.seek(start)
                yield "memory", memory.read(end - start)


def _rings(pid: int) -> Iterator[bytes]:
    """All of each ring, which the process maps only in part and for a moment."""
    process = os.pidfd_open(pid)
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile, so no ring
            fields = dict(re.findall(r"^(\w+):\t(\w+)$", info.read_text(), re.M))
            if fields.get("map_type") == _RINGBUF:
                yield _content(process, int(info.name), int(fields["max_entries"]))
    os.close(process)


def _content(process: int, fd: int, size: int) -> bytes:
    ring = system_call(_PIDFD_GETFD, process, fd, 0)
    # The producer's page and, behind it, the data.
    with mmap.mmap(ring, PAGESIZE + size, prot=mmap.PROT_READ, offset=PAGESIZE) as pages:
        os.close(ring)
        return pages[PAGESIZE:]


@pytest.mark.parametrize("command", [ASK_BASH, ASK_GETPASS], ids=["read", "getpass"])
def test_a_program_asks(watch: Watch, scene: Scene, canary: str, command: str) -> None:
    """read -s of bash, and getpass of Python."""
    scene.begin(command)
    scene.wait_for_prompt()
    scene.type(canary, "\r")
    assert scene.got() == canary
    assert_judged(watch, scene, canary)


def test_it_is_pasted(watch: Watch, scene: Scene, canary: str) -> None:
    """As a terminal brackets it."""
    scene.begin(ASK_BASH)
    scene.wait_for_prompt()
    scene.type(f"\x1b[200~{canary}\x1b[201~\r")
    assert canary in scene.got()
    assert_judged(watch, scene, canary)


def test_it_is_typed_key_by_key(watch: Watch, scene: Scene, canary: str) -> None:
    """Each key is read alone, but for the last half."""
    scene.begin(ASK_BASH)
    scene.wait_for_prompt()
    scene.type(*canary[:12], canary[12:], "\r")
    assert scene.got() == canary
    assert_judged(watch, scene, canary)


def test_the_echo_goes_in_mid_line(watch: Watch, scene: Scene, canary: str) -> None:
    """A line that begins with echo, goes on without, and ends with it: what was shown is kept."""
    scene.begin(
        "echo ready; until [ -e 1 ]; do sleep 0.05; done; stty -echo; "
        "until [ -e 2 ]; do sleep 0.05; done; stty echo; head -n 1 >got"
    )
    scene.wait_for_prompt("ready")  # before it shows anything, a script is taken to ask
    scene.type("before-")
    eventually(lambda: "before-" in scene.tmux.screen(scene.pane))
    (scene.place / "1").touch()
    scene.wait_for_prompt()
    scene.type(canary)
    watched = heard_until(watch.tracer, scene, len("before-" + canary))
    (scene.place / "2").touch()
    eventually(lambda: not _hides(scene.pane))
    scene.type("-after\r")
    assert scene.got() == f"before-{canary}-after\n"
    assert_judged(watch, scene, canary)
    assert [found.data for found in watched][:1] == [b"before-"]


def test_another_pane_is_typed_into_meanwhile(watch: Watch, scene: Scene, canary: str) -> None:
    """The prompt stays while its user turns to another pane, and back."""
    scene.begin(ASK_BASH)
    other = scene.tmux.split(
        scene.pane, f"echo ready; cat >{shlex.quote(str(scene.place / 'other'))}"
    )
    scene.wait_for_prompt()
    eventually(lambda: "ready" in scene.tmux.screen(other))
    scene.type("public\r")
    eventually(lambda: (scene.place / "other").read_text() == "public\n")
    scene.tmux.run("select-pane", "-t", scene.pane.id)
    scene.type(canary, "\r")
    assert scene.got() == canary
    assert_judged(watch, scene, canary)
    assert b"public" in b"".join(
        found.data or b"" for found in heard_until(watch.tracer, scene, 0) if found.tty == other.tty
    )


def _as(uid: int, *argv: str) -> str:
    """A command for another user, who has no groups but its own."""
    return shlex.join(["setpriv", f"--reuid={uid}", "--clear-groups", *argv])


def test_su_asks(watch: Watch, scene: Scene, user: pwd.struct_passwd, canary: str) -> None:
    """Another user's password."""
    nobody = pwd.getpwnam("nobody").pw_uid
    got = shlex.quote(str(scene.place / "got"))
    scene.begin(_as(nobody, "su", user.pw_name, "-c", f"id -un >{got}"))
    scene.wait_for_prompt()
    scene.type(canary, "\r")
    assert scene.got() == f"{user.pw_name}\n"
    assert_judged(watch, scene, canary)


def test_sudo_asks(watch: Watch, scene: Scene, user: pwd.struct_passwd, canary: str) -> None:
    """One's own password."""
    allowed = Path("/etc/sudoers.d", user.pw_name)
    try:
        allowed.write_text(f"{user.pw_name} ALL=(ALL) ALL\n")
        scene.begin(_as(user.pw_uid, "sudo", "-k", "sh", "-c", "id -un >got"))
        scene.wait_for_prompt()
        scene.type(canary, "\r")
        assert scene.got() == "root\n"
    finally:
        allowed.unlink()
    assert_judged(watch, scene, canary)


def test_passwd_asks(watch: Watch, scene: Scene, user: pwd.struct_passwd, canary: str) -> None:
    """The old one, and the new one twice."""
    new = secrets.token_hex(12)
    scene.begin(f"{_as(user.pw_uid, 'passwd')}; echo $? >got")
    for prompt, secret in (("Current", canary), ("New", new), ("Retype", new)):
        scene.wait_for_prompt(prompt)
        scene.wait_for_prompt()
        scene.type(secret, "\r")
    assert scene.got() == "0\n"
    assert_judged(watch, scene, canary, new)


def test_ssh_asks(
    watch: Watch, scene: Scene, sshd: Sshd, user: pwd.struct_passwd, canary: str
) -> None:
    """The password for another host."""
    ask = sshd.argv(user.pw_name, "id -un", "-o", "PreferredAuthentications=password")
    scene.begin(f"{shlex.join(ask)} >got")
    scene.wait_for_prompt()
    scene.type(canary, "\r")
    assert scene.got().strip() == user.pw_name
    assert_judged(watch, scene, canary)


def test_another_host_asks(
    watch: Watch, scene: Scene, sshd: Sshd, user: pwd.struct_passwd, canary: str
) -> None:
    """By ssh, which reads the keyboard raw: nothing of it leaves, though it came to the tracer."""
    ask = f"""bash -c 'read -rsp "Password: " x; printf %s "$x" >{scene.place}/got'"""
    scene.begin(shlex.join(sshd.argv(user.pw_name, ask)))
    scene.wait_for_prompt("Password:")
    scene.type(canary, "\r")
    assert scene.got() == canary
    assert_judged(watch, scene, canary, memory=False)
