"""Which machine this is.

Invariant: the same for every event of one boot.
"""

from __future__ import annotations

from typing import NamedTuple


class Host(NamedTuple):
    """The machine, the boot and the pid namespace that pids are counted in.

    `machine_id` as in machine-id(5), None where the machine has none.
    """

    machine_id: str | None
    name: str
    boot_id: str
    pid_ns_ino: int
