"""tracer.store.proofs"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from tests.unit.seal.made import NEXT_SECRETS, SEED, made_segments, write_segments
from tests.unit.seal.test_proof import is_accepted
from tests.unit.store.test_seekable import pack
from tracer.errors import BadLog, NoProof
from tracer.seal.erased import erased_line
from tracer.seal.keys import first_signer
from tracer.seal.note import Signer
from tracer.seal.tree import leaf_hash
from tracer.store.directory import Directory
from tracer.store.proofs import newest_checkpoint, prove

SEGMENTS = made_segments()
LINES = [line for segment in SEGMENTS for line in segment]
FIRSTS = [0, 12, 24]
KEY = Signer(first_signer(SEED).public.name, NEXT_SECRETS[1]).public
NEWEST = len(LINES) - 3
"""The last checkpoint: an event and a seal follow."""


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Directory]:
    write_segments(tmp_path, SEGMENTS)
    directory = Directory(tmp_path / "log")
    yield directory
    directory.close()


def file_of(log: Directory, nth: int) -> Path:
    return log.path / f"{FIRSTS[nth]:012d}.jsonl"


def proves(log: Directory, index: int) -> bool:
    return is_accepted(prove(log, index), LINES[index], KEY)


# The newest checkpoint


def test_the_newest_checkpoint(log: Directory) -> None:
    """Its note as it stands in the log, of all records before it."""
    newest = newest_checkpoint(log)
    assert newest
    assert newest.note == orjson.loads(LINES[NEWEST])["ttytrace"]["log"]["note"]
    assert newest.head.size == NEWEST


def test_a_log_without_a_checkpoint(log: Directory) -> None:
    """Nothing was written yet, or no segment."""
    for nth in (1, 2):
        file_of(log, nth).unlink()
    file_of(log, 0).write_bytes(SEGMENTS[0][0] + b"\n")
    assert newest_checkpoint(log) is None
    file_of(log, 0).unlink()
    assert newest_checkpoint(log) is None
    with pytest.raises(NoProof, match="no checkpoint covers it"):
        prove(log, 0)


def test_a_segment_that_has_none_yet(log: Directory) -> None:
    """The newest is in the one before."""
    file_of(log, 2).write_bytes(SEGMENTS[2][0] + b"\n")
    newest = newest_checkpoint(log)
    assert newest
    assert newest.head.size == 23


def test_what_a_crash_left_behind(log: Directory) -> None:
    """A torn tail is no part of the log, and doesn't hide what was before."""
    with file_of(log, 2).open("ab") as file:
        file.write(b'{"torn":1}\n{"@timest')
    assert all(proves(log, index) for index in (0, 13, NEWEST - 1))


def test_what_could_not_be_synced(log: Directory) -> None:
    """Beyond the index at which the next segment begins, what a file says counts for nothing; not
    a checkpoint either."""
    with file_of(log, 0).open("ab") as file:
        file.write(SEGMENTS[1][-1] + b"\nanything\n")
    assert all(proves(log, index) for index in (0, 11, 12, 24))
    file_of(log, 1).unlink()
    file_of(log, 2).unlink()
    (log.path / "000000000011.jsonl").write_bytes(SEGMENTS[1][0] + b"\n")
    assert newest_checkpoint(log) is None


# Proofs


def test_every_record_has_a_proof(log: Directory) -> None:
    """Events, seals and all else below the newest checkpoint, in whichever segment."""
    assert all(proves(log, index) for index in range(NEWEST))


@pytest.mark.parametrize("index", [NEWEST, NEWEST + 1, len(LINES), 10**30])
def test_what_no_checkpoint_covers(log: Directory, index: int) -> None:
    """The newest records, for a second, and those that don't exist."""
    with pytest.raises(NoProof, match=f"^Record {index} can't .* no checkpoint covers it"):
        prove(log, index)


