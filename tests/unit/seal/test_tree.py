"""tracer.seal.tree"""

from __future__ import annotations

import random

import pytest
from pymerkle import InmemoryTree

from tests.unit.seal import vectors
from tests.unit.seal.made import merkle_tree_hash
from tracer.seal.tree import EMPTY_ROOT, Frontier, leaf_hash

RECORDS = [b"%d" % n for n in range(301)]
LEAVES = [leaf_hash(record) for record in RECORDS]


def tree_of(leaves: list[bytes]) -> Frontier:
    tree = Frontier()
    tree.extend(leaves)
    return tree


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size: int) -> None:
    """The roots that Certificate Transparency's tests have."""
    tree = tree_of([leaf_hash(data) for data in vectors.LEAVES[:size]])
    assert tree.root().hex() == vectors.ROOTS[size]
    assert merkle_tree_hash(vectors.LEAVES[:size]).hex() == vectors.ROOTS[size]


def test_the_empty_tree() -> None:
    """Has a root and no nodes."""
    assert Frontier().root() == EMPTY_ROOT
    assert Frontier().nodes == ()


def test_roots_are_those_of_others() -> None:
    """At each size pymerkle and the RFC's own definition have the same root."""
    tree, theirs = Frontier(), InmemoryTree(algorithm="sha256")
    for size, record in enumerate(RECORDS):
        assert tree.size == size
        assert tree.root() == merkle_tree_hash(RECORDS[:size])
        assert size == 0 or tree.root() == theirs.get_root()
        tree.extend([leaf_hash(record)])
        theirs.append_entry(record)


def test_it_does_not_matter_how_leaves_come() -> None:
    """One by one or many at a time, in none of a hundred ways is the tree another."""
    chance = random.Random(6962)
    for _ in range(100):
        size = chance.randint(0, 301)
        cuts = sorted(chance.choices(range(size + 1), k=chance.randint(0, 20)))
        tree = Frontier()
        for start, end in zip([0, *cuts], [*cuts, size], strict=True):
            tree.extend(LEAVES[start:end])
        whole = tree_of(LEAVES[:size])
        assert (tree.size, tree.nodes, tree.root()) == (size, whole.nodes, whole.root())


def test_a_tree_goes_on_from_its_nodes() -> None:
    """Size and nodes are all there is to it: what grows from them is the same tree."""
    chance = random.Random(2)
    for size in range(len(LEAVES)):
        tree = tree_of(LEAVES[:size])
        again = Frontier(size, tree.nodes)
        assert (again.nodes, again.root()) == (tree.nodes, tree.root())
        more = LEAVES[size : chance.randint(size, 301)]
        again.extend(iter(more))
        assert again.root() == tree_of(LEAVES[: size + len(more)]).root()


def test_nodes_are_the_perfect_subtrees() -> None:
    """Largest first, from the left: of 13 leaves those of eight, of four and of one."""
    eight, four, one = tree_of(LEAVES[:13]).nodes
    assert eight == merkle_tree_hash(RECORDS[:8])
    assert four == merkle_tree_hash(RECORDS[8:12])
    assert one == LEAVES[12]


def test_a_copy_grows_on_its_own() -> None:
    """And the tree it was made of doesn't."""
    tree = tree_of(LEAVES[:7])
    copy = tree.copy()
    copy.extend(LEAVES[7:12])
    assert tree.root() == tree_of(LEAVES[:7]).root()
    assert copy.root() == tree_of(LEAVES[:12]).root()


@pytest.mark.parametrize(
    ("size", "nodes"),
    [
        (0, [bytes(32)]),
        (1, []),
        (1, [bytes(32), bytes(32)]),
        (3, [bytes(32)]),
        (4, [bytes(32), bytes(32)]),
        (2**40, []),
        (1, [bytes(31)]),
        (1, [bytes(33)]),
        (3, [bytes(32), b""]),
        (-1, []),
        (-1, [bytes(32)]),
    ],
)
def test_nodes_that_no_tree_has(size: int, nodes: list[bytes]) -> None:
    """Another number of hashes than the size has bits, or what is no hash, is refused."""
    with pytest.raises(ValueError):
        Frontier(size, nodes)


def test_a_node_is_no_leaf() -> None:
    """The prefixes part them: two leaves' hashes as one record give another tree."""
    two = tree_of(LEAVES[:2])
    assert two.root() != tree_of([leaf_hash(LEAVES[0] + LEAVES[1])]).root()
