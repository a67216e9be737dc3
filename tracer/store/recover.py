"""Where a log goes on: the end of its last segment, and the keys for it.

Invariant: what counts is what a seal with the right root closes; all behind it stays where it is,
and is declared. Nothing in a segment is changed here, and only a segment that holds no such seal is
set aside under another name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Literal, NamedTuple

from tracer.codec.log import log_part, parse
from tracer.errors import BadLog, BadState
from tracer.model.sealed import End, Previous, Stamp
from tracer.seal.claims import Seal, UnknownFormat
from tracer.seal.keys import Ratchet
from tracer.seal.note import Head
from tracer.seal.stage import Keys
from tracer.seal.tree import Frontier
from tracer.store.attributes import make_changeable
from tracer.store.directory import Directory
from tracer.store.scan import Scan, SealSeen
from tracer.store.segment_file import finish
from tracer.store.segments import Segment, SegmentReader, segments_in


class Recovery(NamedTuple):
    """How the run before ended: there was none; it sealed a `stop` record; or neither. `last`: of
    its last seal."""

    after: Literal["first", "stop", "crash"]
    last: Stamp | None


class Recovered(NamedTuple):
    """What a log goes on with."""

    keys: Keys
    tree: Frontier
    previous: Previous | None
    recovery: Recovery


def recover(directory: Directory, keys: Keys, stamp: Stamp) -> Recovered:
    """Raises BadLog if a segment can't be read, BadState if the keys are not those of the log."""
    segments = segments_in(directory)
    while segments:
        segment = segments[-1]
        last = _last_seal(directory, segment, keys.origin, keys.head)
        if last is not None:
            _sync(directory, segment)
            _finish(directory, segments)
            return _go_on(directory, segment, last, keys)
        _set_aside(directory, segments.pop(), stamp)
    if keys.head.size:
        reason = f"the log has no record left of the {keys.head.size} that there were"
        raise BadState(place=directory.path, reason=reason)
    return Recovered(keys, Frontier(), None, Recovery("first", None))


def _go_on(directory: Directory, segment: Segment, last: SealSeen, keys: Keys) -> Recovered:
    keys = _forward(directory, keys, last.seal)
    size, digest = _tail(directory, segment, last.end)
    previous = Previous(segment.stem, _end(last, size, keys.ratchet), size, digest)
    stopped = (log_part(parse(last.before)) or ("",))[0] == "stop"
    recovery = Recovery("stop" if stopped else "crash", last.stamp)
    return Recovered(keys, last.tree, previous, recovery)


def _end(last: SealSeen, tail: int, ratchet: Ratchet) -> End:
    """How the segment ended whose last seal this is, while the keys are for this interval."""
    is_checkpoint = last.seal.note is not None
    ahead = ratchet.interval - last.seal.interval
    if not last.has_synced or ahead > 1 + is_checkpoint:
        return End.BEHIND
    return End.SEALED if is_checkpoint and ahead == 1 and not tail else End.TORN


def _forward(directory: Directory, keys: Keys, last: Seal) -> Keys:
    """The keys for an interval that no seal was made in."""
    if last.epoch == keys.ratchet.epoch + 1 and keys.next_secret is not None:
        ratchet = keys.ratchet.after_rekey()
        keys = keys._replace(secret=keys.next_secret, next_secret=None, ratchet=ratchet)
    ratchet = keys.ratchet.fresh()
    if last.epoch > ratchet.epoch:
        raise BadState(place=directory.path, reason="the keys are older than the log")
    if last.epoch < ratchet.epoch:
        return keys._replace(ratchet=ratchet)
    while ratchet.interval <= last.interval:
        ratchet = ratchet.after_interval()
    return keys._replace(next_secret=None, ratchet=ratchet)


def _last_seal(
    directory: Directory, segment: Segment, origin: str, synced: Head
) -> SealSeen | None:
    """None if the segment has none that counts."""
    reader, scan = SegmentReader(directory, segment), Scan(segment.first, synced)
    try:
        for lines in reader.blocks():
            scan.follow(lines)
    except UnknownFormat as error:
        raise BadLog(place=directory.path / segment.name, reason=str(error)) from None
    except ValueError:
        pass  # from there on it can't be a segment's content
    finally:
        reader.close()
    if scan.last and scan.origin != origin:
        place = directory.path / segment.name
        raise BadState(place=place, reason=f"it is of another log, {scan.origin!r}, than the keys")
    return scan.last


def _tail(directory: Directory, segment: Segment, end: int) -> tuple[int, str | None]:
    """How many bytes stand behind the last seal, and their SHA-256."""
    reader, size, digest = SegmentReader(directory, segment), 0, sha256()
    try:
        for piece in reader.pieces(end):
            size += len(piece)
            digest.update(piece)
    finally:
        reader.close()
    return size, digest.hexdigest() if size else None


def _sync(directory: Directory, segment: Segment) -> None:
    """A power cut may follow the crash, once the next segment is on the disk."""
    with _opened(directory, segment) as fd:
        os.fdatasync(fd)


def _finish(directory: Directory, segments: list[Segment]) -> None:
    """A run that crashed left its last segments open."""
    for segment in segments:
        if not segment.is_compressed:
            with _opened(directory, segment) as fd:
                finish(fd)


def _set_aside(directory: Directory, segment: Segment, stamp: Stamp) -> None:
    with _opened(directory, segment) as fd:
        make_changeable(fd)
    directory.rename(segment.name, f"{segment.stem}.{stamp.wall_ns}.unsealed")
    directory.sync()


@contextmanager
def _opened(directory: Directory, segment: Segment) -> Iterator[int]:
    fd = directory.open(segment.name)
    try:
        yield fd
    finally:
        os.close(fd)
