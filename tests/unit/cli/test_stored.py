"""tracer.cli.stored"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import orjson
import pytest

from tests.samples import EXEC, FINDINGS, HOST, NOW, OUTPUT, FixedClock
from tracer.cli.render import Renderer
from tracer.cli.stored import StoredLines
from tracer.codec.ecs import Encoder
from tracer.codec.log import control
from tracer.codec.safe import safe_text
from tracer.model.findings import Finding, TextOutput
from tracer.model.sealed import Stamp
from tracer.store.query import Query
from tracer.store.search import Found

NAMES = {0: "root", 1000: "alice", 1002: "bob"}


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Greenwich."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def drawn(finding: Finding, *rows: str, query: Query = Query()) -> str:  # noqa: B008
    line = Encoder(HOST, NAMES.get, FixedClock()).to_json(finding).rstrip()
    return StoredLines(query, colour=False, width=None).draw(Found(7, line, list(rows)))


def test_it_reads_as_live_does() -> None:
    """With a handle and the date before; users by the names that they had on that host."""
    live = Renderer(NAMES.get, FixedClock(), colour=False).line(EXEC)
    assert drawn(EXEC) == f"#7 2026-11-20 {live}"


@pytest.mark.parametrize("finding", FINDINGS)
def test_each_row_has_its_handle_and_is_safe(finding: Finding) -> None:
    """Whatever was captured."""
    rows = drawn(finding, "a\x1b[31mred").split("\n")
    assert all(row.startswith("#7 2026-11-20 ") for row in rows)
    assert all(safe_text(row).isprintable() and "\x1b" not in row for row in rows)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (Query(), ["one two", "three", "TWO"]),
        (Query(text="two"), ["one two", "TWO"]),
        (Query(text='"two three"'), ["one two", "three", "TWO"]),
        (Query(regex=re.compile("^th")), ["three"]),
    ],
)
def test_of_output_the_rows_that_fit_are_shown(query: Query, shown: list[str]) -> None:
    """All of them where no single one does."""
    rows = drawn(OUTPUT, "one two", "three", "TWO", query=query).split("\n")
    assert [row.partition("│ ")[2] for row in rows] == shown


def test_output_that_finished_no_row_shows_what_it_drew() -> None:
    """A letter of echo, say."""
    output = OUTPUT._replace(data=b"l")
    assert isinstance(output, TextOutput)
    assert drawn(output).endswith("│ l")


def test_what_the_log_says_of_itself_is_shown() -> None:
    """With its words, made safe."""
    stamp = Stamp(NOW, FixedClock().at(NOW))
    line = orjson.dumps(control("stop", stamp, reason="\x1b[2J"))
    text = StoredLines(Query(), colour=False, width=None).draw(Found(3, line, []))
    assert text == '#3 2026-11-20 01:23:20.123 the log: stop {"reason":"\\\\u001b[2J"}'


def test_a_line_that_can_not_be_read_is_said_to_be() -> None:
    """Not an error: the others can."""
    text = StoredLines(Query(), colour=False, width=None).draw(Found(3, b"{}", []))
    assert text == "#3 a line that can't be read"
