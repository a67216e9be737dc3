"""tracer.store.attributes"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.need import lacking
from tracer.store.attributes import make_append_only, make_changeable, make_immutable


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "file"
    path.write_bytes(b"kept")
    yield path
    with path.open("rb") as opened:
        make_changeable(opened.fileno())


def needs(had: bool) -> None:
    if not had:
        lacking("this file system has no attributes, or they are not ours to set")


def test_append_only(file: Path) -> None:
    """Not even root writes over it, cuts it, or takes its name; more can be added."""
    with file.open("ab", buffering=0) as opened:
        needs(make_append_only(opened.fileno()))
        opened.write(b" on")
    for change in (
        lambda: os.truncate(file, 0),
        lambda: file.open("r+b"),
        file.unlink,
        lambda: file.rename(file.with_name("other")),
        lambda: file.chmod(0o644),
    ):
        with pytest.raises(PermissionError):
            change()
    assert file.read_bytes() == b"kept on"


def test_immutable(file: Path) -> None:
    """Nothing can be added either; and append-only goes over to it."""
    with file.open("ab", buffering=0) as opened:
        needs(make_append_only(opened.fileno()))
        assert make_immutable(opened.fileno())
    with pytest.raises(PermissionError):
        file.open("ab")
    with file.open("rb") as opened:
        assert make_append_only(opened.fileno())
    with file.open("ab", buffering=0) as opened:
        opened.write(b" on")


def test_changeable_again(file: Path) -> None:
    """Both come off."""
    for make in (make_append_only, make_immutable):
        with file.open("rb") as opened:
            needs(make(opened.fileno()))
            assert make_changeable(opened.fileno())
        os.truncate(file, 2)
    assert file.read_bytes() == b"ke"


def test_a_file_without_attributes() -> None:
    """Is no error."""
    reader, writer = os.pipe()
    try:
        assert not make_append_only(writer)
    finally:
        os.close(reader)
        os.close(writer)
