"""tracer.store.directory"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracer.errors import BadLog, NoLog
from tracer.store.directory import Directory


def test_a_missing_directory(tmp_path: Path) -> None:
    """Is no log; at the top and further in."""
    with pytest.raises(NoLog):
        Directory(tmp_path / "none")
    with pytest.raises(NoLog):
        Directory(tmp_path).inside("none")


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_others_may_not_write_into_it(tmp_path: Path, mode: int) -> None:
    """Nor into one in it, which says how to mend it."""
    place = tmp_path / "place"
    place.mkdir()
    place.chmod(mode)
    for refused in (lambda: Directory(place), lambda: Directory(tmp_path).inside("place")):
        with pytest.raises(BadLog, match=f"chmod go-w {place}"):
            refused()


def test_others_may_not_own_it(tmp_path: Path, monkeypatch) -> None:
    """Its owner could let them write. Root may own everybody's."""
    opened = os.open(tmp_path, os.O_RDONLY)
    state = os.fstat(opened)
    foreign = os.stat_result((*state[:4], 4711, *state[5:]))
    monkeypatch.setattr(os, "fstat", lambda fd: foreign)
    with pytest.raises(BadLog, match="chown root"):
        Directory(tmp_path)
    os.close(opened)


def test_a_link_is_no_directory(tmp_path: Path) -> None:
    """At the top and further in: it may lead anywhere."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for refused in (
        lambda: Directory(tmp_path / "link"),
        lambda: Directory(tmp_path).inside("link"),
        lambda: Directory(tmp_path).make("link"),
    ):
        with pytest.raises(BadLog, match="can't be opened"):
            refused()


def test_a_directory_that_is_swapped(tmp_path: Path) -> None:
    """What was opened stays what is used."""
    (tmp_path / "place").mkdir()
    (tmp_path / "trap").mkdir()
    directory = Directory(tmp_path / "place")
    (tmp_path / "place").rename(tmp_path / "moved")
    (tmp_path / "place").symlink_to("trap")
    os.close(directory.create("file"))
    directory.rename("file", "other")
    directory.sync()
    assert directory.names() == ["other"]
    assert [path.name for path in (tmp_path / "moved").iterdir()] == ["other"]
    assert not list((tmp_path / "trap").iterdir())


def test_only_plain_files_of_one_name(directory: Directory) -> None:
    """A link, a second name, a directory and a FIFO, which must not hang us."""
    place = directory.path
    (place / "file").write_bytes(b"x")
    (place / "hard").hardlink_to(place / "file")
    (place / "soft").symlink_to("file")
    (place / "inner").mkdir()
    os.mkfifo(place / "fifo")
    for name in ("file", "hard", "soft", "inner", "fifo"):
        with pytest.raises(BadLog):
            directory.open(name)
    with pytest.raises(FileNotFoundError):
        directory.open("none")


def test_files_are_made_for_root_alone(directory: Directory) -> None:
    """And never in place of another, nor through a link."""
    fd = directory.create("file")
    assert os.fstat(fd).st_mode & 0o777 == 0o600
    os.close(fd)
    (directory.path / "link").symlink_to("elsewhere")
    for name in ("file", "link"):
        with pytest.raises(FileExistsError):
            directory.create(name)
    assert directory.has("link")
    assert not directory.has("elsewhere")
    directory.remove("link")
    assert not directory.has("link")


def test_making_is_opening_where_it_is_there(directory: Directory) -> None:
    """With what is in it."""
    os.close(directory.make("inner").create("file"))
    inner = directory.make("inner")
    assert inner.names() == ["file"]
    assert os.fstat(inner.fd).st_mode & 0o777 == 0o700


def test_the_size_of_a_file(directory: Directory) -> None:
    """In bytes."""
    (directory.path / "file").write_bytes(b"12345")
    assert directory.size("file") == 5
