"""tracer.cli.sessions"""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from tests.alerted import alert_on
from tests.samples import (
    EXEC,
    HOST,
    INPUT,
    LOST,
    NOW,
    OUTPUT,
    PLACE,
    SECOND,
    FixedClock,
    names,
)
from tests.stored import StoredLog
from tracer.cli.main import app
from tracer.codec.ecs import Encoder

PLAY = PLACE._replace(session_id="$2", session_name="play\x1b[2J")


@pytest.fixture
def log(tmp_path: Path) -> StoredLog:
    """Two sessions, one after the other."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    log.add(EXEC, OUTPUT, INPUT, LOST, OUTPUT._replace(time_ns=NOW + 90 * SECOND))
    log.add(EXEC._replace(time_ns=NOW + 3600 * SECOND, place=PLAY))
    return log


def sessions(log: StoredLog, *options: str) -> Result:
    return CliRunner().invoke(app, ["sessions", "--log", str(log.path), *options])


def test_each_session_is_a_line(log: StoredLog) -> None:
    """Who, when, how long, how much, and what is missing of it, silence too; nothing in it moves a
    cursor."""
    first, second = sessions(log).stdout.splitlines()
    assert "1m30s  lab work (900 " in first
    assert first.endswith("alice  1 command, 18 bytes shown, 6 typed, 0 alerts, 2 gaps")
    assert "play\\x1b[2J" in second
    assert second.endswith("?  1 command, 0 bytes shown, 0 typed, 0 alerts, 1 gap")


def test_json_says_the_same(log: StoredLog) -> None:
    """One object a line."""
    first, second = map(orjson.loads, sessions(log, "--json").stdout.splitlines())
    assert first == {
        "host": {"name": "lab", "boot": {"id": HOST.boot_id}},
        "server": 900,
        "session": {"id": "$1", "names": ["work"]},
        "people": ["alice"],
        "start": "2026-11-20T01:23:20.123456Z",
        "end": "2026-11-20T01:24:50.123456Z",
        "commands": 1,
        "bytes_shown": 18,
        "bytes_typed": 6,
        "alerts": 0,
        "gaps": 2,
    }
    assert second["session"] == {"id": "$2", "names": ["play\x1b[2J"]}


def test_only_those_of_a_time(log: StoredLog) -> None:
    """A session that touches it is one."""
    assert "work" in sessions(log, "--until", "2026-11-20T01:23:30Z").stdout
    assert "play" not in sessions(log, "--until", "2026-11-20T01:23:30Z").stdout
    assert "work" not in sessions(log, "--since", "2026-11-20T02:00:00Z").stdout


def test_gaps_are_told(log: StoredLog) -> None:
    """A session may have been there that nobody recorded."""
    assert "37 bytes of text_output lost" in sessions(log).stderr


def test_alerts_are_counted(log: StoredLog) -> None:
    """Each in the session that its cause was in."""
    log.add_events([alert_on(Encoder(HOST, names, FixedClock()).encode(INPUT))])
    first, second = sessions(log).stdout.splitlines()
    assert "6 typed, 1 alert, " in first
    assert "0 alerts" in second
