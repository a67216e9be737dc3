"""Run one command in a guest and bring back its output and exit status.

The invariant: after run() nothing is left of the guest, however it ended. The command's status
comes back through a file that only the guest's last step writes, so a guest that hangs, panics or
is killed can't look like a success. Which kernels there are is in kernels.py.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tests.guest import userlands
from tests.guest.kernels import REPO, Kernel
from tests.guest.userlands import Userland

CPUS = 2
MEMORY = "4G"
REPORT = "/run/job/report"
"""Where a command in a guest may leave a file that comes back."""
_SCRIPTS = ("root.sh", "init.sh", "pid1.sh")
_JOB = "mkdir /run/job && mount -t 9p -o trans=virtio,version=9p2000.L job /run/job"
_KERNEL_LINE = (
    "console=ttyS0 loglevel=4 panic=-1 panic_on_oops=1 mitigations=off systemd.show_status=no"
)
ENVIRONMENT = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "TERM": "xterm-256color",
}


class GuestDied(Exception):
    """The guest ended without telling a status: it hung, panicked or did not boot."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its exit status, what it printed (stdout and stderr), how long boot,
    command and shutdown took together, and what it left at REPORT."""

    status: int
    output: bytes
    seconds: float
    report: bytes | None


def run(
    kernel: Kernel,
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    limit_s: int,
    userland: Userland | None = None,
    echo: BinaryIO | None = None,
    systemd: bool = False,
) -> Outcome:
    """Boot, run the command as root in the repository's folder, power off.

    The guest sees this host's files as they are now, or those of another userland and this
    repository; what it writes is lost. `echo` gets the output as it comes. With `systemd` that is
    pid 1. Raises GuestDied, after limit_s at the latest.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ttytrace-guest-") as path:
        job = Path(path)
        _prepare(job, kernel, command, {**ENVIRONMENT, **environment})
        _provide(job, kernel.extras, userlands.fetch(userland) if userland else None)
        with (job / "console").open("wb") as console:
            _boot(_virtme(kernel, job, systemd), console, limit_s, echo, job)
        output = (job / "output").read_bytes()
        try:
            status = int((job / "status").read_text())
        except (FileNotFoundError, ValueError):
            raise GuestDied(_obituary(job, output, time.monotonic() - started)) from None
        report = (job / "report").read_bytes() if (job / "report").exists() else None
    return Outcome(status, output, time.monotonic() - started, report)


def _prepare(
    job: Path, kernel: Kernel, command: Sequence[str], environment: Mapping[str, str]
) -> None:
    for script in _SCRIPTS:
        shutil.copy(Path(__file__).with_name(script), job)
    (job / "output").touch()
    (job / "modules").symlink_to(kernel.modules)
    variables = [f"{name}={value}" for name, value in environment.items()]
    line = shlex.join(["exec", "env", "-i", *variables, *command])
    (job / "command").write_text(f"cd {shlex.quote(str(REPO))}\n{line}\n")


def _provide(job: Path, extras: Sequence[Path], home: Path | None) -> None:
    """`extras` are made for this host's files; a userland, whose `home` is given, has its own."""
    (job / "repository").symlink_to(REPO)
    (job / "extras").mkdir()
    if home:
        (job / "userland").symlink_to(home)
        return
    for package in extras:
        shutil.copy(package, job / "extras")


def _boot(
    virtme: Sequence[str], console: BinaryIO, limit_s: int, echo: BinaryIO | None, job: Path
) -> None:
    # timeout(1) ends the guest even when this process is killed. A session of its own makes one
    # process group of all that virtme-ng starts.
    guest = subprocess.Popen(
        ["timeout", "--kill-after=5", str(limit_s), *virtme],
        stdin=subprocess.DEVNULL,
        stdout=console,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{ENVIRONMENT['PATH']}"},
        start_new_session=True,
    )
    try:
        with (job / "output").open("rb") as output:
            running = True
            while running:
                running = guest.poll() is None
                if echo is not None:
                    echo.write(output.read())
                    echo.flush()
                time.sleep(0.1 if running else 0)
    finally:
        _kill_group(guest)


def _kill_group(guest: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(guest.pid, signal.SIGKILL)
    guest.wait()


def _virtme(kernel: Kernel, job: Path, systemd: bool) -> list[str]:
    shares = " ".join(
        f"-fsdev local,id={name},path={path},security_model=none,multidevs=remap{access}"
        f" -device virtio-9p-pci,fsdev={name},mount_tag={name}"
        for name, path, access in (("host", "/", ",readonly=on"), ("job", job, ""))
    )
    # The last -append is the one that counts, and with it our pid 1 instead of virtme-ng's.
    pid1 = f" -append '{_KERNEL_LINE} init={job}/pid1.sh'" if systemd else ""
    # KVM is not used even where it works: every machine then runs the same guest.
    return [
        *("vng", "--verbose", "--run", str(kernel.vmlinux), "--disable-kvm", "--force-9p"),
        *("--cpus", str(CPUS), "--memory", MEMORY, "--name", "guest"),
        # Errors and worse go to the console, which is shown when the guest dies.
        *("--append", "loglevel=4", "--append", "panic_on_oops=1", "--append", "mitigations=off"),
        f"--qemu-opts={shares}{pid1}",
        *("--exec", f"{_JOB} && exec sh /run/job/init.sh"),
    ]


def _obituary(job: Path, output: bytes, seconds: float) -> str:
    console = (job / "console").read_bytes()[-3000:].decode(errors="replace")
    printed = output[-3000:].decode(errors="replace")
    return f"no status after {seconds:.0f} s\n--- console\n{console}\n--- command\n{printed}"
