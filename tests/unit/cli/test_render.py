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
from tracer.codec.safe import columns_of
from tracer.model.audit import Said
from tracer.model.context import Client, Command, Origin
from tracer.model.findings import (
    AlertRaised,
    AuditChanged,
    PaneCaptured,
    TextInput,
    TextOutput,
    TmuxChanged,
)
from tracer.model.hands import Confidence, How

OUR_COLOURS = re.compile(r"\x1b\[(?:1|2|31|32|33|34|35|36|9[2-6]|1;91)m([^\x1b]*)\x1b\[0m")
SESSION = samples.PLACE._replace(
    window_id=None, window_index=None, window_name=None, pane_id=None, pane_pid=None
)  # fmt: skip
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
    origin = Origin(name, name, 1, 2, ((name, 0),))
    person = samples.ALICE._replace(origin=origin)
    typed = samples.TYPED_BY._replace(size=len(value), person=person, reason=name)
    unknown = samples.NOT_TYPED._replace(size=len(value), reason=name)
    command = Command(((person, 3), (None, 1)), person, True, name)
    fields = {
        "place": place, "process": process, "person": person, "data": value, "note": name,
        "way": name, "request": name, "command": command, "said": Said(name, name, name, name),
    }  # fmt: skip
    for finding in samples.FINDINGS:
        mine = finding._replace(**{key: fields[key] for key in fields.keys() & finding._fields})
        match finding:
            case TmuxChanged():
                yield mine._replace(
                    client=finding.client and finding.client._replace(person=person)
                )
            case PaneCaptured():
                yield mine._replace(capture=finding.capture._replace(text=value, saved_text=value))
            case TextInput():
                mine = mine._replace(size=len(value), withheld=None)
                yield mine._replace(typed_by=(typed,))
                yield mine._replace(typed_by=(unknown,))
                yield mine._replace(data=None, withheld=name, typed_by=(typed,))
            case _:
                yield mine


