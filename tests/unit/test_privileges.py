"""Rights: what is given up is gone, for what is started later too."""

from __future__ import annotations

import grp
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.need import lacking
from tracer.privileges import (
    SERVICE,
    Account,
    Capability,
    effective_of,
    names_of,
    reading_group,
    set_of,
    worker_account,
)

LOOK = "print(*[l.split()[1] for l in open('/proc/self/status') if l[:3] == 'Cap'], sep=',')"
SHOW = f"import os, subprocess, sys; print(os.getresuid(), os.getresgid(), os.getgroups()); {LOOK}"


def _need_root() -> None:
    if os.geteuid():
        lacking("only root can give something up")


def after(code: str) -> list[str]:
    """What a process says of itself, and one that it starts, after doing this."""
    child = f"sys.stdout.flush(); subprocess.run([sys.executable, '-c', {LOOK!r}])"
    imports = "from tracer.privileges import *; import pwd"
    argv = [sys.executable, "-c", f"{imports}\n{code}\n{SHOW}\n{child}"]
    return subprocess.check_output(argv, text=True).splitlines()


def test_a_worker_is_somebody_else_with_what_it_keeps() -> None:
    """Its children have nothing at all."""
    _need_root()
    who, own, child = after("become(Account('x', 65534, 65534), [Capability.AUDIT_READ])")
    assert who == "(65534, 65534, 65534) (65534, 65534, 65534) []"
    inheritable, permitted, effective, bounding, ambient = (int(x, 16) for x in own.split(","))
    assert permitted == effective == bounding == set_of([Capability.AUDIT_READ])
    assert inheritable == ambient == 0
    assert int(child.split(",")[2], 16) == 0


def test_root_without_capabilities() -> None:
    """A program that it starts has no more than it has: no more than it kept."""
    _need_root()
    keep = set_of([Capability.SYS_PTRACE])
    _, own, child = after("keep_only([Capability.SYS_PTRACE])")
    assert int(own.split(",")[2], 16) == keep
    assert int(child.split(",")[2], 16) == keep


def test_the_service_keeps_what_recording_takes() -> None:
    """Its threads and its children too, and it is in the group to which it gives what it writes."""
    _need_root()
    who, own, child = after("become_service()")
    assert who == f"(0, 0, 0) (0, 0, 0) [{reading_group()}]"
    assert {int(each.split(",")[3], 16) for each in (own, child)} == {set_of(SERVICE)}
    assert int(own.split(",")[2], 16) == set_of(SERVICE)


def test_names() -> None:
    """As everybody writes them; what isn't known stays a number."""
    assert names_of(set_of([Capability.BPF, Capability.KILL]) | 1 << 63) == [
        "CAP_KILL",
        "CAP_BPF",
        "CAP_63",
    ]


def test_of_a_process() -> None:
    """As the kernel says; one that has gone has none."""
    status = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in status if line.startswith("CapEff"))
    assert effective_of(os.getpid()) == int(line.split()[1], 16)
    assert effective_of(2**22 + 1) == 0


def test_the_account_of_workers_is_not_root() -> None:
    """Whether ttytrace is installed or not."""
    account = worker_account()
    assert isinstance(account, Account)
    assert account.uid != 0


def test_the_group_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What seals a segment then waits for no directory."""
    group = reading_group()
    monkeypatch.setattr(grp, "getgrnam", lambda _name: 1 / 0)
    assert reading_group() == group


@pytest.mark.parametrize("capability", list(Capability))
def test_numbers_are_the_kernels(capability: Capability) -> None:
    """As linux/capability.h has them."""
    header = Path("/usr/include/linux/capability.h").read_text()
    assert re.search(rf"#define CAP_{capability.name}\s+{capability.value}\b", header)
