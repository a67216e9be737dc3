"""What is not in the log any more: records that were erased, and those that retention removed.

Invariant: whatever is gone was declared by a sealed record behind it. Who removes, and how, is
store/'s.
"""

from __future__ import annotations

from typing import Final

_MAX_ERASED: Final = 1_000_000  # that no erase record was met for yet


class Removed:
    """Is told what is missing and what was declared, in the log's order."""

    def __init__(self) -> None:
        self._erased: dict[int, bytes] = {}
        self._pruned_until = 0

    def erased(self, index: int, leaf: bytes) -> None:
        """The line at `index` holds only its leaf hash."""
        if len(self._erased) == _MAX_ERASED:
            raise ValueError("more records are erased than this can account for")
        self._erased[index] = leaf

    def erase(self, index: int, leaf: bytes) -> None:
        """An `erase` record."""
        if self._erased.get(index) == leaf:
            del self._erased[index]

    def prune(self, until: int) -> None:
        """A `prune` record."""
        self._pruned_until = max(self._pruned_until, until)

    @property
    def undeclared(self) -> int | None:
        """The first record that was erased without a record of it."""
        return min(self._erased, default=None)

    def accounts_for(self, first: int) -> bool:
        """Whether a record says why the log begins at `first`."""
        return self._pruned_until >= first
