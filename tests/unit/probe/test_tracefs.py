"""tracefs is had without the host noticing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracer.probe import tracefs


@pytest.mark.usefixtures("root")
def test_a_private_mount_has_the_events() -> None:
    """The number of an event is the one that its format names, seen through no mount point."""
    with tracefs.opened(mount_points=()) as (directory, where):
        number = tracefs.event_id(directory, "syscalls", "sys_exit_read")
        described = os.open("events/syscalls/sys_exit_read/format", os.O_RDONLY, dir_fd=directory)
    with os.fdopen(described) as file:
        assert f"ID: {number}\n" in file.read()
    assert where == tracefs.PRIVATE


@pytest.mark.usefixtures("root")
def test_the_host_does_not_change() -> None:
    """Nothing is mounted while it is open, and no descriptor stays after."""
    mounts, descriptors = Path("/proc/self/mountinfo"), Path("/proc/self/fd")
    before = mounts.read_text(), len(list(descriptors.iterdir()))
    with tracefs.opened(mount_points=()):
        assert mounts.read_text() == before[0]
    assert len(list(descriptors.iterdir())) == before[1]


@pytest.mark.usefixtures("root")
def test_the_private_mount_cannot_be_written() -> None:
    """Tracing of the host can't be switched through it."""
    with (
        tracefs.opened(mount_points=()) as (directory, _),
        pytest.raises(OSError, match="Read-only"),
    ):
        os.open("tracing_on", os.O_WRONLY, dir_fd=directory)


def test_what_is_mounted_is_taken(tmp_path: Path) -> None:
    """The first mount point that has events is used; an empty directory is passed by."""
    (tmp_path / "empty").mkdir()
    event = tmp_path / "tracing" / "events" / "syscalls" / "sys_exit_read"
    event.mkdir(parents=True)
    (event / "id").write_text("841\n")
    with tracefs.opened((tmp_path / "empty", tmp_path / "tracing")) as (directory, where):
        assert tracefs.event_id(directory, "syscalls", "sys_exit_read") == 841
        assert tracefs.event_id(directory, "syscalls", "sys_exit_none") is None
        assert where == str(tmp_path / "tracing")


@pytest.mark.usefixtures("root")
def test_event_id_of() -> None:
    """A target's number is found by its name; one that the kernel lacks is an OSError."""
    assert tracefs.event_id_of("syscalls:sys_exit_read") > 0
    with pytest.raises(FileNotFoundError, match="no such tracepoint"):
        tracefs.event_id_of("syscalls:sys_exit_none")


def test_functions(tmp_path: Path) -> None:
    """As the kernel lists them."""
    (tmp_path / "events").mkdir()
    (tmp_path / "available_filter_functions").write_text("n_tty_read\nunix_get [unix]\n")
    assert tracefs.functions((tmp_path,)) == b"n_tty_read\nunix_get [unix]\n"
