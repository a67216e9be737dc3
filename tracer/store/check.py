"""Feeds a log's files to the verifier.

Invariant: content that can't be a segment's is a verdict; a file that can't be had, or is no plain
file of one name, is BadLog: nothing is said about a log that could not be read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

from tracer.codec.log import MAX_LINE_BYTES
from tracer.errors import BadLog
from tracer.seal.verify import Trust, Verifier
from tracer.store.directory import Directory
from tracer.store.retain import EPOCHS
from tracer.store.segments import Segment, SegmentReader, segments_in

Progress = Callable[[int, int], None]
"""Is told how many segments were read, and how many bytes of the next one."""


def verify_log(directory: Directory, trust: Trust, progress: Progress) -> Verifier:
    """Reads all segments in `directory`; what was found is in the verifier's report. Raises
    BadLog."""
    while True:
        segments = segments_in(directory)
        try:
            return _verify(directory, segments, trust, progress)
        except BadLog:
            # Retention, which removes the oldest ones, may have overtaken us. Unless the log begins
            # further on than it did, it is something else.
            if _firsts(segments_in(directory))[:1] <= _firsts(segments)[:1]:
                raise


def _verify(
    directory: Directory, segments: list[Segment], trust: Trust, progress: Progress
) -> Verifier:
    verifier = Verifier(trust, epoch_lines(directory))
    ends = [*_firsts(segments[1:]), None]
    for number, (segment, until) in enumerate(zip(segments, ends, strict=False)):
        if verifier.is_broken:
            break
        verifier.begin(segment.first, segment.name, until)
        with closing(SegmentReader(directory, segment)) as reader:
            _feed(verifier, reader, partial(progress, number))
    return verifier


def _firsts(segments: list[Segment]) -> list[int]:
    return [segment.first for segment in segments]


def epoch_lines(directory: Directory) -> Iterator[bytes]:
    """The rekey records of segments that retention removed."""
    try:
        fd = directory.open(EPOCHS)
    except FileNotFoundError:
        return
    with os.fdopen(fd, "rb") as file:
        # A crash may leave half a line, whose segment is still there then.
        while (line := file.readline(MAX_LINE_BYTES)).endswith(b"\n"):
            yield line[:-1]


def _feed(verifier: Verifier, reader: SegmentReader, on_bytes: Callable[[int], None]) -> None:
    done = 0
    try:
        for lines in reader.blocks():
            verifier.feed(lines)
            if verifier.is_broken:
                return
            done += sum(map(len, lines))
            on_bytes(done)
    except ValueError as error:
        verifier.fail(str(error))
    else:
        verifier.end(reader.tail)
