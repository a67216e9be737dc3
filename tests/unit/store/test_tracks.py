"""tracer.store.tracks"""

from __future__ import annotations

from tracer.store.tracks import Track, TrackKey

KEY = TrackKey("boot", 900, "pane", 1000, 136, 3)
FIRST = Track(
    KEY, "lab", "%3", ("$1",), ("work",), ("alice",), 10, 20, 1000, 2000, 5, 9, 80, 24, 100, 1
)
LATER = Track(
    KEY, "lab", None, ("$1", "$2"), ("play",), ("bob", "alice"), 15, 18, 2000, 1800, 11, 12, 99, 33,
    7, 0,
)  # fmt: skip


def test_parts_of_a_track_are_joined() -> None:
    """It has its first size, all names in the order of their first use, and ends where the last of
    its records is, whatever the clocks say."""
    assert FIRST.join(LATER) == Track(
        KEY, "lab", "%3", ("$1", "$2"), ("work", "play"), ("alice", "bob"), 10, 20, 1000, 2000, 5,
        12, 80, 24, 107, 1,
    )  # fmt: skip


def test_a_size_that_was_not_known_comes_later() -> None:
    """A track may begin with input, or with a loss."""
    assert FIRST._replace(columns=0, rows=0).join(LATER)[-4:-2] == (99, 33)
