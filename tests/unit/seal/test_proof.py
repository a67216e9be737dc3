"""tracer.seal.proof"""

from __future__ import annotations

import random
from hashlib import sha256

import pytest
from pymerkle import InmemoryTree, verify_inclusion
from pymerkle.proof import InclusionProof, InvalidProof

from tests.unit.seal import vectors
from tracer.seal.note import Head, PublicKey, Signer, open_note, unbase64
from tracer.seal.proof import inclusion_path, proof_text, root_of_path
from tracer.seal.tree import Frontier, leaf_hash

RECORDS = [b"%d" % n for n in range(300)]
LEAVES = [leaf_hash(record) for record in RECORDS]
THEIRS = InmemoryTree(algorithm="sha256")
THEIRS.append_entries(RECORDS)


def tree_of(leaves: list[bytes]) -> Frontier:
    tree = Frontier()
    tree.extend(leaves)
    return tree


def path_of(index: int, leaves: list[bytes]) -> list[bytes]:
    return inclusion_path(tree_of(leaves[:index]), iter(leaves[index + 1 :]))


def pymerkle_accepts(index: int, size: int, leaf: bytes, path: list[bytes], root: bytes) -> bool:
    """pymerkle counts from one, and its path begins with the leaf."""
    rule = THEIRS.prove_inclusion(index + 1, size).rule
    proof = InclusionProof("sha256", True, size, index + 1, rule, [leaf, *path])
    try:
        verify_inclusion(leaf, root, proof, index=index + 1, size=size)
    except InvalidProof:
        return False
    return True


@pytest.mark.parametrize(("index", "size", "path"), vectors.INCLUSION)
def test_known_paths(index: int, size: int, path: list[str]) -> None:
    """The paths that Certificate Transparency's tests have."""
    leaves = [leaf_hash(data) for data in vectors.LEAVES[:size]]
    made = path_of(index, leaves)
    assert [node.hex() for node in made] == path
    assert root_of_path(leaves[index], index, size, made).hex() == vectors.ROOTS[size]


def test_all_paths_of_all_small_trees() -> None:
    """Each leaf's path in each tree leads to its root, and pymerkle accepts it."""
    for size in range(1, 40):
        leaves = LEAVES[:size]
        root = tree_of(leaves).root()
        for index, leaf in enumerate(leaves):
            path = path_of(index, leaves)
            assert root_of_path(leaf, index, size, path) == root
            assert pymerkle_accepts(index, size, leaf, path, root)


def test_paths_are_pymerkles() -> None:
    """They are those that pymerkle makes of the same records."""
    chance = random.Random(6962)
    for size in (64, 65, 127, 128, 129, 255, 256, 257, 300):
        for index in chance.sample(range(size), 12):
            proof = THEIRS.prove_inclusion(index + 1, size)
            assert path_of(index, LEAVES[:size]) == proof.path[1:]


def test_a_long_path_is_made_of_rows() -> None:
    """More leaves to one side than are held at a time."""
    leaves = [sha256(b"%d" % n).digest() for n in range(20_011)]
    root = tree_of(leaves).root()
    for index in (0, 4096, 20_010):
        path = path_of(index, leaves)
        assert root_of_path(leaves[index], index, len(leaves), path) == root


def test_no_changed_path_leads_to_the_root() -> None:
    """Another leaf, place, size or hash gives another root, or none: so says pymerkle as well."""
    for index, size in [(0, 1), (0, 8), (5, 8), (2, 5), (4, 5), (6, 7), (10, 13)]:
        leaf, path, root = (
            LEAVES[index],
            path_of(index, LEAVES[:size]),
            tree_of(LEAVES[:size]).root(),
        )
        wrong = [
            (index ^ 1, size, leaf, path),
            (index ^ 2, size, leaf, path),
            (index + size, size, leaf, path),
            (index, 2 * size, leaf, path),
            (index, size, bytes(32), path),
            (index, size, leaf, [*path, root]),
            (index, size, leaf, [root, *path]),
            *((index, size, leaf, path[:nth] + path[nth + 1 :]) for nth in range(len(path))),
            *(
                (index, size, leaf, [*path[:nth], bytes(32), *path[nth + 1 :]])
                for nth in range(len(path))
            ),
        ]
        for arguments in wrong:
            assert not leads_to(root, *arguments)


def leads_to(root: bytes, index: int, size: int, leaf: bytes, path: list[bytes]) -> bool:
    """Whether a path is accepted: by both, or by none."""
    try:
        ours = root_of_path(leaf, index, size, path) == root
    except ValueError:
        ours = False
    assert ours == (index < size and pymerkle_accepts(index, size, leaf, path, root))
    return ours


@pytest.mark.parametrize(("index", "size"), [(-1, 1), (1, 1), (0, 0), (8, 8)])
def test_a_place_outside_the_tree(index: int, size: int) -> None:
    """It has no path."""
    with pytest.raises(ValueError, match="not in the tree"):
        root_of_path(bytes(32), index, size, [])


SIGNER = Signer("ttytrace/0123456789abcdef", bytes(32))


def is_accepted(proof: str, line: bytes, signer: PublicKey = SIGNER.public) -> bool:
    """What a receiver does with a tlog-proof, by its specification, about one record's line."""
    first, _, rest = proof.partition("\n")
    path, blank, note = rest.partition("\n\n")
    place, *hashes = path.split("\n")
    key, _, index = place.partition(" ")
    try:
        head = Head.parse(open_note(note, signer), signer.name)
        nodes = [unbase64(text) for text in hashes]
        root = root_of_path(leaf_hash(line), int(index), head.size, nodes)
    except ValueError:
        return False
    header_is_right = (first, key, blank, str(int(index))) == (
        "c2sp.org/tlog-proof@v1",
        "index",
        "\n\n",
        index,
    )
    return header_is_right and root == head.root


def proof_of(index: int, size: int) -> str:
    head = Head(size, tree_of(LEAVES[:size]).root())
    return proof_text(
        index, path_of(index, LEAVES[:size]), SIGNER.sign(head.text(SIGNER.public.name))
    )


def test_the_text_of_a_proof() -> None:
    """The form of c2sp.org/tlog-proof, and the checkpoint as it was signed."""
    lines = proof_of(2, 5).split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 2"]
    assert [unbase64(line) for line in lines[2:5]] == path_of(2, LEAVES[:5])
    assert lines[5:8] == ["", SIGNER.public.name, "5"]
    assert proof_of(0, 1).startswith("c2sp.org/tlog-proof@v1\nindex 0\n\nttytrace/")


@pytest.mark.parametrize(("index", "size"), [(0, 1), (2, 5), (12, 13), (41, 100)])
def test_a_receiver_accepts_the_proof(index: int, size: int) -> None:
    """For that record, and for no other."""
    proof = proof_of(index, size)
    assert is_accepted(proof, b"%d" % index)
    assert not is_accepted(proof, b"%d" % (index + 1))


def test_a_proof_with_another_byte_is_refused() -> None:
    """Wherever it is changed, shortened or lengthened."""
    proof = proof_of(4, 7)
    for place, letter in enumerate(proof):
        for other in (
            "",
            "A" if letter != "A" else "B",
            letter + letter,
            "\n" if letter != "\n" else "",
        ):
            changed = proof[:place] + other + proof[place + 1 :]
            assert not is_accepted(changed, b"4"), (place, other)
