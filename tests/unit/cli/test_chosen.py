"""tracer.cli.chosen; what is on record is tested in tests/log/test_reading.py"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.samples import PLACE, SECOND, FixedClock
from tests.stored import StoredLog
from tests.unit.replay.logged import asking, at, made, shown
from tracer.cli.chosen import Wish, chosen, described, is_file, label_of, wish_of
from tracer.errors import BadRecording, BadSearch, ManyRecordings, NoRecording
from tracer.model.events import Tty
from tracer.model.findings import TextOutput
from tracer.replay.target import choices
from tracer.store.query import Query

CAST = b'{"version": 2, "width": 80, "height": 24, "timestamp": 1795132800}\n[5.5, "o", "hi"]\n'


@pytest.fixture
def log(tmp_path: Path) -> StoredLog:
    return made(tmp_path / "log")


def us(seconds: float) -> int:
    return FixedClock().at(at(seconds)) // 1000


def wish(target: str, when: float | None = None, **times: float) -> Wish:
    named = Wish(target, None if when is None else us(when), None, None)
    return named._replace(**{name: us(time) for name, time in times.items()})


def test_the_recording_that_is_meant_is_given(log: StoredLog) -> None:
    """All of it, from its beginning."""
    with chosen(log.path, wish("%3")) as found:
        assert [view.title for view in found.views] == ["%3 work pts/3 on lab"]
        assert found[1:] == (0, 8 * SECOND, 0)
    with chosen(log.path, wish("work")) as found:
        assert len(found.views) == 3


def test_times_say_where(log: StoredLog) -> None:
    """To begin, and what is left out."""
    with chosen(log.path, wish("%3", when=2)) as found:
        assert [ns // 1000 for ns in found[1:]] == [0, 8_000_000, 2_000_000]
    with chosen(log.path, wish("%3", since_us=3, until_us=6)) as found:
        assert [ns // 1000 for ns in found[1:]] == [3_000_000, 6_000_000, 3_000_000]
    with chosen(log.path, wish("%3", since_us=-900, until_us=900)) as found:
        assert found[1:] == (0, 8 * SECOND, 0)
    with chosen(log.path, wish("#14")) as found:
        assert found.at_ns > 0


@pytest.mark.parametrize(("when", "begins"), [(1, 3), (7, 6), (4, 4)])
def test_nothing_is_seen_outside_of_the_stretch_that_is_on_record(
    log: StoredLog, when: float, begins: int
) -> None:
    """Whatever moment is named: --raw and a still begin there."""
    with chosen(log.path, wish("%3", when=when, since_us=3, until_us=6)) as found:
        assert found.at_ns // 1000 == begins * 1_000_000
    counted = wish("%3", since_us=3, until_us=6)._replace(at_ns=when * SECOND)
    with chosen(log.path, counted) as found:
        assert found.at_ns // 1000 == begins * 1_000_000


def test_what_is_not_there_is_an_error(log: StoredLog) -> None:
    """Which says where to look."""
    for asked in (wish("%9"), wish("nobody"), wish("%3", when=900)):
        with pytest.raises(NoRecording, match="ttytrace replay"), chosen(log.path, asked):
            pass


def test_what_is_not_clear_is_an_error(tmp_path: Path) -> None:
    """Which tells the choices: one of their handles is clear."""
    log = made(tmp_path / "log")
    log.add(*map(another, range(20)))
    error = pytest.raises(ManyRecordings, match="can mean 21 recordings")
    with error as raised, chosen(log.path, wish("%3")):
        pass
    assert "13 before" in str(raised.value)
    handle = str(raised.value).rpartition("#")[2].partition(" ")[0]
    with chosen(log.path, wish(f"#{handle}")) as found:
        assert found.views[0].title.startswith("%3")


def another(number: int) -> TextOutput:
    """Of a pane of the same name, later."""
    output = shown(20 + number, b"x", 0, PLACE._replace(pane_pid=5000 + number))
    return output._replace(tty=Tty(136, 40 + number))


def test_a_file_needs_no_log(tmp_path: Path) -> None:
    """And leaves no record."""
    file = tmp_path / "demo.cast"
    file.write_bytes(CAST)
    with chosen(tmp_path / "no log", wish(str(file))) as found:
        assert found[1:] == (0, 5_500_000_000, 0)
    file.write_bytes(b"no recording")
    with pytest.raises(BadRecording), chosen(None, wish(str(file))):
        pass


@pytest.mark.parametrize(
    ("target", "expected"),
    [("./x", True), ("/dev/pts/4", False), ("pts/4", False), ("a/b", True), ("work", False)],
)
def test_a_path_is_a_file(target: str, expected: bool) -> None:
    """A terminal is none."""
    assert is_file(target) == expected


@pytest.mark.parametrize("target", ["%3", "$1", "#12", "12", "$1#12", "work", "demo.cast"])
def test_a_name_is_no_file(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may have put one there. It is asked for by a path."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / target).touch()
    assert not is_file(target)
    assert is_file(f"./{target}")


def test_what_can_not_be_asked() -> None:
    """Is refused."""
    for times in (("soon", "", ""), ("", "soon", ""), ("", "", "soon")):
        with pytest.raises(BadSearch):
            wish_of("%3", *times)
    assert wish_of("%3", "", "", "") == Wish("%3", None, None, None)


def test_choices_are_described(log: StoredLog) -> None:
    """With a handle, when, how long, where, who, and how much."""
    with asking(log) as searcher:
        lines = [described(choice, 1) for choice in choices(searcher, Query())]
        labels = [label_of(choice) for choice in choices(searcher, Query())]
    assert labels == [
        "session work on lab",
        "pane %3 pts/3 in work on lab",
        "client alice pts/7 in work on lab",
        "pane %4 pts/4 in work on lab",
    ]
    assert lines[1].startswith("#3 2026-11-20 ")
    assert lines[1].endswith("8.0s  pane %3 pts/3 in work on lab  alice  33 bytes shown, 1 gap")
    assert lines[0].startswith("$1#3 ")
