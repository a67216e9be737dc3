"""The share of a core: what counts as too much."""

from __future__ import annotations

from tracer.capture.share import Share

MS = 1_000_000
HOUR = 3_600_000 * MS


def test_without_a_limit_nothing_is_too_much() -> None:
    """0 percent is no limit."""
    share = Share(0)
    share.is_used_up(HOUR, 0)
    assert not share.is_used_up(HOUR + 10 * MS, 10 * MS)


def test_what_is_taken_too_much_is_paid_back() -> None:
    """A tenth of a core: 30 ms of work are worth 300."""
    share = Share(10)
    assert not share.is_used_up(HOUR, 0)
    assert not share.is_used_up(HOUR + 10 * MS, 5 * MS)
    assert share.is_used_up(HOUR + 20 * MS, 30 * MS)
    assert share.is_used_up(HOUR + 199 * MS, 30 * MS)
    assert not share.is_used_up(HOUR + 203 * MS, 30 * MS)


def test_an_idle_hour_gives_no_credit_beyond_a_window() -> None:
    """Else a flood after it would have no limit."""
    share = Share(10)
    share.is_used_up(HOUR, 0)
    assert not share.is_used_up(2 * HOUR, 9 * MS)
    assert share.is_used_up(2 * HOUR + MS, 20 * MS)


def test_another_share_holds_at_once() -> None:
    """As it is when the settings are read again."""
    share = Share(0)
    share.is_used_up(HOUR, 0)
    share.percent = 10
    assert share.is_used_up(HOUR + 10 * MS, 10 * MS)
