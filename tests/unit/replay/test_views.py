"""tracer.replay.views"""

from __future__ import annotations

from tests.samples import SECOND
from tracer.replay.playback import Playback
from tracer.replay.target import meant
from tracer.replay.views import views_of
from tracer.store.query import Query
from tracer.store.search import Searcher


def titles(searcher: Searcher, target: str) -> list[str]:
    (choice,) = meant(searcher, target, Query())
    return [view.title for view in views_of(searcher, choice)]


def test_a_terminal_is_one_view(searcher: Searcher) -> None:
    """Named by what it is, where."""
    assert titles(searcher, "%3") == ["%3 work pts/3 on lab"]
    assert titles(searcher, "alice") == ["alice work pts/7 on lab"]


def test_a_session_shows_where_somebody_types(searcher: Searcher) -> None:
    """And each pane alone, at the same time."""
    (choice,) = meant(searcher, "work", Query())
    session, left, right = views_of(searcher, choice)
    assert session.title == left.title == "work on lab"
    labels = []
    playback = Playback(session)
    for seconds in (0, 5, 6, 9):
        playback.seek(seconds * SECOND)
        labels.append(playback.scene.label)
    assert labels == ["%3", "%3", "%4", "%4"]
    for view, label in ((left, "%3"), (right, "%4")):
        playback.show(view)
        assert (playback.scene.label, playback.at_ns) == (label, 9 * SECOND)
