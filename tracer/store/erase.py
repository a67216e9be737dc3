"""Erasure: the text of one record goes, its leaf hash stays, and a record says so first.

Invariant: nothing is taken out before its `erase` record is on the disk. What that one keeps of the
record is when, what and where, by numbers; never text, names that programs may set, or the salt,
without which the hash tells nothing.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from tracer.codec.identity import Fields
from tracer.codec.log import log_part, parse
from tracer.errors import NotErased
from tracer.seal.erased import erased_leaf, erased_line
from tracer.seal.stage import lines_of
from tracer.seal.tree import leaf_hash
from tracer.store.directory import Directory
from tracer.store.index import forget
from tracer.store.rewrite import discard, put, tidy
from tracer.store.segments import Segment, SegmentReader, records, segments_in
from tracer.store.tasks import Task, Workplace

_PLACE: Final = {"server": ("pid",), "session": ("id",), "window": ("id",), "pane": ("id", "pid")}


class Found(NamedTuple):
    """A record that may be erased. `kept`: what its `erase` record says of it; `is_live`: whether
    its segment is still being written."""

    sequence: int
    leaf: bytes
    kept: Fields
    is_live: bool


def erase(place: Workplace, index: int, reason: str, by: Fields) -> Task[None]:
    """Erases a record. Raises NotErased, BadLog, and ValueError for a damaged segment."""
    # Before anything is refused, too: a crash may have come between the log and its index.
    yield from place.elsewhere(forget, place.root, index)
    found = yield from place.elsewhere(find, place.segments, index)
    if found.is_live:
        place.log.rotate(place.stamp)
    leaf = b64encode(found.leaf).decode()
    yield from place.record("erase", index=index, leaf=leaf, reason=reason, by=by, kept=found.kept)
    yield from place.elsewhere(take_out, place.segments, found)
    yield from place.elsewhere(forget, place.root, index)


def find(directory: Directory, index: int) -> Found:
    """The record of that index."""
    segment, end = _segment_of(directory, index)
    line = next(islice(records(directory, segment, end), index - segment.first, None), None)
    if line is None:
        raise NotErased(index=index, reason="there is no such record yet")
    if erased_leaf(line):
        raise NotErased(index=index, reason="it is erased already")
    event = parse(line)
    if log_part(event):
        raise NotErased(index=index, reason="it is about the log itself, and says nothing else")
    return Found(index, leaf_hash(line), kept_of(event), end is None)


def take_out(directory: Directory, found: Found) -> None:
    """Writes the record's segment anew, with its hash in its place; what a crash left of it in
    another file goes."""
    tidy(directory)
    segment, end = _segment_of(directory, found.sequence)
    if end is None:
        raise NotErased(index=found.sequence, reason="its segment can't be closed now")
    reader = SegmentReader(directory, segment)
    try:
        put(directory, segment, _without(reader, found.sequence - segment.first, found.leaf))
    finally:
        reader.close()
    if directory.has(segment.twin.name):
        discard(directory, segment.twin.name)


def kept_of(event: Fields) -> Fields:
    """When, what, where and which user; of this shape, or not at all."""
    kept: Fields = {"@timestamp": _scalar(event.get("@timestamp"))}
    kept["event"] = _scalars(event.get("event"), ("action",))
    kept["user"] = _scalars(event.get("user"), ("id",))
    tmux = event.get("tmux")
    if isinstance(tmux, dict):
        kept["tmux"] = {part: _scalars(tmux.get(part), names) for part, names in _PLACE.items()}
    return kept


def _segment_of(directory: Directory, index: int) -> tuple[Segment, int | None]:
    """And where the one after it begins."""
    end = None
    for segment in reversed(segments_in(directory)):
        if segment.first <= index:
            return segment, end
        end = segment.first
    raise NotErased(index=index, reason="retention has removed it")


def _without(reader: SegmentReader, nth: int, leaf: bytes) -> Iterator[bytes]:
    for lines in reader.blocks():
        if 0 <= nth < len(lines):
            if leaf_hash(lines[nth]) != leaf:
                raise ValueError("the record was changed meanwhile")
            lines[nth] = erased_line(leaf)
        nth -= len(lines)
        yield lines_of(lines)
    yield from reader.tail


def _scalars(fields: object, names: tuple[str, ...]) -> Fields:
    if not isinstance(fields, dict):
        return {}
    return {name: value for name in names if (value := _scalar(fields.get(name))) is not None}


def _scalar(value: object) -> object:
    return value if isinstance(value, str | int) else None
