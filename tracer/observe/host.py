"""Which machine, boot and pid namespace we run in, from /etc and /proc.

Invariant: a machine without an id (a fresh image, some containers) is one without an id; nothing
is made up for it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tracer.model.host import Host

_MACHINE_ID: Final = Path("/etc/machine-id")
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_PID_NS: Final = Path("/proc/self/ns/pid")


def this_host() -> Host:
    """This machine; OSError where /proc isn't mounted."""
    return Host(
        machine_id=machine_id(_MACHINE_ID),
        name=os.uname().nodename,
        boot_id=_BOOT_ID.read_text("ascii").strip(),
        pid_ns_ino=_PID_NS.stat().st_ino,
    )


def machine_id(path: Path) -> str | None:
    """The 32 hex digits of a machine-id(5) file; None if it has none, as before first boot."""
    try:
        found = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return found if len(found) == 32 and set(found) <= set("0123456789abcdef") else None
