"""A thousand random changes to a log: none passes, but for what lies behind the last thing that
vouches, and for a cut at the end that is younger than the silence that shows."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.log.tamper import Copy, Seized, check, make
from tracer.seal.report import Report, Verdict
from tracer.seal.verify import Trust

BLOCKS = 20
CHANGES = 50  # of each block
RECORDS, SIGNED = 283, 279

Files = dict[str, bytes]
Change = Callable[[random.Random, Files], None]


def lines_of(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def pick(chance: random.Random, files: Files) -> str:
    return chance.choice([name for name in files if files[name]])


def flip(chance: random.Random, files: Files) -> None:
    """One bit."""
    name = pick(chance, files)
    data = bytearray(files[name])
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    files[name] = bytes(data)


def delete(chance: random.Random, files: Files) -> None:
    """A line or more."""
    name = pick(chance, files)
    lines = lines_of(files[name])
    first = chance.randrange(len(lines))
    del lines[first : first + chance.choice((1, 1, 1, 2, 7))]
    files[name] = b"".join(lines)


def duplicate(chance: random.Random, files: Files) -> None:
    """A line of any segment, at any place."""
    line = chance.choice(lines_of(files[pick(chance, files)]))
    name = pick(chance, files)
    lines = lines_of(files[name])
    lines.insert(chance.randrange(len(lines) + 1), line)
    files[name] = b"".join(lines)


def swap(chance: random.Random, files: Files) -> None:
    """Two lines of a segment."""
    name = pick(chance, files)
    lines = lines_of(files[name])
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    files[name] = b"".join(lines)


def swap_files(chance: random.Random, files: Files) -> None:
    """Two segments."""
    one, other = chance.sample(sorted(files), 2)
    files[one], files[other] = files[other], files[one]


def drop_file(chance: random.Random, files: Files) -> None:
    """A segment."""
    del files[pick(chance, files)]


def cut_line(chance: random.Random, files: Files) -> None:
    """A segment behind a line."""
    name = pick(chance, files)
    lines = lines_of(files[name])
    files[name] = b"".join(lines[: chance.randrange(len(lines) + 1)])


def cut_byte(chance: random.Random, files: Files) -> None:
    """A segment anywhere."""
    name = pick(chance, files)
    files[name] = files[name][: chance.randrange(len(files[name]))]


def cut_log(chance: random.Random, files: Files) -> None:
    """All behind a line."""
    name = pick(chance, files)
    cut_line(chance, files)
    for later in [other for other in files if other > name]:
        del files[later]


CHANGES_THERE_ARE: list[Change] = [
    flip,
    flip,
    delete,
    duplicate,
    swap,
    swap_files,
    drop_file,
    cut_line,
    cut_byte,
    cut_log,
]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Seized:
    return make(tmp_path_factory.mktemp("log"))


def files_of(seized: Seized) -> Files:
    return {
        f"{first:012d}.jsonl": b"".join(line + b"\n" for line in lines)
        for first, lines in seized.segments.items()
    }


def claims_no_more(found: Report, lines: list[bytes], original: list[bytes]) -> bool:
    """Whether all that it says is vouched for is as it was written."""
    return lines[: found.vouched - found.first] == original[found.first : found.vouched]


def must_show(lines: list[bytes], original: list[bytes], vouched: int) -> bool:
    """Whether a record that something vouches for is another one. A log that only ends earlier is
    no other log; it is silent."""
    pairs = zip(lines, original, strict=False)
    same = next((n for n, (one, other) in enumerate(pairs) if one != other), None)
    if same is None:
        return False
    is_cut = same == len(lines) - 1 and original[same].startswith(lines[same])
    return same < vouched and not is_cut


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_change_passes(log: Seized, tmp_path: Path, block: int) -> None:
    """With the key, and with the seed."""
    chance = random.Random(block)
    original = Copy(log).lines
    for number in range(CHANGES):
        files = files_of(log)
        chance.choice(CHANGES_THERE_ARE)(chance, files)
        place = tmp_path / str(number)
        place.mkdir()
        for name, data in files.items():
            (place / name).write_bytes(data)
        lines = b"".join(files[name] for name in sorted(files)).split(b"\n")
        for trust, vouched in ((Trust(log.key), SIGNED), (Trust(log.key, log.seed), RECORDS)):
            found = check(place, trust, log.now_ns)
            assert claims_no_more(found, lines, original), (number, found)
            if must_show(lines, original, vouched):
                assert found.verdict in (Verdict.TAMPERED, Verdict.UNVERIFIABLE), (number, found)


def test_what_is_not_changed_passes(log: Seized, tmp_path: Path) -> None:
    """And the ruler of the other test is right about what vouches."""
    Copy(log).write(tmp_path)
    for trust, vouched in ((Trust(log.key), SIGNED), (Trust(log.key, log.seed), RECORDS)):
        found = check(tmp_path, trust, log.now_ns)
        assert (found.verdict, found.vouched) == (Verdict.OK, vouched)
