"""tracer.replay.target"""

from __future__ import annotations

import pytest

from tests.samples import SECOND, FixedClock
from tests.unit.replay.logged import at
from tracer.replay.target import choices, meant
from tracer.store.query import Query
from tracer.store.search import Searcher


def names(searcher: Searcher, target: str, query: Query = Query()) -> list[tuple[str, str]]:  # noqa: B008
    return [(choice.kind, choice.name) for choice in meant(searcher, target, query)]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("%3", [("pane", "%3")]),
        ("%4", [("pane", "%4")]),
        ("%5", []),
        ("$1", [("session", "work")]),
        ("$2", []),
        ("work", [("session", "work")]),
        ("pts/3", [("pane", "%3")]),
        ("/dev/pts/7", [("client", "alice")]),
        ("pts/9", []),
        ("alice", [("client", "alice")]),
        ("bob", []),
        ("", []),
        ("#99999999", []),
    ],
)
def test_a_name_means_what_has_it(
    searcher: Searcher, target: str, expected: list[tuple[str, str]]
) -> None:
    """A pane, a session, a terminal, or who sits there."""
    assert names(searcher, target) == expected


def test_all_there_is_is_told(searcher: Searcher) -> None:
    """Sessions first; each has a handle that means it alone."""
    found = choices(searcher, Query())
    assert [(choice.kind, choice.name) for choice in found] == [
        ("session", "work"), ("pane", "%3"), ("client", "alice"), ("pane", "%4"),
    ]  # fmt: skip
    for choice in found:
        ((same),) = meant(searcher, choice.handle, Query())
        assert same._replace(at_ns=None) == choice


def test_a_session_is_its_panes(searcher: Searcher) -> None:
    """And who was there."""
    session = choices(searcher, Query())[0]
    assert [track.pane_id for track in session.tracks] == ["%3", "%4"]
    assert (session.hosts, session.sessions) == (("lab",), ("work",))
    assert "alice" in session.people
    assert session.size == sum(track.size for track in session.tracks) > 0
    assert (session.last_us - session.first_us) // 1_000_000 == 10


def test_a_record_means_its_terminal_then(searcher: Searcher) -> None:
    """The first one means its beginning; one that is of no terminal means nothing."""
    (pane,) = meant(searcher, "%3", Query())
    first, last = pane.tracks[0].first_sequence, pane.tracks[0].last_sequence
    for spelled in (f"#{last}", str(last)):
        ((named),) = meant(searcher, spelled, Query())
        assert (named.name, named.at_ns) == ("%3", 8 * SECOND)
    ((named),) = meant(searcher, f"#{first}", Query())
    assert named.at_ns == 0
    assert meant(searcher, "#0", Query()) == []


def test_only_what_was_there_then_is_meant(searcher: Searcher) -> None:
    """Where a time is asked for."""
    until_us = FixedClock().at(at(2)) // 1000
    assert names(searcher, "%4", Query(until_us=until_us)) == []
    assert names(searcher, "%3", Query(until_us=until_us)) == [("pane", "%3")]
