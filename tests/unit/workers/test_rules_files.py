"""Rule files that are read, and read again."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.patience import eventually
from tests.ruling import ID, rule
from tracer.settings import RuleSettings
from tracer.workers import rules_files as module
from tracer.workers.rules_files import RuleFiles, read

ME = os.geteuid()
OTHER = f"{ID[:-1]}0"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with a rule in it."""
    place = tmp_path / "rules"
    (place / "deep").mkdir(parents=True, mode=0o755)
    put(place / "deep/one.yml", rule("one"))
    return place


def put(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o644)


def settings(*places: Path, level: str = "medium", without: tuple[str, ...] = ()) -> RuleSettings:
    return RuleSettings(False, tuple(map(str, places)), level, without)


def test_those_that_are_wanted_are_read(place: Path) -> None:
    """By level and name; the digest is of their texts."""
    loaded = read(settings(place), ME)
    assert [each.about.key for each in loaded.rules.rules] == [ID]
    assert (loaded.refused, loaded.foreign) == ((), 0)
    assert read(settings(place, level="critical"), ME).rules.rules == ()
    assert read(settings(place, without=("7d1b*",)), ME).rules.rules == ()
    put(place / "deep/one.yml", rule("other"))
    assert read(settings(place), ME).digest != loaded.digest


def test_the_pack_comes_with_them(place: Path) -> None:
    """Where it is wanted."""
    with_pack = read(replace(settings(place), pack=True), ME)
    assert len(with_pack.rules.rules) > 40


def test_what_cannot_be_used_is_told(place: Path) -> None:
    """The rest is; what is for other systems is counted."""
    put(place / "broken.yml", "title: [")
    put(place / "windows.yml", rule("x", id_=OTHER).replace("linux", "windows"))
    loaded = read(settings(place), ME)
    (refusal,) = loaded.refused
    assert refusal.place.path == str(place / "broken.yml")
    assert (len(loaded.rules.rules), loaded.foreign) == (1, 1)


@pytest.mark.parametrize("name", ["", "deep", "deep/one.yml", "list.txt"])
def test_what_others_can_write_to_is_not_used(place: Path, name: str) -> None:
    """Nor what stands beside it; another directory is."""
    put(place / "list.txt", "x")
    (place / name).chmod((place / name).stat().st_mode | 0o020)
    twin = place.parent / "twin"
    twin.mkdir(mode=0o755)
    put(twin / "two.yml", rule("two", id_=OTHER))
    loaded = read(settings(place, twin), ME)
    assert [each.about.key for each in loaded.rules.rules] == [OTHER]
    (refusal,) = loaded.refused
    assert refusal.reason.startswith(f"others than its owner can write to {place / name}")


def test_where_another_can_take_its_place_it_is_not_used(place: Path) -> None:
    """By another name, too."""
    link = place.parent.parent / "link"
    link.symlink_to(place)
    place.parent.chmod(0o777)
    for name in (place, link):
        (refusal,) = read(settings(name), ME).refused
        assert refusal.reason.startswith(f"others than its owner can write to {place.parent}")


def test_what_others_own_is_not_used(place: Path) -> None:
    """Root's is."""
    loaded = read(settings(place), ME + 1)
    assert len(loaded.refused) == (0 if ME == 0 else 1)


def test_a_directory_that_is_missing_is_told(tmp_path: Path) -> None:
    """But for the one that is looked for by default; a link to nowhere is nothing."""
    loaded = read(settings(tmp_path / "none", Path("/etc/ttytrace/rules")), ME)
    assert [(each.place.path, each.reason) for each in loaded.refused] == [
        (str(tmp_path / "none"), "there is no such directory")
    ]
    loaded = read(settings(tmp_path / ("x" * 300)), ME)
    assert [each.reason for each in loaded.refused] == ["it can't be read: File name too long"]
    (tmp_path / "link.txt").symlink_to(tmp_path / "nowhere")
    tmp_path.chmod(0o755)
    assert read(settings(tmp_path), ME).refused == ()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks for what it can't watch again and again, and soon."""
    monkeypatch.setattr(module, "_LOOK_MS", 50)


@pytest.mark.usefixtures("quick")
def test_a_change_is_noticed(place: Path) -> None:
    """Of a file, of a directory that comes later, and of one that takes another's place."""
    later = place.parent / "later"
    files = RuleFiles(settings(place, later), ME)
    assert files.fileno() >= 0

    def until(count: int) -> None:
        eventually(lambda: (got := files.take()) is not None and len(got.rules.rules) == count)

    until(1)
    put(place / "two.yml", rule("two", id_=OTHER))
    until(2)
    later.mkdir(mode=0o755)
    put(later / "three.yml", rule("three", id_=f"{ID[:-1]}1"))
    until(3)
    place.rename(place.parent / "gone")
    until(1)
    (place.parent / "gone").rename(place)
    until(3)


@pytest.mark.usefixtures("quick")
def test_other_settings_are_followed(place: Path) -> None:
    """And what they name is watched."""
    files = RuleFiles(settings(), ME)
    assert eventually(files.take)
    files.configure(settings(place))
    eventually(lambda: (got := files.take()) is not None and len(got.rules.rules) == 1)
    put(place / "two.yml", rule("two", id_=OTHER))
    eventually(lambda: (got := files.take()) is not None and len(got.rules.rules) == 2)
