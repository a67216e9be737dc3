"""Retention: the oldest segments go, and the log says so before they do.

Invariant: nothing is removed before its `prune` record is on the disk, and its `rekey` records are
in log/epochs.jsonl, by which later keys can still be traced to the first. Killed on the way, the
next run finds the same segments due and does it again.
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from tracer.codec.log import log_part, parse
from tracer.codec.moment import timestamp
from tracer.model.sealed import Stamp
from tracer.seal.stage import lines_of
from tracer.settings import LogSettings
from tracer.store.attributes import make_append_only, make_changeable
from tracer.store.directory import SHARED_FILE, Directory, share
from tracer.store.rewrite import discard
from tracer.store.segments import Segment, read_line, records, segments_in
from tracer.store.tasks import Task, Workplace

EPOCHS: Final = "epochs.jsonl"

_DAY_NS: Final = 86_400_000_000_000
_MIB: Final = 1 << 20
_KEPT_SEGMENTS: Final = 2
_LAST_BYTES: Final = 1 << 16  # more than two rekey records


class Due(NamedTuple):
    """Segments to remove, oldest first; `until`: the first index that stays; `size`: of
    their files."""

    segments: tuple[Segment, ...]
    until: int
    reason: str
    size: int


def retain(place: Workplace) -> Task[None]:
    """Removes what is due."""
    due = yield from place.elsewhere(find_due, place.segments, place.settings, place.stamp)
    if due is None:
        return
    yield from place.record(
        "prune",
        first=due.segments[0].first,
        until=due.until,
        segments=len(due.segments),
        bytes=due.size,
        reason=due.reason,
    )
    yield from place.elsewhere(remove, place.segments, due)


def find_due(directory: Directory, settings: LogSettings, stamp: Stamp) -> Due | None:
    """What the settings want removed. Raises BadLog, and ValueError for a damaged segment."""
    segments = segments_in(directory)
    sizes = [directory.size(segment.name) for segment in segments]
    candidates = len(segments) - _KEPT_SEGMENTS
    count, total = 0, sum(sizes)
    while settings.keep_mib and count < candidates and total > settings.keep_mib * _MIB:
        total -= sizes[count]
        count += 1
    if count:
        return Due(tuple(segments[:count]), segments[count].first, "size", sum(sizes[:count]))
    if settings.keep_days and candidates > 0:
        # One at a time: a wall clock that is wrong for a minute costs one segment, not the log.
        oldest, next_one = segments[:2]
        ended = began(directory, next_one)
        if ended < timestamp(stamp.wall_ns - settings.keep_days * _DAY_NS):
            return Due((oldest,), next_one.first, "age", sizes[0])
    return None


def remove(directory: Directory, due: Due) -> None:
    """Keeps the rekey records of these segments, and removes them."""
    ends = [*(segment.first for segment in due.segments[1:]), due.until]
    for segment, end in zip(due.segments, ends, strict=True):
        _keep(directory, _rekeys(directory, segment, end))
        for form in (segment, segment.twin):
            if directory.has(form.name):
                discard(directory, form.name)


def began(directory: Directory, segment: Segment) -> str:
    """When a segment was begun, as its first record says it. Raises BadLog, ValueError."""
    match parse(read_line(directory, segment, 0)):
        case {"@timestamp": str(moment)}:
            return moment
    raise ValueError("the segment does not begin as one does")


def _keep(directory: Directory, rekeys: dict[int, bytes]) -> None:
    if not directory.has(EPOCHS):
        os.close(directory.create(EPOCHS))
        directory.sync()
    fd = directory.open(EPOCHS, os.O_RDWR | os.O_APPEND)
    with os.fdopen(fd, "ab") as file:
        make_changeable(fd)
        share(fd, SHARED_FILE)
        last = _cut_torn(fd)
        file.write(lines_of(line for epoch, line in rekeys.items() if epoch > last))
        file.flush()
        os.fsync(fd)
        make_append_only(fd)


def _cut_torn(fd: int) -> int:
    """Cuts off the half line that a crash left, which is whole in its segment; the last epoch."""
    size = os.fstat(fd).st_size
    start = max(0, size - _LAST_BYTES)
    *lines, torn = os.pread(fd, _LAST_BYTES, start).split(b"\n")
    os.ftruncate(fd, size - len(torn))
    return _epoch(lines[-1]) or 0 if lines else 0


def _rekeys(directory: Directory, segment: Segment, end: int) -> dict[int, bytes]:
    """By epoch. `end`: where the next segment begins; what follows counts for nothing."""
    found: dict[int, bytes] = {}
    for line in records(directory, segment, end):
        if b'"action":"rekey"' in line and (epoch := _epoch(line)) is not None:
            found[epoch] = line
    return found


def _epoch(line: bytes) -> int | None:
    match log_part(parse(line)):
        case "rekey", {"epoch": int(epoch)}:
            return epoch
    return None
