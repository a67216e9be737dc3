"""tracer.cli.search"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.alerted import ABOUT, alert_on
from tests.samples import (
    COMMANDED,
    ENDED,
    EXEC,
    HOST,
    INPUT,
    LOST,
    NOW,
    OUTPUT,
    SECOND,
    FixedClock,
    names,
)
from tests.stored import StoredLog
from tracer.cli.main import app
from tracer.codec.ecs import Encoder
from tracer.detect.rule import Level
from tracer.errors import BadFilter, BadSearch, NoLog


@pytest.fixture
def log(tmp_path: Path) -> StoredLog:
    """A run of a second."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    log.log("start", NOW)
    log.add(EXEC, COMMANDED, OUTPUT._replace(offset=0, data=b"hello world\r\n$ "), INPUT, ENDED)
    log.log("stop", NOW + SECOND)
    return log


def search(log: StoredLog, *options: str) -> Result:
    return CliRunner().invoke(app, ["search", "--log", str(log.path), *options])


def handles(result: Result) -> list[str]:
    return [line.partition(" ")[0] for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["#1", "#3", "#4", "#5", "#5", "#6", "#7", "#9"]),
        (("--text", "hello"), ["#5"]),
        (("--text", '"hello world"', "--user", "alice", "--pane", "3"), ["#5"]),
        (("--regex", r"^\$$"), ["#5"]),
        (("--command", "ls", "--exit", "3"), ["#7"]),
        (("--kind", "exec,end", "--session", "work"), ["#3", "#4", "#7"]),
        (("--typed-by", "bob"), ["#4"]),
        (("--limit", "2"), ["#7", "#9"]),
        (("--kind", "seal", "--limit", "0"), ["#2", "#8", "#10"]),
        (("--since", "2026-11-20T01:23:21Z"), ["#9"]),
        (("--kind", "exec", "--until", "2026-11-20T01:23:21Z", "--host", "lab"), ["#3", "#4"]),
    ],
)
def test_it_prints_what_fits(log: StoredLog, options: Sequence[str], expected: list[str]) -> None:
    """Each with its handle, oldest first; and exits with 0."""
    result = search(log, *options)
    assert handles(result) == expected
    assert result.exit_code == 0


def test_json_is_the_stored_line(log: StoredLog) -> None:
    """To the byte, so that its hash can be checked."""
    result = search(log, "--json", "--kind", "exec")
    assert result.stdout_bytes == b"".join(line + b"\n" for line in log.lines[3:5])


def test_nothing_found_is_not_nothing_recorded(log: StoredLog) -> None:
    """It exits with 1; what was asked, and what of it was not recorded, is on stderr."""
    log.segment(NOW + 60 * SECOND)
    log.log("start", NOW + 60 * SECOND)
    log.add(LOST._replace(time_ns=NOW + 61 * SECOND))
    result = search(log, "--text", "nowhere", "--since", "2026-11-19")
    assert result.exit_code == 1
    assert result.stdout == ""
    for words in (
        "nothing found in records #0 to #15",
        "the log begins later",
        "not running (stopped)",
        "in work, %3: 37 bytes of text_output lost (ring full)",
        "the log ends before",
    ):
        assert words in result.stderr
    elsewhere = search(log, "--text", "nowhere", "--pane", "%9", "--until", "2026-11-20T01:23:30Z")
    assert "lost" not in elsewhere.stderr
    assert "the log ends before" not in elsewhere.stderr


def test_what_is_found_beside_a_gap_says_so(log: StoredLog) -> None:
    """An answer may be no whole answer."""
    log.add(LOST._replace(time_ns=NOW + SECOND))
    result = search(log, "--text", "hello", "--session", "work")
    assert result.exit_code == 0
    assert "37 bytes of text_output lost" in result.stderr


def test_many_gaps_are_counted(log: StoredLog) -> None:
    """Nobody reads a thousand lines."""
    log.add(*[LOST._replace(time_ns=NOW + SECOND)] * 30)
    lines = search(log, "--until", "2026-11-20T01:23:30Z").stderr.splitlines()
    assert len(lines) == 11
    assert lines[-1] == "ttytrace: not recorded: 20 more gaps before these"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--kind", "exce"), BadFilter),
        (("--level", "highest"), BadFilter),
        (("--since", "soon"), BadSearch),
        (("--regex", "(a"), BadSearch),
        (("--text", "/"), BadSearch),
        (("--command", "--"), BadSearch),
    ],
)
def test_what_can_not_be_asked(log: StoredLog, options: Sequence[str], error: type) -> None:
    """Is refused, so that nobody takes its silence for an answer."""
    result = search(log, *options)
    assert isinstance(result.exception, error)
    assert options[0] in str(result.exception)


def test_no_log(tmp_path: Path) -> None:
    """Is an error, and no empty answer."""
    result = CliRunner().invoke(app, ["search", "--log", str(tmp_path / "none")])
    assert isinstance(result.exception, NoLog)


def test_a_log_of_hostile_names_is_safe_to_print(log: StoredLog) -> None:
    """Lines and notes alike."""
    log.add(LOST._replace(time_ns=NOW, reason="\x1b]0;x\x07"))
    result = search(log)
    assert "\x1b" not in result.stdout + result.stderr


def test_an_index_that_came_with_a_copy(log: StoredLog) -> None:
    """Is not looked at: here one that says the log is empty."""
    index = log.path / "index"
    index.mkdir(mode=0o700)
    (index / "000000000000.sqlite").write_bytes(b"")
    before = list(index.iterdir())
    assert handles(search(log, "--text", "hello")) == ["#5"]
    assert list(index.iterdir()) == before


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--kind", "alert"), ["#11", "#12"]),
        (("--rule", "LOOK*"), ["#11"]),
        (("--rule", "Somebody*", "--limit", "0"), ["#11", "#12"]),
        (("--rule", "[l]ooks"), []),
        (("--level", "high"), ["#12"]),
        (("--level", "low", "--user", "alice"), ["#11", "#12"]),
        (("--command", "somebody types"), ["#12"]),
        (("--kind", "alert", "--since", "2026-11-20T01:23:21Z"), []),
    ],
)
def test_alerts(log: StoredLog, options: Sequence[str], expected: list[str]) -> None:
    """Are found by their rule and level, when their cause happened."""
    encoder = Encoder(HOST, names, FixedClock())
    types = replace(ABOUT, key="types", title="Somebody types", level=Level.CRITICAL)
    log.add_events([
        alert_on(encoder.encode(EXEC), about=replace(ABOUT, level=Level.LOW)),
        alert_on(encoder.encode(INPUT), about=types),
    ])  # fmt: skip
    result = search(log, *options)
    assert handles(result) == expected
    assert all("! " in line and "Somebody" in line for line in result.stdout.splitlines())
