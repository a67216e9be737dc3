"""tracer.observe.procfs, with psutil as a second opinion."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
import pytest

from tracer.model.events import Tty
from tracer.observe import procfs

from .conftest import NOBODY, eventually

ID = "0123456789abcdef" * 4


@pytest.fixture
def child():
    """Start a process; it is gone after the test."""
    started = []

    def start(*argv, **options):
        options = {"stdin": subprocess.DEVNULL} | options
        process = subprocess.Popen(argv, **options)
        started.append(process)
        # Popen returns from the middle of execve, before the kernel has set the arguments.
        eventually(lambda: psutil.Process(process.pid).cmdline())
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_process_is_seen_as_psutil_sees_it(child, tmp_path):
    """Ids, program, arguments, directory and start agree."""
    pid = child("sleep", "1000", cwd=tmp_path, user=NOBODY.pw_uid, group=NOBODY.pw_gid).pid
    seen, other = procfs.process(pid), psutil.Process(pid)
    assert (seen.tgid, seen.ppid) == (pid, os.getpid())
    assert (seen.exe, seen.cwd) == (os.fsencode(other.exe()), bytes(tmp_path))
    assert seen.argv == (b"sleep", b"1000")
    assert seen.argv_bytes == len(b"sleep\x001000\0")
    assert (seen.uid, seen.euid, seen.gid, seen.egid) == (*other.uids()[:2], *other.gids()[:2])
    assert seen.uid == NOBODY.pw_uid
    # A session of the kernel's own, or outside this PID namespace, has no number: 0, or None here.
    assert seen.session == (os.getsid(pid) or None)
    assert seen.start_time_ns / 1e9 == pytest.approx(
        other.create_time() - psutil.boot_time(), abs=1
    )


def test_the_start_time_is_on_the_boottime_clock(child):
    """Between two readings of CLOCK_BOOTTIME, rounded down by at most one step."""
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    pid = child("sleep", "1000").pid
    after = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    assert before - procfs.START_TIME_STEP_NS <= procfs.process(pid).start_time_ns <= after


def test_arguments_are_exact_bytes_with_empty_ones(child):
    """Newlines, empty arguments and bytes that aren't UTF-8."""
    argv = (b"", b"-c", b"import time; time.sleep(1000)", b"", b"\xff\xfe\n\x1b", b"")
    begin = 'exec -a "" "$@"'  # not every Python starts a program without a name
    pid = child("bash", "-c", begin, "bash", sys.executable, *argv[1:]).pid
    eventually(lambda: psutil.Process(pid).cmdline()[0] == "")
    seen = procfs.process(pid)
    assert seen.argv == argv
    assert seen.argv_bytes == sum(len(arg) + 1 for arg in argv)


def test_long_arguments_are_kept_to_the_bound_with_their_true_length(child):
    """The head is kept; argv_bytes tells that there was more."""
    pid = child(sys.executable, "-c", "import time; time.sleep(1000)", *["x" * 1000] * 20).pid
    seen = procfs.process(pid)
    assert sum(len(arg) + 1 for arg in seen.argv) == procfs.ARGV_KEPT_BYTES + 1
    assert seen.argv_bytes > 20 * 1001


def test_a_name_with_brackets_spaces_and_newlines_confuses_nothing(child, tmp_path):
    """comm is the user's text, in the middle of the line."""
    program = tmp_path / ") R 1 1\n("
    program.symlink_to("/usr/bin/sleep")
    pid = child(program, "1000").pid
    assert procfs.process(pid).ppid == os.getpid()
    assert procfs.stats()[pid].session == os.getsid(pid)


def test_the_controlling_terminal_is_the_device(child):
    """A session leader on a pty has that pty's slave."""
    master, slave = os.openpty()
    index = int(os.ttyname(slave).rpartition("/")[2])
    code = "import fcntl, termios, time; fcntl.ioctl(0, termios.TIOCSCTTY, 0); time.sleep(1000)"
    pid = child(sys.executable, "-c", code, stdin=slave, start_new_session=True).pid
    eventually(lambda: procfs.process(pid).tty)
    assert procfs.process(pid).tty == Tty(136, index)
    assert procfs.process(pid).session == pid
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize(
    ("tty_nr", "tty"),
    [
        (0, None),
        (0x8803, Tty(136, 3)),
        (0x0401, Tty(4, 1)),
        (0x00108805, Tty(136, 0x105)),
        (0x80008805 - (1 << 32), Tty(136, 0x80005)),
    ],
)
def test_tty_nr_is_new_encode_dev(tty_nr, tty):
    """Major in bits 8-19, minor in the rest, also where the sign bit is set."""
    assert procfs.parse_tty_nr(tty_nr) == tty


def test_audit_identity_is_none_until_it_is_set():
    """4294967295 is nobody, as with PID 1; a login sets it for good, here in a child."""
    init = procfs.process(1)
    assert (init.loginuid, init.audit_session) == (None, None)
    pid = os.fork()
    if not pid:
        with open("/proc/self/loginuid", "w") as loginuid:  # noqa: PTH123
            loginuid.write(str(NOBODY.pw_uid))
        time.sleep(1000)
    eventually(lambda: procfs.process(pid).loginuid is not None)
    assert procfs.process(pid).loginuid == NOBODY.pw_uid
    assert procfs.process(pid).audit_session > 0
    os.kill(pid, 9)
    os.waitpid(pid, 0)


