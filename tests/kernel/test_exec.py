"""Programs that start in unusual ways: the record is right, or says what it lacks.

One pane runs all of them under one tracer; each test looks at one way. What a program saw of
itself is the truth.
"""

from __future__ import annotations

import shlex
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.play import Leaf, Traced, all_of, build_static, run, told
from tests.kernel.recording import Tracer
from tests.kernel.tmux import Tmux
from tests.need import lacking
from tracer.model import abi
from tracer.model.context import Process

pytestmark = pytest.mark.every_plan

FLIPS = 401
DEEP = 60
NAMES_MAX = 48  # bpf/abi.h, TT_DEPTH_MAX
INVOKED_MAX = 1024

_COMMANDS = """
export TRUTH={place}/truth
for way in raw-bytes empty-name no-arguments from-memory from-a-deleted-file from-a-thread \
	by-int80 failing
do {place}/odd $way {place}/leaf; done
{place}/odd many-arguments {place}/leaf 200
{place}/odd huge-arguments {place}/leaf 1400000
{place}/odd flipping {place}/leaf {flips}
{place}/script one 'two three'
{place}{long}/by-a-long-path
cd {place}/{deep} && {place}/in-a-deep-place && cp {place}/leaf leaf && ./leaf
mkdir {place}/gone && cd {place}/gone && rmdir {place}/gone && {place}/in-a-deleted-place
cd {place} && chroot {place}/jail /leaf in-a-jail
unshare -m sh -c 'mount -t tmpfs none {place}/mount && mkdir {place}/mount/inner &&
	mount --bind {place}/mount/inner {place}/other && cd {place}/other && cp {place}/leaf own &&
	{place}/on-a-mount && ./own'
"""


class Run:
    """What was traced, what the programs told, and where they are."""

    def __init__(self, place: Path, traced: Traced, leaves: list[Leaf], flips: int) -> None:
        self.place, self.traced, self.leaves, self.flips = place, traced, leaves, flips

    def program(self, name: bytes) -> Process:
        """The only start of this argv[0], which is also what the program told."""
        process = self.traced.program(name)
        assert process.argv_bytes == self.leaf(process).argv_bytes
        return process

    def leaf(self, process: Process) -> Leaf:
        """What this process told."""
        (leaf,) = [leaf for leaf in self.leaves if leaf.pid == process.key.tgid]
        return leaf

    def linked(self, name: str) -> Process:
        """The program that was run by this link."""
        return self.program(bytes(self.place / name))


def _prepare(place: Path) -> None:
    leaf = build_static("leaf", place)
    build_static("odd", place)
    for name in ("by-a-long-path", "in-a-deep-place", "in-a-deleted-place", "on-a-mount"):
        (place / name).symlink_to(leaf)
    (place / "truth").touch()
    (place / "script").write_text(f"#!{leaf} -option of the script\n")
    (place / "script").chmod(0o755)
    (place / _deep()).mkdir(parents=True)
    for name in ("jail", "mount", "other"):
        (place / name).mkdir()
    shutil.copy(leaf, place / "jail")
    (place / "jail" / str(place)[1:]).mkdir(parents=True)
    (place / "jail" / str(place)[1:] / "truth").hardlink_to(place / "truth")


def _deep() -> str:
    return "/".join(f"d{level}" for level in range(DEEP))


