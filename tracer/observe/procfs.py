"""What /proc says about processes.

Invariant: a process that goes away while it is read is None or missing, never an error, and facts
of two processes are never mixed: everything about one is read through one descriptor of its
directory, which goes dead with it. Paths and arguments stay bytes; "not set" is None, never
4294967295. Raw reads rather than psutil, which decodes paths and hides loginuid, audit session, the
kernel's own start time and the terminal's number. Which processes are tmux servers is found in
`servers`.
"""

from __future__ import annotations

import os
import re
import stat
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tracer.model.events import Tty
from tracer.model.facts import ProcSeen

START_TIME_STEP_NS: Final = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
ARGV_KEPT_BYTES: Final = 4096
_READ_BYTES: Final = 65536
_UNSET: Final = 0xFFFFFFFF
_PF_EXITING: Final = 0x4
# docker-<id>.scope, /docker/<id>, libpod-<id>.scope, cri-containerd-<id>.scope, crio-<id>.scope;
# the innermost id wins. LXC has names instead: lxc.payload.<name>, lxc.payload/<name>, lxc/<name>.
_CONTAINER: Final = re.compile(rb"(?<![0-9a-f])([0-9a-f]{64})(?![0-9a-f])")
_LXC: Final = re.compile(rb"/lxc(?:\.payload)?[./]([^/]+)")


class Stat(NamedTuple):
    """What one line, /proc/PID/stat, says of a process (Documentation/filesystems/proc.rst)."""

    pid: int
    ppid: int
    session: int
    tty: Tty | None
    start_time_ns: int
    argv_bytes: int


def pids() -> list[int]:
    """Every process that this pid namespace shows now."""
    with os.scandir("/proc") as entries:
        return [int(entry.name) for entry in entries if entry.name.isdigit()]


def stats() -> dict[int, Stat]:
    """One pass over all processes, by pid. What forks meanwhile may be missing."""
    return {pid: seen for pid in pids() if (seen := stat_of(pid))}


def stat_of(pid: int) -> Stat | None:
    """The one line of a process; None if it has gone."""
    raw = _read_file(f"/proc/{pid}/stat")
    return parse_stat(raw) if raw else None


def descendants(roots: Iterable[int]) -> set[int]:
    """The pids of all processes below `roots`, roots excluded.

    An orphan that has left its session (a daemon) now descends from a reaper and isn't found: the
    kernel half follows forks for that reason.
    """
    children, there = defaultdict(list), stats()
    for seen in there.values():
        children[above(seen, there)].append(seen.pid)
    below = set[int]()
    todo = [*roots]
    while todo:
        new = [pid for pid in children[todo.pop()] if pid not in below]
        below.update(new)
        todo.extend(new)
    return below


def above(seen: Stat, there: Mapping[int, Stat]) -> int:
    """What a process descends from: its parent, or for an orphan the leader of its session.

    Only fork makes members of a session, setsid(2), so its leader is an ancestor of each; a parent
    outside of it is a reaper.
    """
    parent = there.get(seen.ppid)
    is_leader, is_orphan = seen.session == seen.pid, parent and parent.session != seen.session
    return seen.session if is_orphan and not is_leader and seen.session in there else seen.ppid


