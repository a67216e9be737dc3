"""What is gone was declared."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tracer.codec.identity import Fields
from tracer.seal import removed
from tracer.seal.removed import Removed

LEAF, OTHER = bytes(32), bytes([1]) * 32


def erase(index: int, leaf: bytes = LEAF) -> Fields:
    return {"index": index, "leaf": b64encode(leaf).decode()}


def test_erased_records() -> None:
    """Each needs its own erase record, behind it, of the same leaf."""
    log = Removed()
    log.erase(erase(7))  # before it: does not count
    log.erased(7, LEAF)
    log.erased(9, LEAF)
    assert log.undeclared == 7
    log.erase(erase(7, OTHER))
    log.erase(erase(8))
    assert log.undeclared == 7
    log.erase(erase(7))
    assert log.undeclared == 9
    log.erase(erase(9))
    assert log.undeclared is None


def test_removed_segments() -> None:
    """The last prune record reaches as far as the log is gone, or farther: it comes first."""
    log = Removed()
    assert log.accounts_for(0)
    assert not log.accounts_for(1)
    log.prune({"first": 0, "until": 50})
    log.prune({"first": 0, "until": 30})
    assert log.accounts_for(50)
    assert not log.accounts_for(51)


@pytest.mark.parametrize("fields", [{}, {"index": -1}, {"index": 1, "leaf": "x"}, {"until": "9"}])
def test_hostile_records(fields: Fields) -> None:
    """Are ValueError."""
    for tell in (Removed().erase, Removed().prune):
        with pytest.raises(ValueError):
            tell(fields)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of nothing but erased lines is refused."""
    monkeypatch.setattr(removed, "_MAX_ERASED", 3)
    log = Removed()
    for index in range(3):
        log.erased(index, LEAF)
    with pytest.raises(ValueError):
        log.erased(3, LEAF)
