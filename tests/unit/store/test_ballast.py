"""tracer.store.ballast"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracer.store.ballast import Ballast
from tracer.store.directory import Directory

MIB = 1 << 20


def test_the_room_is_really_taken(directory: Directory) -> None:
    """Not just the size of a file with a hole."""
    Ballast(directory, MIB)
    assert (directory.path / "ballast").stat().st_blocks * 512 >= MIB


def test_it_is_given_up_and_made_again(directory: Directory) -> None:
    """Where there is room; to give it up twice is no error."""
    ballast = Ballast(directory, MIB)
    ballast.give_up()
    ballast.give_up()
    assert directory.names() == []
    assert ballast.restore()
    assert ballast.restore()
    assert directory.names() == ["ballast"]


def test_none_is_wanted(directory: Directory) -> None:
    """Then none is made, and none is missing."""
    assert Ballast(directory, 0).restore()
    assert directory.names() == []


def test_too_little_room(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    """As much again must be left to others."""
    room = os.fstatvfs(directory.fd)
    little = os.statvfs_result((*room[:4], (2 * MIB - 1) // room.f_frsize, *room[5:]))
    monkeypatch.setattr(os, "fstatvfs", lambda _: little)
    assert not Ballast(directory, MIB).restore()
    assert directory.names() == []


def test_room_that_is_gone_meanwhile(directory: Directory, monkeypatch) -> None:
    """No half of it stays."""

    def fails(*args: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", fails)
    assert not Ballast(directory, MIB).restore()
    assert directory.names() == []


def test_one_of_the_run_before_is_kept(directory: Directory) -> None:
    """It is the same room."""
    Ballast(directory, MIB)
    before = Path(directory.path / "ballast").stat().st_ino
    assert Ballast(directory, MIB).restore()
    assert Path(directory.path / "ballast").stat().st_ino == before


def test_its_size_can_change(tmp_path: Path) -> None:
    """Also to none; as it was, it is left alone."""
    directory = Directory(tmp_path)
    ballast = Ballast(directory, 4096)
    ballast.resize(8192)
    assert (tmp_path / "ballast").stat().st_size == 8192
    inode = (tmp_path / "ballast").stat().st_ino
    ballast.resize(8192)
    assert (tmp_path / "ballast").stat().st_ino == inode
    ballast.resize(0)
    assert not (tmp_path / "ballast").exists()
    directory.close()
