"""tracer.cli.render"""

from __future__ import annotations

import io
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import samples
from tests.escape_vectors import INKLESS, VECTORS
from tracer.cli.render import Renderer, wants_colour
from tracer.cli.safe import columns_of
from tracer.model.context import Client
from tracer.model.findings import Lost, TextOutput, TmuxChanged

OUR_COLOURS = re.compile(r"\x1b\[(?:1|2|31|32|33|34|35|36|9[2-6]|1;91)m([^\x1b]*)\x1b\[0m")
PLAIN = Renderer(samples.names, samples.FixedClock(), colour=False)
COLOURED = Renderer(samples.names, samples.FixedClock(), colour=True)


@pytest.fixture(autouse=True)
def utc(monkeypatch):
    """Times are local ones; here that is UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def poisoned(value: bytes):
    """Findings of every kind with `value` at every place that somebody else can fill."""
    name = value.decode("utf-8", "surrogateescape")
    place = samples.PLACE._replace(
        session_name=name, window_name=name, socket=value, session_id=name, pane_id=name
    )
    process = samples.PROCESS._replace(
        argv=(value, value), cwd=value, exe=value, invoked=value, container_id=name,
        ancestors=((1, value),),
    )  # fmt: skip
    for finding in samples.FINDINGS:
        match finding:
            case TmuxChanged():
                yield finding._replace(place=place, note=name)
            case Lost():
                yield finding._replace(place=place)
            case TextOutput():
                yield finding._replace(place=place, process=process, data=value)
            case _:
                yield finding._replace(place=place, process=process)


def assert_harmless(value: bytes) -> None:
    """Nothing but printable characters and our own colours, in as many rows as were drawn."""
    named = Renderer(lambda _: value.decode("utf-8", "surrogateescape"), PLAIN._wall, colour=True)
    for finding in poisoned(value):
        rows = named.line(finding).split("\n")
        for row in rows:
            assert OUR_COLOURS.sub(r"\1", row).isprintable()
            assert not set(row) & set(INKLESS)
        assert len(rows) == 1 or isinstance(finding, TextOutput)


@pytest.mark.parametrize("attack", VECTORS.values(), ids=VECTORS.keys())
def test_no_attack_reaches_the_terminal(attack):
    """In arguments, paths, names of users, sessions and windows, notes and output alike."""
    assert_harmless(attack)


@given(st.binary(max_size=200))
def test_no_bytes_reach_the_terminal(value):
    """Whatever they are."""
    assert_harmless(value)


@pytest.mark.parametrize(
    ("finding", "line"),
    [
        (samples.EXEC, "alice    work:0.%3     $ ls -l 'my file'  # 4711 in /home/alice"),
        (samples.ENDED, "alice    work:0.%3     ls[4711]: exit 3 after 10.1s"),
        (samples.OUTPUT, "alice    work:0.%3     │ total 0"),
        (samples.LOST, "?        work:0.%3     — 37 bytes lost (ring full) —"),
        (samples.RENAMED, "?        work          ~ session work (was play)"),
        (
            samples.ENDED._replace(status=9 | 0x80),
            "alice    work:0.%3     ls[4711]: killed by SIGKILL (core dumped) after 10.1s",
        ),
        (
            samples.EXEC._replace(process=samples.UNKNOWN),
            "?        work:0.%3     $ ?  # 4712",
        ),
        (
            samples.EXEC._replace(process=samples.PROCESS._replace(argv=())),
            "alice    work:0.%3     $ /bin/ls  # 4711 in /home/alice",
        ),
        (
            TmuxChanged(samples.NOW, "client-attached", samples.PLACE, samples.CLIENT, None),
            "alice    work:0.%3     + client alice pts/3 80x24 → work:0.%3",
        ),
        (
            TmuxChanged(
                samples.NOW, "client-detached", samples.PLACE,
                Client(78, None, None, None, None, False), None,
            ),
            "?        work:0.%3     - client ? pid 78 (unverified) from work:0.%3",
        ),
        (
            TmuxChanged(samples.NOW, "server-unverified", samples.PLACE, None, "timeout"),
            "?        work:0.%3     ! server 900 /tmp/tmux-1000/default (timeout)",
        ),
    ],
)  # fmt: skip
def test_a_line_says_when_who_where_and_what(finding, line):
    """In columns, in words that a person knows from a shell and from tmux."""
    assert PLAIN.line(finding) == "01:23:20.123 " + line


@pytest.mark.parametrize(
    ("who", "label"),
    [
        (samples.WHO, "alice"),
        (samples.SETUID, "alice→root"),
        (samples.WHO._replace(uid=0, euid=0), "alice→root"),
        (samples.WHO._replace(loginuid=None, uid=0, euid=0), "root"),
        (samples.WHO._replace(loginuid=None, uid=77, euid=77), "77"),
    ],
)
def test_the_user_is_who_logged_in_and_whose_rights_are_used(who, label):
    """su, sudo and setuid programs don't hide the person."""
    finding = samples.EXEC._replace(process=samples.PROCESS._replace(who=who))
    assert PLAIN.line(finding).split()[1] == label


def test_each_row_of_output_has_its_prefix():
    """So a pane can't draw a line that looks like another pane's, or like ours."""
    forged = b"a\r\n01:23:20.123 root     work:0.%1     $ rm\r\n"
    rows = PLAIN.line(samples.OUTPUT._replace(data=forged)).split("\n")
    assert len(rows) == 2
    assert all(row.startswith("01:23:20.123 alice    work:0.%3     │ ") for row in rows)


def test_output_without_text_is_no_line():
    """A cleared screen is nothing to read."""
    assert PLAIN.line(samples.OUTPUT._replace(data=b"\x1b[H\x1b[2J")) == ""


@pytest.mark.parametrize("text", ["x" * 200, "日本語" * 40])
def test_output_is_cut_at_the_width_and_programs_are_not(text):
    """A long row of output ends in an ellipsis; arguments can't be pushed out of sight."""
    narrow = Renderer(samples.names, PLAIN._wall, colour=False, width=60)
    row = narrow.line(samples.OUTPUT._replace(data=text.encode()))
    assert row.endswith("…")
    assert 59 <= columns_of(row) <= 60
    padded = samples.PROCESS._replace(argv=(b"true", b" " * 200, b"payload"))
    assert "payload" in narrow.line(samples.EXEC._replace(process=padded))


@pytest.mark.parametrize("finding", samples.FINDINGS)
def test_colours_change_nothing_but_colour(finding):
    """Without them the same characters remain, and every colour ends on its line."""
    coloured = COLOURED.line(finding)
    assert "\x1b" in coloured
    assert OUR_COLOURS.sub(r"\1", coloured) == PLAIN.line(finding)


def test_a_user_keeps_the_colour():
    """Two renderers agree, as two runs would."""
    again = Renderer(samples.names, PLAIN._wall, colour=True)
    assert again.line(samples.EXEC) == COLOURED.line(samples.EXEC)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "wanted"),
    [
        (_Terminal(), {"TERM": "xterm"}, True),
        (_Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, True),
        (_Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (_Terminal(), {"TERM": "dumb"}, False),
        (_Terminal(), {}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(stream, environment, wanted, monkeypatch):
    """no-color.org: set and not empty means none."""
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_colour(stream) is wanted
