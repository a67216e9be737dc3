"""tracer.store.state"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.attributes import changeable
from tracer.errors import BadState
from tracer.seal.keys import Ratchet
from tracer.seal.note import Head
from tracer.seal.stage import Keys
from tracer.store.directory import Directory
from tracer.store.state import SECTOR_BYTES, STATE, StateFile

SEED = bytes(range(32))
FIRST = Keys.first(SEED)
LAST = Keys(
    "ttytrace/0123456789abcdef",
    b"s" * 32,
    b"n" * 32,
    Ratchet(2**40, 2**45, 2**50, b"k" * 32, b"i" * 32, b"e" * 32),
    Head(2**60, b"r" * 32),
)


@pytest.fixture
def state(directory: Directory) -> Iterator[StateFile]:
    StateFile.create(directory, FIRST)
    opened = StateFile(directory)
    yield opened
    opened.close()


def file_of(directory: Directory) -> Path:
    return directory.path / STATE


def test_keys_are_read_as_they_were_written(directory: Directory, state: StateFile) -> None:
    """All of them, at their largest, too; in one sector that only its owner reads."""
    assert state.read() == FIRST
    state.write(LAST)
    assert state.read() == LAST
    found = file_of(directory).stat()
    assert (found.st_size, found.st_mode & 0o777) == (SECTOR_BYTES, 0o600)


def test_keys_are_there_before_they_are_synced(state: StateFile, monkeypatch) -> None:
    """For whoever reads the file; that costs no sync."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    state.put(LAST)
    assert (state.read(), synced) == (LAST, [])
    state.write(FIRST)
    assert (state.read(), len(synced)) == (FIRST, 1)


def test_no_second_copy(directory: Directory, state: StateFile) -> None:
    """The keys of before are overwritten where they stood: same file, same place."""
    inode = file_of(directory).stat().st_ino
    state.write(LAST)
    state.write(LAST._replace(secret=b"t" * 32, next_secret=None))
    assert directory.names() == [STATE]
    assert file_of(directory).stat().st_ino == inode
    left = file_of(directory).read_bytes()
    assert LAST.secret not in left
    assert b"n" * 32 not in left
    assert FIRST.secret not in left


@settings(max_examples=30)
@given(at=st.integers(0, 336), flipped=st.integers(1, 255))
def test_a_damaged_state_is_refused(tmp_path_factory, at: int, flipped: int) -> None:
    """Whatever byte of what counts is another; the rest of the sector is empty."""
    directory = Directory(tmp_path_factory.mktemp("state"))
    StateFile.create(directory, LAST)
    data = bytearray(file_of(directory).read_bytes())
    data[at] ^= flipped
    file_of(directory).write_bytes(data)
    state = StateFile(directory)
    try:
        with pytest.raises(BadState):
            state.read()
    finally:
        state.close()
        directory.close()


@pytest.mark.parametrize("data", [b"", bytes(SECTOR_BYTES), b"x" * 511, b"x" * 513, b"x" * 2**20])
def test_another_file_is_refused(directory: Directory, state: StateFile, data: bytes) -> None:
    """An empty one, one of zeros, one of another size."""
    file_of(directory).write_bytes(data)
    with pytest.raises(BadState, match="this is not what ttytrace wrote"):
        state.read()


def test_missing_keys(directory: Directory) -> None:
    """Are told apart from a missing log, with the cure."""
    with pytest.raises(BadState, match=r"keys of the log are missing.*`ttytrace init`"):
        StateFile(directory)


def test_a_state_is_not_made_twice(directory: Directory, state: StateFile) -> None:
    """The keys of a log can't be lost to another init."""
    with pytest.raises(FileExistsError):
        StateFile.create(directory, LAST)
    assert state.read() == FIRST


def test_a_write_that_fails(directory: Directory, state: StateFile, monkeypatch) -> None:
    """Is the caller's to know."""

    def fails(fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", fails)
    with pytest.raises(OSError, match="Input/output"):
        state.write(LAST)
    changeable(directory.path)
