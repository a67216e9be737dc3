"""The way of last resort: tmux's own client, as the server's user, in a box.

For a server that speaks another version of the protocol than `tmux` does. tmux's client does what
its server tells it to, so it is run as what it then is: a process of the user who owns the server.

Invariant: it has that user's ids and no other groups, no environment, no descriptor of ours but two
pipes, no way to gain privileges; it ends by the deadline or with us, and we read at most the bound.
It is not exempt from being traced: it is the user's process, not ours.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tracer.model.facts import Verdict
from tracer.observe.reply import DEADLINE_S, MAX_REPLY_BYTES, Peer, Reply

# util-linux does between fork and exec what Python can't do safely there; it drops the privileges
# after its own exec, so the user never owns a process with our memory in it.
_LIMITS: Final = ("/usr/bin/prlimit", "--core=0", "--fsize=0", "--cpu=2", "--nofile=64")
_DROP: Final = ("/usr/bin/setpriv", "--clear-groups", "--no-new-privs", "--pdeathsig=KILL")
# A process in other namespaces may run what would be more powerful out here: its uid, its file.
_NAMESPACES: Final = ("mnt", "pid", "user")


def query(
    socket_path: str | bytes,
    peer: Peer,
    argv: Sequence[str],
    deadline_s: float = DEADLINE_S,
    max_reply_bytes: int = MAX_REPLY_BYTES,
) -> Reply:
    """Ask `peer`, which listens on `socket_path`, by its own binary's client, as its own user.

    The server's binary speaks the server's protocol. VERSION again where it lives in other
    namespaces than we do: then nothing is run. UNREACHABLE where it can't be run.
    """
    try:
        if not _beside_us(peer.pid):
            return Reply(Verdict.VERSION, peer=peer)
        exe = os.open(f"/proc/{peer.pid}/exe", os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return Reply(Verdict.UNREACHABLE, peer=peer)
    try:
        command = (f"/proc/self/fd/{exe}", "-u", "-S", os.fsdecode(socket_path), *argv)
        return run_as(peer, command, (exe,), deadline_s, max_reply_bytes)
    finally:
        os.close(exe)


def run_as(
    peer: Peer,
    command: Sequence[str],
    pass_fds: Sequence[int],
    deadline_s: float,
    max_reply_bytes: int,
) -> Reply:
    """Run a command in the box; what it prints is the reply, OK where it came to an end in time."""
    ids = (f"--reuid={peer.uid}", f"--regid={peer.gid}")
    try:
        with _boxed((*_LIMITS, *_DROP, *ids, "--", *command), pass_fds) as process:
            verdict, output = _read(process, time.monotonic() + deadline_s, max_reply_bytes)
    except OSError:
        return Reply(Verdict.UNREACHABLE, peer=peer)
    return Reply(verdict, output, peer=peer)


@contextmanager
def _boxed(command: Sequence[str], pass_fds: Sequence[int]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={},
        pass_fds=pass_fds,
        start_new_session=True,  # no controlling terminal, and one group to kill
    )
    assert process.stdout is not None
    try:
        yield process
    finally:
        # The group before its leader is reaped: until then nobody else can have its number.
        os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()  # what left the group may keep its end open for ever
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)  # less only for a process that is stuck in the kernel


def _read(process: subprocess.Popen[bytes], end: float, max_bytes: int) -> tuple[Verdict, bytes]:
    assert process.stdout is not None
    output = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left := end - time.monotonic()) > 0:
            if not selector.select(left):
                break
            chunk = os.read(process.stdout.fileno(), min(65536, max_bytes + 1 - len(output)))
            if not chunk:
                return Verdict.OK, bytes(output)
            output += chunk
            if len(output) > max_bytes:
                return Verdict.TOO_BIG, b""
    return Verdict.TIMEOUT, b""


def _beside_us(pid: int) -> bool:
    return all(
        Path(f"/proc/{pid}/ns/{name}").readlink() == Path(f"/proc/self/ns/{name}").readlink()
        for name in _NAMESPACES
    )
