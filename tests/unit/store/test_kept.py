"""What must not be forgotten, across restarts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash import kill_before
from tracer.errors import NoLog
from tracer.store.kept import Kept


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    tmp_path.chmod(0o700)
    kept = Kept(tmp_path, "rules")
    yield kept
    kept.close()


def test_it_comes_back(kept: Kept, tmp_path: Path) -> None:
    """What was written last, for root alone."""
    assert kept.read() == {}
    for number in (1, 2):
        kept.write({"next": number})
    assert kept.read() == {"next": 2}
    assert (tmp_path / "rules").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["rules"]


def test_it_is_whole_or_as_before(kept: Kept) -> None:
    """Whenever it is killed."""
    kept.write({"next": 1})
    nth = 0
    while kill_before(nth, lambda: kept.write({"next": 2})):
        assert kept.read() in ({"next": 1}, {"next": 2})
        nth += 1
    assert nth > 2
    assert kept.read() == {"next": 2}


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff"])
def test_what_is_none_counts_as_not_there(kept: Kept, tmp_path: Path, text: bytes) -> None:
    """Whoever it is for begins anew."""
    (tmp_path / "rules").write_bytes(text)
    assert kept.read() == {}


def test_without_a_directory_there_is_no_log(tmp_path: Path) -> None:
    """As for all else."""
    with pytest.raises(NoLog):
        Kept(tmp_path / "none", "rules")
