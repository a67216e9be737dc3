"""Every process of a pane: what it ran, where, how it ended, and that it is of that pane."""

from __future__ import annotations

import json
import shlex
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.conftest import StartTracer
from tests.kernel.play import Traced, all_of, begin, build_static, finish, run, told
from tests.kernel.recording import Tracer
from tests.kernel.tmux import Tmux

LINEAGE = {
    b"vfork",
    b"double-fork-setsid",
    b"clone-parent",
    b"fork-from-a-thread",
    b"new-pid-namespace",
    b"subreaper",
    b"own-process-group",
}


def quoted(*words: object) -> str:
    return shlex.join(map(str, words))


@pytest.fixture
def leaf(tmp_path: Path) -> Path:
    return build_static("leaf", tmp_path)


@pytest.fixture
def public_place() -> Iterator[Path]:
    """A directory that other users can enter."""
    place = Path(tempfile.mkdtemp(prefix="public-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    path = tmp_path / "truth"
    path.touch()
    return path


@pytest.mark.every_plan
def test_every_short_lived_program(
    watching: Tracer, tmux: Tmux, truth: Path, tmp_path: Path, scale: float
) -> None:
    """5,003 programs, four at a time: each is forked, run and ended exactly once, with its own
    arguments, directory and status."""
    count = int(5003 * scale)
    directories = [tmp_path / name for name in ("a", "b b", "\N{SNOWMAN}")]
    for directory in directories:
        directory.mkdir()
    many, leaf = build_static("many", tmp_path), build_static("leaf", tmp_path)
    pane = run(tmux, f"{quoted(many, count, leaf, *directories)} > {quoted(truth)}")
    traced = all_of(watching, pane)
    assert traced.lost == []
    lines = [json.loads(line) for line in truth.read_text().splitlines()]
    assert len(lines) == count
    leaves = [f.process for f in traced.started if f.process.argv[0].startswith(b"leaf-")]
    assert Counter((p.key.tgid, p.argv, p.cwd) for p in leaves) == Counter(
        (line["pid"], arguments(line["number"]), bytes(directories[line["directory"]]))
        for line in lines
    )
    assert {p.exe for p in leaves} == {bytes(leaf)}
    by_name = {p.argv[0]: traced.statuses()[p.key] for p in leaves}
    assert by_name == {b"leaf-%d" % line["number"]: line["status"] for line in lines}
    made = Counter(f.process.key for f in traced.forked)
    assert all(made[p.key] == 1 for p in leaves)


def arguments(number: int) -> tuple[bytes, ...]:
    """What many.c gives to its child of that number."""
    shown = b"%d" % number
    square = b"%d" % number**2
    return (b"leaf-" + shown, b"--number", shown, b'\xff\xfe "two\nlines" ', square)


def test_every_way_to_end(watching: Tracer, tmux: Tmux, truth: Path, tmp_path: Path) -> None:
    """Codes, signals, a core, threads that outlive their leader: the status that wait(2) told."""
    ends = build_static("ends", tmp_path)
    pane = run(tmux, f"cd {quoted(tmp_path)}; {quoted(ends)} > {quoted(truth)}")
    traced = all_of(watching, pane)
    lines = [json.loads(line) for line in truth.read_text().splitlines()]
    assert len(lines) == 12
    told_by_wait = {line["pid"]: (line["name"], line["status"]) for line in lines}
    recorded = {
        key.tgid: (told_by_wait[key.tgid][0], status)
        for key, status in traced.statuses().items()
        if key.tgid in told_by_wait
    }
    assert recorded == told_by_wait
    # fork, no exec: what ended is what forked, once for all threads
    assert Counter(f.process.key.tgid in told_by_wait for f in traced.forked)[True] == len(lines)


def test_no_way_out_of_a_pane(
    watching: Tracer, tmux: Tmux, leaf: Path, truth: Path, tmp_path: Path
) -> None:
    """Double forks, CLONE_PARENT, threads, namespaces, subreapers: whoever descends from the pane
    is of the pane, with its pid as the host counts."""
    lineage = build_static("lineage", tmp_path)
    pane = run(tmux, f"TRUTH={quoted(truth)} {quoted(lineage, leaf)}")
    traced = all_of(watching, pane)
    leaves = {leaf.argv.rstrip(b"\0"): leaf for leaf in told(truth)}
    assert set(leaves) == LINEAGE
    ends = traced.statuses()
    for name in LINEAGE:
        process = traced.program(name)
        assert process.who is not None
        assert (process.who.server_tgid, process.who.pane_tgid) == (pane.server_pid, pane.pid)
        if name == b"new-pid-namespace":
            assert leaves[name].pid == 1
        else:
            assert process.key.tgid == leaves[name].pid
        assert ends[process.key] == 0


def test_a_process_that_was_there_first(
    start_tracer: StartTracer, tmux: Tmux, leaf: Path, truth: Path
) -> None:
    """The tracer starts when the pane is there already: what it runs then is recorded, and so are
    the ends of processes that nobody saw begin."""
    pane = begin(tmux, f"sleep 1000 & TRUTH={quoted(truth)} {quoted(leaf)}; kill $!; wait")
    tracer = start_tracer()
    finish(tmux, pane)
    traced = Traced(tracer.stop(), pane)
    (seen,) = told(truth)
    process = traced.program(bytes(leaf))
    assert process.key.tgid == seen.pid
    assert pane.server_pid in {pid for pid, _ in process.ancestors}
    assert 15 in traced.statuses().values()


def test_one_process_runs_many_programs(
    watching: Tracer, tmux: Tmux, leaf: Path, truth: Path
) -> None:
    """Exec after exec in one process: one key, each program in turn, one end."""
    chain = f"sh -c 'exec env TRUTH={truth} nice {leaf}'"
    pane = run(tmux, chain)
    traced = all_of(watching, pane)
    (seen,) = told(truth)
    mine = [f.process for f in traced.started if f.process.key.tgid == seen.pid]
    assert [p.argv[0] for p in mine] == [b"sh", b"env", b"nice", bytes(leaf)]
    assert len({p.key for p in mine}) == 1
    assert traced.statuses()[mine[0].key] == 0


def test_whose_processes_they_are(watching: Tracer, tmux: Tmux, public_place: Path) -> None:
    """A set-user-id program has another effective uid, su another user."""
    leaf, truth = build_static("leaf", public_place), public_place / "truth"
    truth.touch()
    truth.chmod(0o666)
    suid = public_place / "suid"
    suid.write_bytes(leaf.read_bytes())
    suid.chmod(0o4755)
    setpriv = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    command = f"export TRUTH={truth}; {setpriv} {suid}; su nobody -s /bin/sh -c {leaf}"
    pane = run(tmux, command)
    traced = all_of(watching, pane)
    by_name = {seen.argv.rstrip(b"\0"): seen for seen in told(truth)}
    for name, uids in ((bytes(suid), (65534, 0)), (bytes(leaf), (65534, 65534))):
        who = traced.program(name).who
        assert who is not None
        assert (who.uid, who.euid) == uids == (by_name[name].uid, by_name[name].euid)
