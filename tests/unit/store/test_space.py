"""What a log takes of its disk is counted."""

from __future__ import annotations

import os
from pathlib import Path

from tracer.store.directory import Directory
from tracer.store.space import space_of


def test_files_are_counted_and_their_bytes(tmp_path: Path) -> None:
    """Links are what they are, and what is left is the file system's."""
    (tmp_path / "a").write_bytes(b"x" * 1009)
    (tmp_path / "b").write_bytes(b"")
    (tmp_path / "c").symlink_to("a")
    directory = Directory(tmp_path)
    space = space_of(directory)
    directory.close()
    assert (space.segments, space.bytes) == (3, 1010)
    room = os.statvfs(tmp_path)
    assert abs(space.free_bytes - room.f_bavail * room.f_frsize) < 1 << 30
