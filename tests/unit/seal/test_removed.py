"""What is gone was declared."""

from __future__ import annotations

import pytest

from tracer.seal import removed
from tracer.seal.removed import Removed

LEAF, OTHER = bytes(32), bytes([1]) * 32


def test_erased_records() -> None:
    """Each needs its own erase record, behind it, of the same leaf."""
    log = Removed()
    log.erase(7, LEAF)  # before it: does not count
    log.erased(7, LEAF)
    log.erased(9, LEAF)
    assert log.undeclared == 7
    log.erase(7, OTHER)
    log.erase(8, LEAF)
    assert log.undeclared == 7
    log.erase(7, LEAF)
    assert log.undeclared == 9
    log.erase(9, LEAF)
    assert log.undeclared is None


def test_removed_segments() -> None:
    """The last prune record reaches as far as the log is gone, or farther: it comes first."""
    log = Removed()
    assert log.accounts_for(0)
    assert not log.accounts_for(1)
    log.prune(50)
    log.prune(30)
    assert log.accounts_for(50)
    assert not log.accounts_for(51)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of nothing but erased lines is refused."""
    monkeypatch.setattr(removed, "_MAX_ERASED", 3)
    log = Removed()
    for index in range(3):
        log.erased(index, LEAF)
    with pytest.raises(ValueError):
        log.erased(3, LEAF)
