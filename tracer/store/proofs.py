"""The newest checkpoint of a log, and the proof that a record is in it.

Invariant: a proof is given only if it leads to the checkpoint's root. Whether the checkpoint's key
is to be trusted is for whoever receives it; whether the log is whole, seal/verify.py's to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice, zip_longest
from typing import NamedTuple

from tracer.codec.log import log_part, parse
from tracer.errors import BadLog, NoProof
from tracer.seal.erased import leaf_of
from tracer.seal.note import Head, PublicKey, open_note, unbase64
from tracer.seal.proof import inclusion_path, proof_text, root_of_path
from tracer.seal.tree import Frontier
from tracer.store.directory import Directory
from tracer.store.segments import Segment, SegmentReader, segments_in


class Checkpoint(NamedTuple):
    """A tree head, and the log's note of it."""

    head: Head
    note: str


class _Part(NamedTuple):
    """What counts of a segment: its records below `end`, where the next one begins."""

    segment: Segment
    end: int | None


def newest_checkpoint(directory: Directory) -> Checkpoint | None:
    """That of the log whose segments are in `directory`; None before the first. Raises BadLog."""
    for part in reversed(_parts(directory)):
        with _damage_in(directory, part.segment):
            if found := _last_checkpoint(directory, part):
                return found
    return None


def prove(directory: Directory, index: int) -> str:
    """The tlog-proof of a record's inclusion in the newest checkpoint. Raises NoProof, BadLog."""
    newest = newest_checkpoint(directory)
    if newest is None or index >= newest.head.size:
        raise NoProof(index=index, reason="no checkpoint covers it")
    parts = [part for part in _parts(directory) if part.end is None or part.end > index]
    if index < parts[0].segment.first:
        raise NoProof(index=index, reason="retention has removed it")
    with _damage_in(directory, parts[0].segment):
        before = _tree_before(directory, parts[0])
    leaves = islice(_leaves(directory, parts), newest.head.size - before.size)
    before.extend(islice(leaves, index - before.size))
    leaf = next(leaves, b"")
    path = inclusion_path(before, leaves)
    with _damage_in(directory, parts[0].segment):
        if root_of_path(leaf, index, newest.head.size, path) != newest.head.root:
            raise ValueError("records from here on aren't those that the newest checkpoint covers")
    return proof_text(index, path, newest.note)


def _parts(directory: Directory) -> list[_Part]:
    segments = segments_in(directory)
    pairs = zip_longest(segments, segments[1:])
    return [_Part(segment, after.first if after else None) for segment, after in pairs]


def _lines(directory: Directory, part: _Part) -> Iterator[bytes]:
    """The lines that count; in the last segment, those of a torn tail too."""
    missing = None if part.end is None else part.end - part.segment.first
    with closing(SegmentReader(directory, part.segment)) as reader:
        for block in reader.blocks():
            lines = block[:missing]
            yield from lines
            if missing is not None:
                missing -= len(lines)
    if missing:
        raise ValueError(f"{missing} records are missing at its end")


def _leaves(directory: Directory, parts: list[_Part]) -> Iterator[bytes]:
    for part in parts:
        with _damage_in(directory, part.segment):
            yield from map(leaf_of, _lines(directory, part))


def _tree_before(directory: Directory, part: _Part) -> Frontier:
    match log_part(parse(next(_lines(directory, part), b"{}"))):
        case "segment", {"frontier": [*nodes]}:
            return Frontier(part.segment.first, [unbase64(str(node)) for node in nodes])
    raise ValueError("it does not begin as a segment does")


def _last_checkpoint(directory: Directory, part: _Part) -> Checkpoint | None:
    vkey, last = "", None
    for index, line in enumerate(_lines(directory, part), part.segment.first):
        if index != part.segment.first and b'"note":"' not in line:
            continue
        match log_part(parse(line)):
            case ("segment", {"key": str(vkey)}) | ("rekey", {"next": str(vkey)}):
                pass
            case "seal", {"note": str(note)}:
                last = index, note, vkey
    return _opened(*last) if last else None


def _opened(index: int, note: str, vkey: str) -> Checkpoint:
    key = PublicKey.parse(vkey)
    head = Head.parse(open_note(note, key), key.name)
    if head.size != index:
        raise ValueError(f"the checkpoint in record {index} is not of the records before it")
    return Checkpoint(head, note)


@contextmanager
def _damage_in(directory: Directory, segment: Segment) -> Iterator[None]:
    """What can't be so is damage; the user learns where, and what to do."""
    try:
        yield
    except ValueError as error:
        reason = f"{error}; `ttytrace verify` tells what is wrong with the log"
        raise BadLog(place=directory.path / segment.name, reason=reason) from None