@pytest.fixture(scope="module")
def ran(watching: Tracer, scale: float) -> Iterator[Run]:
    """The pane has run, and all of it is recorded."""
    place = Path(tempfile.mkdtemp(prefix="exec-"))
    _prepare(place)
    flips = max(int(FLIPS * scale), 11)
    command = _COMMANDS.format(
        place=place, flips=flips, deep=_deep(), long="/." * (INVOKED_MAX // 2)
    )
    tmux = Tmux(place)
    try:
        (place / "commands").write_text(command)
        pane = run(tmux, f"sh {shlex.quote(str(place / 'commands'))}")
        yield Run(place, all_of(watching, pane), told(place / "truth"), flips)
    finally:
        tmux.close()
        shutil.rmtree(place)


def test_every_program_once(ran: Run) -> None:
    """Each leaf that told its truth was started once; nothing was lost."""
    pids = Counter(
        f.process.key.tgid for f in ran.traced.started if f.process.exe.endswith((b"leaf", b"own"))
    )
    known = {leaf.pid for leaf in ran.leaves}
    assert all(pids[pid] == 1 for pid in known - _other_programs(ran))
    assert ran.traced.lost == []


def _other_programs(ran: Run) -> set[int]:
    """Whose program has another path: memfd and deleted files."""
    return {ran.program(b"from-memory").key.tgid, ran.program(b"from-a-deleted-file").key.tgid}


def test_two_hundred_arguments(ran: Run) -> None:
    """All of them, whole."""
    process = ran.program(b"many")
    assert process.argv == (b"many", *(b"argument-%d" % n for n in range(1, 200)))
    assert (process.argc, process.flags) == (200, 0)


def test_arguments_of_more_than_a_megabyte(ran: Run) -> None:
    """The first 4096 bytes, the true length, and a mark."""
    process = ran.program(b"huge")
    assert process.argv_bytes == 1_400_005
    assert process.argc == 15
    assert process.flags == abi.EXEC_ARGV_CUT
    assert b"\0".join(process.argv) == ran.leaf(process).argv[:4096]


def test_bytes_that_are_no_text(ran: Run) -> None:
    """Whatever bytes, newlines, quotes, escapes and empty words."""
    assert ran.program(b"raw").argv == (
        *(b"raw", b"\xff\xfe\x80", b"new\nline\r\t", b"\"'\\{}", b"\x1b]0;x\a", b"", b"last"),
    )


def test_an_empty_name(ran: Run) -> None:
    """argv[0] is a word like others."""
    processes = {p.argv: p for p in ran.traced.programs(b"")}
    assert processes[b"", b"after-an-empty-name"].argc == 2


def test_no_arguments_at_all(ran: Run) -> None:
    """The kernel makes an empty argv[0] since 5.18; before, there is none."""
    (leaf,) = [leaf for leaf in ran.leaves if leaf.argv_bytes <= 1]
    (process,) = [p for p in _processes(ran) if p.key.tgid == leaf.pid]
    assert process.argc == leaf.argc
    assert process.argv == ((b"",) if leaf.argc else ())


def _processes(ran: Run) -> list[Process]:
    return [started.process for started in ran.traced.started]


def test_a_program_from_memory(ran: Run) -> None:
    """A memfd has a name but no link."""
    process = ran.program(b"from-memory")
    assert (process.exe, process.exe_links) == (b"/memfd:innocent", 0)


def test_a_deleted_program(ran: Run) -> None:
    """It is known by the name that it had, without a link."""
    process = ran.program(b"from-a-deleted-file")
    assert process.exe_links == 0
    assert process.exe.endswith(process.argv[1])


def test_a_script(ran: Run) -> None:
    """The path that was asked for, and the interpreter that runs, with the arguments it got."""
    process = ran.program(bytes(ran.place / "leaf"))
    script = bytes(ran.place / "script")
    assert process.invoked == script
    assert process.exe == bytes(ran.place / "leaf")
    assert process.argv[1:] == (b"-option of the script", script, b"one", b"two three")


def test_exec_from_a_thread(ran: Run) -> None:
    """It is the process's: one start, one end, of the process's own pid."""
    process = ran.program(b"from-a-thread")
    assert ran.traced.statuses()[process.key] == 0
    assert ran.leaf(process).argv == b"from-a-thread\0"


def test_arguments_that_change_meanwhile(ran: Run) -> None:
    """A thread rewrites them during execve: what is recorded is what the program got."""
    processes = ran.traced.programs(b"flipping")
    assert len(processes) == ran.flips
    truth = {leaf.pid: leaf.argv for leaf in ran.leaves}
    wrong = [p for p in processes if b"\0".join(p.argv) + b"\0" != truth[p.key.tgid]]
    assert wrong == []


def test_exec_by_int80(ran: Run) -> None:
    """The 32-bit system call of a 64-bit program."""
    if not ran.traced.programs(b"by-int80"):
        lacking("this kernel has no 32-bit system calls")
    assert ran.program(b"by-int80").argv == (b"by-int80", b"compat")


def test_what_fails_is_no_start(ran: Run) -> None:
    """Missing, not executable, a directory: no program ran."""
    assert ran.traced.programs(b"failing") == []
    failing = [p for p in _processes(ran) if p.argv[1:2] == (b"failing",)]
    assert len(failing) == 1


def test_a_long_path(ran: Run) -> None:
    """What was given to execve is kept to 1023 bytes and marked; the resolved path is whole."""
    path = bytes(ran.place) + b"/." * (INVOKED_MAX // 2) + b"/by-a-long-path"
    process = ran.program(path)
    assert process.invoked == path[: INVOKED_MAX - 1]
    assert process.flags == abi.EXEC_INVOKED_CUT
    assert process.exe == bytes(ran.place / "leaf")


def test_a_deep_directory(ran: Run) -> None:
    """The innermost names, and a mark; likewise of a program that is deep."""
    names = [b"d%d" % level for level in range(DEEP)][-NAMES_MAX:]
    process = ran.linked("in-a-deep-place")
    assert process.cwd == b"/" + b"/".join(names)
    assert process.flags == abi.EXEC_CWD_CUT
    assert ran.leaf(process).cwd.endswith(process.cwd)
    deep = ran.program(b"./leaf")
    assert deep.exe == b"/" + b"/".join([*names[1:], b"leaf"])
    assert deep.flags == abi.EXEC_CWD_CUT | abi.EXEC_EXE_CUT


def test_a_deleted_directory(ran: Run) -> None:
    """By the path that it had."""
    assert ran.linked("in-a-deleted-place").cwd == bytes(ran.place / "gone")


def test_a_jail(ran: Run) -> None:
    """A chroot is seen from outside."""
    process = ran.program(b"/leaf")
    assert (process.invoked, process.argv) == (b"/leaf", (b"/leaf", b"in-a-jail"))
    assert process.exe == bytes(ran.place / "jail" / "leaf")
    assert process.cwd == bytes(ran.place / "jail")
    assert ran.leaf(process).cwd == b"/"


def test_another_mount(ran: Run) -> None:
    """A directory on a tmpfs that is mounted elsewhere, in a mount namespace of its own: by the
    path that the program sees."""
    process = ran.linked("on-a-mount")
    assert process.cwd == ran.leaf(process).cwd == bytes(ran.place / "other")
    own = ran.program(b"./own")
    assert own.exe == bytes(ran.place / "other" / "own")