def process(pid: int) -> ProcSeen | None:
    """All that /proc tells about a process (or the process of a thread id); None if it has gone."""
    try:
        directory = os.open(f"/proc/{pid}", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _process(directory)
    finally:
        os.close(directory)


def is_over(pid: int) -> bool:
    """Whether every thread of a process has begun to end: PF_EXITING (include/linux/sched.h) is
    set before sched_process_exit tells (kernel/exit.c, do_exit), and a zombie keeps it."""
    try:
        threads = [*Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return True
    lines = filter(None, (_read_file(f"{thread}/stat") for thread in threads))
    return all(int(raw[raw.rindex(b")") + 2 :].split()[6]) & _PF_EXITING for raw in lines)


def is_system_program(pid: int) -> bool:
    """Whether a process runs a file that belongs to root and that only root can write.

    Looks at the file itself, which is the user's where the process is: it may hang there.
    """
    try:
        entry = Path(f"/proc/{pid}/exe").stat()
    except OSError:
        return False
    return entry.st_uid == 0 and not entry.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def rounded(start_time_ns: int) -> int:
    """A start time as the kernel half tells it, as /proc does: see START_TIME_STEP_NS."""
    return start_time_ns - start_time_ns % START_TIME_STEP_NS


def parse_stat(raw: bytes) -> Stat:
    """/proc/PID/stat, in which the name may hold spaces, brackets and newlines."""
    # Field 3 is the first one after the last bracket, so field n is at n - 3.
    fields = raw[raw.rindex(b")") + 2 :].split()
    return Stat(
        pid=int(raw[: raw.index(b" ")]),
        ppid=int(fields[1]),
        session=int(fields[3]),
        tty=parse_tty_nr(int(fields[4])),
        start_time_ns=int(fields[19]) * START_TIME_STEP_NS,
        argv_bytes=int(fields[46]) - int(fields[45]),
    )


def parse_tty_nr(tty_nr: int) -> Tty | None:
    """new_encode_dev (include/linux/kdev_t.h), printed as a signed int; 0 is no terminal."""
    if tty_nr == 0:
        return None
    return Tty((tty_nr & 0xFFF00) >> 8, (tty_nr & 0xFF) | ((tty_nr >> 12) & 0xFFF00))


def tty_of(fd: int) -> Tty:
    """The terminal that an open descriptor of ours leads to. OSError if it isn't open."""
    device = os.fstat(fd).st_rdev
    return Tty(os.major(device), os.minor(device))


def parse_cgroup(raw: bytes) -> bytes | None:
    """/proc/PID/cgroup: the unified path, or the first v1 path where that is just the root."""
    lines = [line.split(b":", 2) for line in raw.splitlines()]
    paths = {line[0]: line[2] for line in lines if len(line) == 3}
    unified = paths.pop(b"0", None)
    if unified not in (None, b"/"):
        return unified
    return next((path for path in paths.values() if path != b"/"), unified)


def container_id(cgroup: bytes | None) -> str | None:
    """The container that a cgroup path belongs to: 64 hex digits, or a name with LXC."""
    if found := _CONTAINER.findall(cgroup or b""):
        return str(found[-1], "ascii")
    lxc = _LXC.search(cgroup or b"")
    return os.fsdecode(lxc[1]) if lxc else None


def _process(directory: int) -> ProcSeen | None:
    raw_stat, raw_status = _read_file("stat", directory), _read_file("status", directory)
    if not raw_stat or not raw_status:
        return None
    line = parse_stat(raw_stat)
    status = dict(line.split(b":\t", 1) for line in raw_status.splitlines() if b":\t" in line)
    uid, euid = (int(n) for n in status[b"Uid"].split()[:2])
    gid, egid = (int(n) for n in status[b"Gid"].split()[:2])
    cgroup = parse_cgroup(_read_file("cgroup", directory))
    return ProcSeen(
        tgid=int(status[b"Tgid"]),
        start_time_ns=line.start_time_ns,
        ppid=line.ppid,
        session=line.session or None,
        tty=line.tty,
        exe=_link("exe", directory),
        argv=_argv(directory),
        argv_bytes=line.argv_bytes,
        cwd=_link("cwd", directory),
        uid=uid,
        gid=gid,
        euid=euid,
        egid=egid,
        loginuid=_audit_number("loginuid", directory),
        audit_session=_audit_number("sessionid", directory),
        cgroup=cgroup,
        container_id=container_id(cgroup),
    )


def _argv(directory: int) -> tuple[bytes, ...]:
    kept = _read_file("cmdline", directory, ARGV_KEPT_BYTES)
    return tuple(kept.removesuffix(b"\0").split(b"\0")) if kept else ()


def _audit_number(name: str, directory: int) -> int | None:
    raw = _read_file(name, directory)  # missing without CONFIG_AUDITSYSCALL
    return int(raw) if raw and int(raw) != _UNSET else None


def _link(name: str, directory: int) -> bytes | None:
    try:
        return os.readlink(os.fsencode(name), dir_fd=directory)
    except OSError:
        return None


def _read_file(path: str, directory: int | None = None, size: int = _READ_BYTES) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=directory)
    except OSError:
        return b""
    try:
        return os.read(fd, size)
    except OSError:
        return b""
    finally:
        os.close(fd)
