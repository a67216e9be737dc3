"""Proofs that a record is in the log: RFC 6962, section 2.1.1, written as a C2SP tlog-proof.

Invariant: a proof is made in one pass over the leaves, with a row of them in memory. Where they are
read, and which tree head is to be trusted, is not here.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from tracer.seal.tree import Frontier, node_hash

_ROW: Final = 4096


def inclusion_path(before: Frontier, after: Iterable[bytes]) -> list[bytes]:
    """The audit path of the leaf that stands between, its sibling first.

    `before`: the tree of all leaves left of it; `after`: the hashes of all right of it, in order.
    """
    # Where the leaf's ancestor is a right child, its sibling is a node of `before`; where it is a
    # left one, the sibling's leaves are those that come next.
    left, right = iter(reversed(before.nodes)), iter(after)
    path: list[bytes] = []
    place, width, is_more = before.size, 1, True
    while place or is_more:
        if place & 1:
            path.append(next(left))
        elif (sibling := _next_tree(right, width)).size:
            path.append(sibling.root())
        else:
            is_more = False
        place, width = place >> 1, width << 1
    return path


def _next_tree(leaves: Iterator[bytes], width: int) -> Frontier:
    """That of the next `width` leaves, or of all there are."""
    tree = Frontier()
    while row := list(islice(leaves, min(_ROW, width - tree.size))):
        tree.extend(row)
    return tree


def root_of_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root of the tree of `size` leaves in which the leaf at `index` has this audit path;
    ValueError if there can be no such tree."""
    if not 0 <= index < size:
        raise ValueError("the index is not in the tree")
    root, siblings = leaf, iter(path)
    last = size - 1  # of the level that we are at, as `index` is the ancestor's place
    try:
        while last:
            if index & 1:
                root = node_hash(next(siblings), root)
            elif index < last:
                root = node_hash(root, next(siblings))
            index, last = index >> 1, last >> 1
    except StopIteration:
        raise ValueError("the path is too short") from None
    if next(siblings, None) is not None:
        raise ValueError("the path is too long")
    return root


def proof_text(index: int, path: Iterable[bytes], note: str) -> str:
    """The tlog-proof: that the record is in the tree whose checkpoint `note` is."""
    hashes = "".join(f"{b64encode(sibling).decode()}\n" for sibling in path)
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{note}"
