"""How far sinks have got, across restarts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tracer.errors import NoLog
from tracer.store.cursors import NAME, Cursors


@pytest.fixture
def cursors(tmp_path: Path) -> Iterator[Cursors]:
    tmp_path.chmod(0o700)
    cursors = Cursors(tmp_path)
    yield cursors
    cursors.close()


def test_they_come_back(cursors: Cursors, tmp_path: Path) -> None:
    """What was written last, for root alone."""
    assert cursors.read() == {}
    cursors.write({"a": 1})
    cursors.write({"a": 2, "b": 7})
    assert cursors.read() == {"a": 2, "b": 7}
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [NAME]


def test_what_a_crash_left_is_in_nobodys_way(cursors: Cursors, tmp_path: Path) -> None:
    """A file that was not whole never had the name."""
    (tmp_path / f"{NAME}.new").write_bytes(b'{"a":')
    cursors.write({"a": 1})
    assert cursors.read() == {"a": 1}


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'{"a":-1,"b":true,"c":"x","d":1.5}'])
def test_what_is_none_counts_as_not_there(cursors: Cursors, tmp_path: Path, text: bytes) -> None:
    """A sink begins with what is new, then."""
    (tmp_path / NAME).write_bytes(text)
    assert cursors.read() == {}


def test_without_a_directory_there_is_no_log(tmp_path: Path) -> None:
    """As for all else."""
    with pytest.raises(NoLog):
        Cursors(tmp_path / "none")
