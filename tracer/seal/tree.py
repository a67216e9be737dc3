"""The Merkle tree of RFC 6962, section 2.1, grown at its right edge.

Invariant: hashes are SHA-256 with that section's prefixes, so any verifier of Certificate
Transparency's proofs agrees. Where leaves come from, and what signs a root, is not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256().digest()
"""The root of the tree without leaves."""


def leaf_hash(line: bytes) -> bytes:
    """The leaf of a record: its line, without the newline."""
    return sha256(b"\0" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The node above two."""
    return sha256(b"\1" + left + right).digest()


class Frontier:
    """A tree of `size` leaves as the roots of its perfect subtrees: 32 bytes for each bit of size.

    `nodes`: largest first. Raises ValueError where they can't be those of such a tree.
    """

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        if size < 0 or len(nodes) != size.bit_count() or any(len(n) != 32 for n in nodes):
            raise ValueError(f"{len(nodes)} hashes are no tree of {size} leaves")
        self.size = size
        # The node of each level, None where the size has no such bit.
        self._levels: list[bytes | None] = []
        smallest_first = iter(reversed(nodes))
        for level in range(size.bit_length()):
            self._levels.append(next(smallest_first) if size >> level & 1 else None)

    @property
    def nodes(self) -> tuple[bytes, ...]:
        """The roots of the perfect subtrees, largest first."""
        return tuple(node for node in reversed(self._levels) if node is not None)

    def copy(self) -> Frontier:
        """The same tree, to grow on its own."""
        return Frontier(self.size, self.nodes)

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Adds leaf hashes at the right; level by level, which costs one hash a leaf."""
        row = list(leaves)
        self.size += len(row)
        levels, level = self._levels, 0
        while row:
            if level == len(levels):
                levels.append(None)
            waiting = levels[level]
            if waiting is not None:
                row.insert(0, waiting)
            levels[level] = row.pop() if len(row) & 1 else None
            pairs = zip(row[::2], row[1::2], strict=True)
            row = [sha256(b"\1" + left + right).digest() for left, right in pairs]
            level += 1

    def root(self) -> bytes:
        """The tree head."""
        root: bytes | None = None
        for node in self._levels:
            if node is not None:
                root = node if root is None else node_hash(node, root)
        return EMPTY_ROOT if root is None else root