def assert_harmless(value: bytes) -> None:
    """Nothing but printable characters and our own colours, in as many rows as were drawn."""
    named = Renderer(lambda _: value.decode("utf-8", "surrogateescape"), PLAIN._wall, colour=True)
    for finding in poisoned(value):
        rows = named.line(finding).split("\n")
        for row in rows:
            assert OUR_COLOURS.sub(r"\1", row).isprintable()
            assert not set(row) & set(INKLESS)
        assert len(rows) == 1 or isinstance(finding, TextOutput)
    assert not {type(finding) for finding in samples.FINDINGS} - {
        type(finding) for finding in poisoned(value)
    }


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
        (samples.EXEC, "alice          work:0.%3     $ ls -l 'my file'  # 4711 in /home/alice"),
        (samples.ENDED, "alice          work:0.%3     ls[4711]: exit 3 after 10.1s"),
        (samples.OUTPUT, "alice          work:0.%3     │ total 0"),
        (samples.LOST, "?              work:0.%3     — 37 bytes lost (ring full) —"),
        (samples.CAPTURED, "-              work:0.%3     ~ a screen of 80x24, as tmux says"),
        (samples.RENAMED, "?              work          ~ session work (was play)"),
        (
            samples.ENDED._replace(status=9 | 0x80),
            "alice          work:0.%3     ls[4711]: killed by SIGKILL (core dumped) after 10.1s",
        ),
        (
            samples.EXEC._replace(process=samples.UNKNOWN),
            "?              work:0.%3     $ ?  # 4712",
        ),
        (
            samples.EXEC._replace(process=samples.PROCESS._replace(argv=())),
            "alice          work:0.%3     $ /bin/ls  # 4711 in /home/alice",
        ),
        (
            TmuxChanged(samples.NOW, "client-attached", samples.PLACE, samples.CLIENT, None),
            "alice          work:0.%3     + client alice pts/3 80x24 → work:0.%3",
        ),
        (
            TmuxChanged(
                samples.NOW, "client-detached", samples.PLACE,
                Client(78, None, None, None, None, False), None,
            ),
            "?              work:0.%3     - client ? pid 78 from work:0.%3 (unverified)",
        ),
        (
            TmuxChanged(samples.NOW, "client-attached", samples.PLACE, samples.ATTACHED, None),
            "alice@10.0.0.7 work:0.%3     + client alice@10.0.0.7 pts/7 80x24 → work:0.%3"
            " (read-only)",
        ),
        (
            TmuxChanged(samples.NOW, "client-suspended", samples.PLACE, samples.ATTACHED, None),
            "alice@10.0.0.7 work:0.%3     ~ client alice@10.0.0.7 pts/7 80x24 suspended in"
            " work:0.%3 (read-only)",
        ),
        (
            TmuxChanged(
                samples.NOW, "client-detached", SESSION,
                samples.ATTACHED._replace(person=samples.BOB, is_read_only=None),
                "killed by SIGKILL",
            ),
            "bob@pts/8      work          - client bob@pts/8 80x24 from work (killed by SIGKILL)",
        ),
        (
            TmuxChanged(
                samples.NOW, "window-renamed",
                SESSION._replace(window_id="@2", window_index=1, window_name="a b"), None, "was x",
            ),
            "?              work:1        ~ window work:1 'a b' (was x)",
        ),
        (samples.INPUT, "alice@10.0.0.7 work:0.%3     ⌨ │ ls -l⏎"),
        (samples.METADATA, "alice@10.0.0.7 work:0.%3     ⌨ 6 bytes"),
        (
            samples.INPUT._replace(data=None, withheld="no-echo"),
            "alice@10.0.0.7 work:0.%3     ⌨ 6 bytes, not echoed",
        ),
        (
            samples.METADATA._replace(
                typed_by=(samples.TYPED_BY._replace(confidence=Confidence.LIKELY, how=How.PASTE),)
            ),
            "alice@10.0.0.7? work:0.%3     ⌨ paste 6 bytes",
        ),
        (
            samples.METADATA._replace(typed_by=(samples.NOT_TYPED,)),
            "?              work:0.%3     ⌨ ? 6 bytes (no read fits)",
        ),
        (
            samples.COMMANDED,
            "alice          work:0.%3     $ ls -l 'my file'  # 4711 in /home/alice"
            "  ⏎ alice@10.0.0.7, typed alice@10.0.0.7 9 bob@pts/8 4 ? 1 in part",
        ),
        (
            samples.INJECTED,
            "bob@pts/8      work:0.%3     ! tiocsti by bob@pts/8[78]: 12 times into pts/3",
        ),
        (
            samples.LOGIN,
            "alice          ?             + login of alice from 10.0.0.7 by sshd (session 4)",
        ),
        (
            AuditChanged(samples.NOW, "op=remove_rule", 1002, 5),
            "bob            ?             ! audit changed: op=remove_rule",
        ),
        (
            samples.TRACED,
            "bob@pts/8      work:0.%3     ! PTRACE_ATTACH of ls[4711] by bob@pts/8[78]",
        ),
        (
            TmuxChanged(samples.NOW, "server-unverified", samples.PLACE, None, "timeout"),
            "?              work:0.%3     ! server 900 /tmp/tmux-1000/default (timeout)",
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
    assert all(row.startswith("01:23:20.123 alice          work:0.%3     │ ") for row in rows)


def test_each_author_of_an_input_has_a_row():
    """With the author in the column of users, and only what that one typed."""
    typed = samples.INPUT._replace(
        typed_by=(
            samples.TYPED_BY._replace(size=3),
            samples.TYPED_BY._replace(start=3, size=3, person=samples.BOB),
        )
    )
    assert [row.split(maxsplit=3)[1:] for row in PLAIN.line(typed).split("\n")] == [
        ["alice@10.0.0.7", "work:0.%3", "⌨ │ ls "],
        ["bob@pts/8", "work:0.%3", "⌨ │ -l⏎"],
    ]


def test_authors_differ_in_colour():
    """Each has the same one everywhere, sure or likely; two people on one account have two."""
    again = samples.ALICE._replace(origin=samples.SSH._replace(address="10.0.0.8"))
    codes = []
    for person in (samples.ALICE, again, samples.BOB):
        sure = samples.TYPED_BY._replace(person=person)
        typed_by = (sure, sure._replace(confidence=Confidence.LIKELY))
        shown = COLOURED.line(samples.METADATA._replace(typed_by=typed_by))
        shown += COLOURED.line(samples.COMMANDED._replace(command=Command((), person, False, "")))
        label = PLAIN.line(samples.INJECTED._replace(person=person)).split()[1]
        found = re.findall(rf"\x1b\[(\d+)m{re.escape(label)}", shown)
        assert found == found[:1] * 3
        codes.append(found[0])
    assert len(set(codes)) == 3


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


def test_an_alert_says_what_of_whom_and_where() -> None:
    """Its level shows; nothing in a title does anything."""
    alert = AlertRaised(
        samples.NOW, "high", "Somebody \x1b[2Jlooks", "looks", 2, samples.ALICE, None, samples.PLACE
    )
    line = PLAIN.line(alert)
    assert "alice@10.0.0.7" in line
    assert "work:0.%3" in line
    assert line.endswith(r"! high: Somebody \x1b[2Jlooks (2 more times)  # looks")
    assert PLAIN.line(alert._replace(person=None, uid=1000, repeated=0)).split()[1] == "alice"
    colours = [COLOURED.line(alert._replace(level=level)) for level in ("critical", "high", "low")]
    assert len({line.split("! ")[0].rpartition("\x1b")[2] for line in colours}) == 3
