"""When the kernel half is asked for its account, and when that is compared."""

from __future__ import annotations

from tracer.correlate.account import OWED_WAIT_NS, UNDER_WAY_NS, Account


def test_it_is_wanted_when_output_stays_owed() -> None:
    """Not for what comes a moment later."""
    account = Account()
    assert not account.is_wanted(True, 0)
    assert not account.is_wanted(False, OWED_WAIT_NS)
    assert not account.is_wanted(True, OWED_WAIT_NS + 1)
    assert account.is_wanted(True, 2 * OWED_WAIT_NS + 2)


def test_it_is_compared_once_when_all_has_arrived() -> None:
    """Counted from the turn behind the one in which it was taken; an empty one too."""
    account = Account()
    assert account.due(0) is None
    account.take([])
    assert account.due(5) is None
    assert not account.is_wanted(True, 5)
    assert account.due(4 + UNDER_WAY_NS) is None
    assert account.due(5 + UNDER_WAY_NS) == []
    assert account.due(6 + UNDER_WAY_NS) is None
