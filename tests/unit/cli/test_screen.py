"""What a service sends, as it is printed."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.samples import EXEC, HOST, NOW, OUTPUT, PTS, FixedClock, names
from tracer.cli.screen import Echo, JsonScreen, LineScreen
from tracer.codec.ecs import Encoder
from tracer.codec.log import control
from tracer.model.findings import Finding
from tracer.model.sealed import Stamp

ENCODER = Encoder(HOST, names, FixedClock())
DROPPED = {"dropped": 5, "from": 45, "to": 49}


def show(screen: JsonScreen | LineScreen, event: dict[str, Any]) -> bytes:
    line = orjson.dumps(event)
    screen.show(line, event)
    return line


def shown(screen: JsonScreen | LineScreen, *findings: Finding) -> list[bytes]:
    return [show(screen, ENCODER.encode(finding)) for finding in findings]


def test_lines_are_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    """As by `live` itself: rows wait until they are whole; users have the names of the record."""
    screen = LineScreen()
    shown(screen, EXEC, OUTPUT._replace(data=b"tot"))
    first = capsys.readouterr().out
    assert "ls -l" in first
    assert "alice" in first
    assert "tot" not in first
    shown(screen, OUTPUT._replace(offset=OUTPUT.offset + 3, data=b"al 0\r\nhalf"))
    assert "total 0" in capsys.readouterr().out
    screen.close()
    assert "half" in capsys.readouterr().out


def test_what_the_log_says_of_itself_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    """A gap above all."""
    wall = FixedClock().at(NOW)
    show(LineScreen(), control("gap", Stamp(NOW, wall), reason="crash"))
    assert 'the log: gap {"reason":"crash"}' in capsys.readouterr().out


def test_what_was_missed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """How many, and which; as JSON, as it came."""
    LineScreen().miss(b"", DROPPED)
    assert capsys.readouterr().out == "! 5 records of the log are not shown, #45 to #49\n"
    JsonScreen().miss(orjson.dumps(DROPPED), DROPPED)
    assert orjson.loads(capsys.readouterr().out) == DROPPED


def test_json_is_printed_as_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    """Line by line."""
    lines = shown(JsonScreen(), EXEC, OUTPUT)
    assert capsys.readouterr().out.encode().splitlines() == lines


@pytest.mark.parametrize("screen_type", [JsonScreen, LineScreen])
def test_a_terminal_that_shows_what_we_print_is_left_out(
    screen_type: type[JsonScreen | LineScreen], capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever it is: through ssh, in another tmux; once and for all, and that is told."""
    screen = screen_type()
    shown(screen, EXEC)
    printed = capsys.readouterr().out
    echo = OUTPUT._replace(data=b"\x1b[1m" + printed.encode() + b"\x1b[0m")
    shown(screen, echo, OUTPUT._replace(data=b"later\r\n"))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "ttytrace: %3 shows this, and is left out\n"
    shown(screen, OUTPUT._replace(tty=PTS._replace(minor=9), data=b"other\r\n"))
    assert "other" in capsys.readouterr().out


def test_only_what_was_printed_is_an_echo() -> None:
    """Neither what looks like it, nor a line so short that anybody prints it."""
    echo = Echo()
    echo.printed("$ ls\n" + "x" * 45)
    assert not echo.is_in(OUTPUT._replace(data=b"$ ls\r\n"))
    assert not echo.is_in(OUTPUT._replace(data=b"y" * 40))
    assert not echo.is_in(EXEC)
    assert echo.is_in(OUTPUT._replace(data=b"x" * 50))
