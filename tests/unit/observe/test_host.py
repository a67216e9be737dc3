"""tracer.observe.host"""

from __future__ import annotations

import socket
import uuid
from pathlib import Path

import pytest

from tracer.observe.host import machine_id, this_host

ID = "0123456789abcdef0123456789abcdef"


def test_this_host_is_the_one_we_run_on():
    """Name, boot and pid namespace are those that other tools print."""
    host = this_host()
    assert host.name == socket.gethostname()
    assert uuid.UUID(host.boot_id)
    assert str(Path("/proc/self/ns/pid").readlink()) == f"pid:[{host.pid_ns_ino}]"
    assert host == this_host()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (f"{ID}\n".encode(), ID),
        (b"", None),
        (b"uninitialized\n", None),
        (ID.upper().encode(), None),
        (b"\xff" * 32, None),
    ],
)
def test_a_machine_id_is_32_hex_digits_or_none(tmp_path, content, found):
    """machine-id(5): it may be empty, or say that it isn't set yet."""
    (tmp_path / "machine-id").write_bytes(content)
    assert machine_id(tmp_path / "machine-id") == found


def test_a_machine_without_the_file_has_no_id(tmp_path):
    """As in many containers."""
    assert machine_id(tmp_path / "machine-id") is None