def test_a_log_without_its_beginning(log: Directory) -> None:
    """Kept records are proved from the frontier on; removed ones can't be."""
    file_of(log, 0).unlink()
    assert all(proves(log, index) for index in range(12, NEWEST))
    with pytest.raises(NoProof, match="retention has removed it"):
        prove(log, 11)


def test_a_compressed_segment(log: Directory) -> None:
    """Its records have the same proofs."""
    file = file_of(log, 0)
    pack(file.with_suffix(".jsonl.zst"), file.read_bytes())
    file.unlink()
    assert all(proves(log, index) for index in (0, 11, 12))


def test_erased_records(log: Directory) -> None:
    """Keep their proofs and everybody else's."""
    erased = SEGMENTS[1].copy()
    erased[5] = erased_line(leaf_hash(erased[5]))
    file_of(log, 1).write_bytes(b"".join(line + b"\n" for line in erased))
    assert all(proves(log, index) for index in range(NEWEST))


# Damage

Damage = Callable[[list[bytes]], list[bytes]]


def changed(nth: int, old: bytes, new: bytes) -> Damage:
    """The line with `new` in the place of `old`."""

    def damage(lines: list[bytes]) -> list[bytes]:
        assert old in lines[nth]
        return [*lines[:nth], lines[nth].replace(old, new), *lines[nth + 1 :]]

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        changed(5, b'"message":"4"', b'"message":"5"'),
        changed(0, b'"frontier":["', b'"frontier":["AAAA'),
        changed(0, b'"frontier":[', b'"frontier":[7,'),
        changed(0, b'"frontier":', b'"nodes":'),
        changed(0, b'"segment"', b'"start"'),
        changed(0, b"{", b"("),
        changed(5, b"{", b'{"erased":'),
        lambda lines: [],
        lambda lines: lines[:-1],
        lambda lines: [*lines[:5], *lines[6:]],
        lambda lines: [*lines[:5], lines[6], lines[5], *lines[7:]],
        lambda lines: [*lines[:5], lines[5], *lines[5:]],
    ],
)
def test_damage_is_named(log: Directory, damage: Damage) -> None:
    """In which file it is, and which command tells more."""
    file_of(log, 1).write_bytes(b"".join(line + b"\n" for line in damage(SEGMENTS[1])))
    with pytest.raises(BadLog, match=r"/log/000000000012\.jsonl: .*`ttytrace verify`"):
        prove(log, 14)


@pytest.mark.parametrize(
    "damage",
    [
        changed(14, b"\\n\\n", b"\\n"),
        changed(14, "— ".encode(), "— x".encode()),
        changed(14, b"\\n38\\n", b"\\n39\\n"),
        lambda lines: lines[1:],
        changed(12, b'"rekey"', b'"start"'),  # so the key is another
        changed(12, b'"next":"ttytrace/', b'"next":"'),
    ],
)
def test_a_damaged_checkpoint(log: Directory, damage: Damage) -> None:
    """It is not printed, and no older one in its place."""
    lines = damage(SEGMENTS[2])
    file_of(log, 2).write_bytes(b"".join(line + b"\n" for line in lines))
    with pytest.raises(BadLog, match=r"/log/000000000024\.jsonl: .*`ttytrace verify`"):
        newest_checkpoint(log)


def test_a_missing_segment(log: Directory) -> None:
    """The one before it is too short."""
    file_of(log, 1).unlink()
    with pytest.raises(BadLog, match=r"000000000000\.jsonl: 12 records are missing"):
        prove(log, 3)


def test_no_damage_gives_a_wrong_proof(log: Directory) -> None:
    """Bytes changed anywhere: what is proved is the record that was written, or nothing is."""
    chance, refused = random.Random(3), 0
    for _ in range(300):
        file, index = file_of(log, chance.randrange(3)), chance.randrange(NEWEST)
        content = file.read_bytes()
        place = chance.randrange(len(content))
        file.write_bytes(content[:place] + chance.randbytes(1) + content[place + 1 :])
        try:
            assert proves(log, index)
        except (BadLog, NoProof):
            refused += 1
        file.write_bytes(content)
    assert 50 < refused < 300
