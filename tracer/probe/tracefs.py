"""Looks into tracefs, without changing the host.

Invariant: nothing is mounted where anyone else could see it. Where tracefs isn't mounted, a
detached mount is made (fsopen(2), fsmount(2), Linux 5.2), which is in no mount namespace and goes
with its descriptor.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tracer.probe.syscalls import system_call

MOUNT_POINTS: Final = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
PRIVATE: Final = "a private mount"

# New enough to have one number on all architectures.
_SYS_FSOPEN: Final = 430
_SYS_FSCONFIG: Final = 431
_SYS_FSMOUNT: Final = 432
_FSOPEN_CLOEXEC: Final = 1
_FSCONFIG_CMD_CREATE: Final = 6
_FSMOUNT_CLOEXEC: Final = 1
_MOUNT_ATTR_RDONLY_NOSUID_NODEV_NOEXEC: Final = 0xF


@contextmanager
def opened(mount_points: tuple[Path, ...] = MOUNT_POINTS) -> Iterator[tuple[int, str]]:
    """Yields (descriptor of tracefs' root directory, where it was had from).

    Raises OSError where it is neither mounted nor can be mounted privately.
    """
    directory, where = _open(mount_points)
    try:
        yield directory, where
    finally:
        os.close(directory)


def event_id(directory: int, group: str, event: str) -> int | None:
    """The number by which perf_event_open(2) knows an event; None if the kernel has no such."""
    try:
        fd = os.open(f"events/{group}/{event}/id", os.O_RDONLY | os.O_CLOEXEC, dir_fd=directory)
    except FileNotFoundError:
        return None
    try:
        return int(os.read(fd, 32))
    finally:
        os.close(fd)


def event_id_of(target: str) -> int:
    """The number of a `group:event`. Raises OSError if it can't be had."""
    group, _, event = target.partition(":")
    with opened() as (directory, _):
        found = event_id(directory, group, event)
    if found is None:
        raise OSError(errno.ENOENT, "the kernel has no such tracepoint", target)
    return found


def functions(mount_points: tuple[Path, ...] = MOUNT_POINTS) -> bytes:
    """The functions that can be traced, one a line; behind those of modules ` [module]`.

    Raises OSError where tracefs can't be had, or the kernel has no list.
    """
    with opened(mount_points) as (directory, _):
        fd = os.open("available_filter_functions", os.O_RDONLY | os.O_CLOEXEC, dir_fd=directory)
    with os.fdopen(fd, "rb") as file:
        return file.read()


def _open(mount_points: tuple[Path, ...]) -> tuple[int, str]:
    for path in mount_points:
        if (path / "events").is_dir():
            return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), str(path)
    return _mount_privately(), PRIVATE


def _mount_privately() -> int:
    context = system_call(_SYS_FSOPEN, b"tracefs", _FSOPEN_CLOEXEC)
    try:
        system_call(_SYS_FSCONFIG, context, _FSCONFIG_CMD_CREATE, None, None, 0)
        flags = (_FSMOUNT_CLOEXEC, _MOUNT_ATTR_RDONLY_NOSUID_NODEV_NOEXEC)
        return system_call(_SYS_FSMOUNT, context, *flags)
    finally:
        os.close(context)