def test_a_thread_id_gives_its_process(child):
    """The kernel reports threads; /proc answers for them."""
    code = "import threading; threading.Thread(target=lambda: input()).start(); input()"
    master, slave = os.openpty()
    pid = child(sys.executable, "-c", code, stdin=slave).pid
    eventually(lambda: len(os.listdir(f"/proc/{pid}/task")) == 2)  # noqa: PTH208
    (tid,) = {int(name) for name in os.listdir(f"/proc/{pid}/task")} - {pid}  # noqa: PTH208
    assert procfs.process(tid).tgid == pid
    os.close(master)
    os.close(slave)


def test_a_kernel_thread_has_no_program():
    """PID 2 is kthreadd where the namespace shows it; everything optional is None or empty."""
    seen = procfs.process(2)
    if seen is None or seen.ppid != 0:
        pytest.skip("this pid namespace shows no kernel threads")
    assert (seen.exe, seen.argv, seen.argv_bytes, seen.session) == (None, (), 0, None)


def test_a_process_that_has_gone_is_none():
    """Reaped, a zombie without files, and a pid that can't be."""
    gone = subprocess.Popen(["true"])
    eventually(lambda: psutil.Process(gone.pid).status() == psutil.STATUS_ZOMBIE)
    zombie = procfs.process(gone.pid)
    assert (zombie.exe, zombie.cwd, zombie.argv) == (None, None, ())
    gone.wait()
    assert procfs.process(gone.pid) is None
    assert procfs.process(2**30) is None


def test_a_process_is_over_when_only_a_zombie_is_left(child):
    """Dead but not waited for, or gone; a thread that lives keeps it, and so does a stopped one."""
    process = child("sleep", "1000")
    assert not procfs.is_over(os.getpid())
    assert not procfs.is_over(process.pid)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert procfs.is_over(process.pid)
    process.wait()
    assert procfs.is_over(process.pid)


def test_descendants_are_found_at_any_depth(child):
    """Children and grandchildren, and not the root or its siblings."""
    sibling = child("sleep", "1000").pid
    root = child("sh", "-c", "sh -c 'sleep 1000; :' & sleep 1000; :", start_new_session=True).pid

    def children():
        return {process.pid for process in psutil.Process(root).children(recursive=True)}

    # psutil, not we, may miss one for a moment: it compares times to the second.
    eventually(lambda: len(children()) == 3 and procfs.descendants([root]) == children())
    below = procfs.descendants([root])
    both = procfs.descendants([os.getpid()])
    assert both >= below | {root, sibling}
    for pid in below:
        os.kill(pid, 9)


def test_an_orphan_descends_from_the_leader_of_its_session(child):
    """Its parent has ended, and a reaper that is none of ours has it."""
    leader = child("sh", "-c", "(sleep 1000 &); exec sleep 1000", start_new_session=True).pid

    def orphans():
        seen = procfs.stats().values()
        return {one.pid for one in seen if one.session == leader != one.pid and one.ppid != leader}

    eventually(lambda: orphans() and orphans() == procfs.descendants([leader]))
    for pid in orphans():
        os.kill(pid, 9)


def test_stats_agree_with_psutil_on_every_process():
    """Parent and terminal of each process that lives through both readings."""
    seen = procfs.stats()
    assert set(seen) & set(psutil.pids())
    for process in psutil.process_iter(["ppid"]):
        if process.pid in seen and process.is_running():
            assert seen[process.pid].ppid == process.info["ppid"]


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"0::/user.slice/user-0.slice\n", b"/user.slice/user-0.slice"),
        (b"0::/\n", b"/"),
        (b"1:name=systemd:/\n0::/\n", b"/"),
        (b"9:name=systemd:/\n4:memory:/docker/x\n0::/\n", b"/docker/x"),
        (b"4:memory:/docker/x\n0::/y\n", b"/y"),
        (b"0::/a:b\n", b"/a:b"),
        (b"", None),
    ],
)
def test_the_cgroup_is_the_unified_one_unless_only_v1_knows(raw, path):
    """cgroup v2, v1 and both at once."""
    assert procfs.parse_cgroup(raw) == path


@pytest.mark.parametrize(
    ("cgroup", "container"),
    [
        (f"/docker/{ID}", ID),
        (f"/system.slice/docker-{ID}.scope", ID),
        (f"/machine.slice/libpod-{ID}.scope/container", ID),
        (f"/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope", ID),
        (f"/docker/{'f' * 64}/docker/{ID}", ID),
        ("/lxc.payload.web1/init.scope", "web1"),
        ("/lxc.payload/web1", "web1"),
        ("/lxc/web1", "web1"),
        (f"/x/{ID}0", None),
        ("/user.slice/user-1000.slice/session-1.scope", None),
        ("/", None),
        (None, None),
    ],
)
def test_the_container_is_read_from_the_cgroup(cgroup, container):
    """Docker, Podman, CRI and LXC; nested ones give the innermost."""
    assert procfs.container_id(cgroup and cgroup.encode()) == container
