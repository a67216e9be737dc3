"""tracer.store.create"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.written import Written
from tracer.errors import BadLog, HasLog
from tracer.seal.keys import first_signer
from tracer.seal.stage import Keys
from tracer.settings import LogSettings
from tracer.store.create import create


def settings(place: Path) -> LogSettings:
    return LogSettings(str(place / "var/log"), str(place / "var/keys"))


def test_a_new_log(written: Written) -> None:
    """Directories for those who may read, the keys' for root alone; the public key, and the keys
    of the seed that was shown."""
    place = written.place
    modes = [(place / name).stat().st_mode & 0o777 for name in ("log", "log/log", "keys")]
    assert modes == [0o750, 0o750, 0o700]
    vkey = (place / "log/key").read_text()
    assert vkey == first_signer(written.seed).public.vkey + "\n"
    assert written.keys() == Keys.first(written.seed)
    files = [path for path in place.rglob("*") if path.is_file()]
    assert not [path for path in files if written.seed in path.read_bytes()]


def test_a_log_is_not_made_twice(written: Written) -> None:
    """Neither over segments nor over keys; the cure is in the words."""
    seeds: list[bytes] = []
    before = written.keys()
    with pytest.raises(HasLog, match="keep both elsewhere first"):
        create(written.settings, seeds.append)
    written.open().close(written.stamp(1))
    (written.place / "keys/state").unlink()
    with pytest.raises(HasLog):
        create(written.settings, seeds.append)
    assert not seeds
    assert before.head.size == 0


def test_a_seed_that_nobody_saw(tmp_path: Path) -> None:
    """Makes no log: init can be done again."""

    def unseen(seed: bytes) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(BadLog, match="no log could be made: Broken pipe"):
        create(settings(tmp_path), unseen)
    seeds: list[bytes] = []
    create(settings(tmp_path), seeds.append)
    key = (tmp_path / "var/log/key").read_text()
    assert key == first_signer(seeds[0]).public.vkey + "\n"


def test_a_directory_that_others_write(tmp_path: Path) -> None:
    """Is refused before anything is made in it."""
    (tmp_path / "var/log").mkdir(parents=True)
    (tmp_path / "var/log").chmod(0o777)
    with pytest.raises(BadLog):
        create(settings(tmp_path), print)
    assert not list((tmp_path / "var/log").iterdir())


def test_a_place_that_can_not_be_made(tmp_path: Path) -> None:
    """Is named."""
    (tmp_path / "var").write_text("a file")
    with pytest.raises(BadLog, match=f"{tmp_path}/var/log"):
        create(settings(tmp_path), print)
