"""tracer.service.listening"""

from __future__ import annotations

import os
import socket
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tracer.errors import BadLog, SocketTaken
from tracer.privileges import reading_group
from tracer.service.listening import listen


def test_it_is_for_root_and_the_group(tmp_path: Path) -> None:
    """As the mode says, whatever the umask; its directory is made, for all to see."""
    path = tmp_path / "run" / ("x" * 90) / "live.sock"
    before = os.umask(0o077)
    try:
        listener = listen(path, 0o660)
    finally:
        os.umask(before)
    with closing(listener):
        state = path.lstat()
        assert (stat.S_ISSOCK(state.st_mode), stat.S_IMODE(state.st_mode)) == (True, 0o660)
        assert (state.st_uid, state.st_gid) == (os.geteuid(), reading_group())
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o755


def test_what_a_dead_process_left_is_replaced(tmp_path: Path) -> None:
    """And what a living one has is not."""
    tmp_path.chmod(0o755)
    path = tmp_path / "live.sock"
    listen(path, 0o660).close()
    with closing(listen(path, 0o660)), pytest.raises(SocketTaken, match="another process listens"):
        listen(path, 0o660)
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(ConnectionRefusedError):
        client.connect(str(path))


def test_a_directory_that_others_write_is_refused(tmp_path: Path) -> None:
    """They could put a socket of their own there."""
    tmp_path.chmod(0o777)
    with pytest.raises(BadLog, match="others than root may write"):
        listen(tmp_path / "live.sock", 0o660)
