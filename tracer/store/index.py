"""The index over a log: shards that are brought up to date with it, and thrown away in whole.

Invariant: it holds nothing but what can be made of the log again, and of that only what is sealed.
Whoever adds to it, or removes a shard, has the lock; readers don't need it. What it can be asked is
in query.py, what it keeps of a record in index_entry.py.
"""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from pyzstd import ZstdError

from tracer.clock import boot_ns
from tracer.errors import BadLog
from tracer.seal.stage import may_be_seal
from tracer.store.directory import Directory
from tracer.store.index_file import Position, first_of_shard, shard_name
from tracer.store.index_shard import ShardWriter
from tracer.store.segments import Segment, SegmentReader, segments_in

Progress = Callable[[int], None]
"""Is told, now and then, up to which record the index has come."""

_NAME: Final = re.compile(r"([0-9]{12}|[1-9][0-9]{12,17})\.sqlite")
_LOCK: Final = "lock"
_BATCH_RECORDS: Final = 10_000
_BATCH_NS: Final = 1_000_000_000
_MAX_UNSEALED_BYTES: Final = 4 << 20  # a write has a seal, and is far smaller


class Index:
    """The index of the log in `directory`, kept in `place`, or in the log's own `index`; neither
    need exist. Raises BadLog where it can't be kept."""

    def __init__(self, directory: Directory, place: Directory | None = None) -> None:
        self.log: Directory = directory.inside("log")
        try:
            self.directory: Directory = place or directory.make("index")
        except OSError as error:
            reason = f"the index can't be made: {error.strerror}"
            raise BadLog(place=directory.path, reason=reason) from None
        self._writer: ShardWriter | None = None
        # Shards that take no more, by their first record: inode, and where they end.
        self._full: dict[int, tuple[int | None, Position]] = {}

    def close(self) -> None:
        """Closes its files."""
        self._drop_writer()
        self.directory.close()
        self.log.close()

    def segments(self) -> list[Segment]:
        """The log's segments."""
        return segments_in(self.log)

    def shards(self) -> list[int]:
        """The first record of each shard there is."""
        names = map(_NAME.fullmatch, self.directory.names())
        return [int(match[1]) for match in names if match]

    def catch_up(self, progress: Progress | None = None, *, flush: bool = False) -> int:
        """Adds what the log holds and the index doesn't; returns the index of the record after the
        last. `flush`: rows that aren't finished can be found, too, as they are.

        Raises BadLog if the log can't be read or the index can't be written. What was added stays.
        """
        try:
            with self._lock():
                return self._catch_up(progress or (lambda _: None), flush)
        except sqlite3.Error as error:
            self._drop_writer()
            raise BadLog(place=self.directory.path, reason=f"the index: {error}") from None

    def forget(self, sequence: int) -> None:
        """To be called when this record was erased: nothing that was made of it stays in the index.

        What was made of all that came later goes with it: screens go on from shard to shard. The
        next catch_up() makes it again, whoever calls it.
        """
        with self._lock():
            for first in self.shards():
                if first >= first_of_shard(sequence):
                    self._remove(first)

    def clear(self) -> None:
        """Removes all of it; catch_up() makes it again."""
        with self._lock():
            for first in self.shards():
                self._remove(first)

    def _catch_up(self, progress: Progress, flush: bool) -> int:
        segments = self.segments()
        if not segments:
            return 0
        start = Position(segments[0].first, segments[0].first, 0)
        for first in self.shards():
            if first < first_of_shard(start.next):
                self._remove(first)
        before = None
        while True:
            end = self._end_of_full(start, segments)
            if end is None:
                writer = self._open(start, before, segments)
                # Later ones go on from it, and are looked at again.
                self._full = {f: kept for f, kept in self._full.items() if f < writer.first}
                self._fill(writer, segments, progress, flush)
                end = writer.position
                if not writer.is_full:
                    return end.next
                self._full[writer.first] = self._inode(writer.first), end
                self._drop_writer()
            start, before = end, first_of_shard(start.next)

    def _end_of_full(self, start: Position, segments: list[Segment]) -> Position | None:
        first = first_of_shard(start.next)
        inode, end = self._full.pop(first, (0, start))
        if inode != self._inode(first) or _is_superseded(end, segments):
            return None
        self._full[first] = inode, end
        return end

    def _inode(self, first: int) -> int | None:
        try:
            return os.stat(shard_name(first), dir_fd=self.directory.fd).st_ino
        except FileNotFoundError:
            return None

    def _open(self, start: Position, before: int | None, segments: list[Segment]) -> ShardWriter:
        writer, self._writer = self._writer, None
        if writer is not None:
            if writer.first == first_of_shard(start.next) and writer.is_current():
                self._writer = writer
            else:
                writer.close()
        if self._writer is None:
            self._writer = self._new_writer(start, before)
        if _is_superseded(self._writer.position, segments):
            self._remove(self._writer.first)
            self._writer = self._new_writer(start, before)
        return self._writer

    def _new_writer(self, start: Position, before: int | None) -> ShardWriter:
        try:
            return ShardWriter(self.directory, start, before)
        except (sqlite3.DatabaseError, ZstdError) as error:
            if _is_of_disk(error):
                raise
            self._remove(first_of_shard(start.next))
            return ShardWriter(self.directory, start, before)

    def _fill(
        self, writer: ShardWriter, segments: list[Segment], progress: Progress, flush: bool
    ) -> None:
        lines = self._lines(writer, segments)
        count, due_ns = 0, boot_ns() + _BATCH_NS
        writer.begin()
        try:
            for line in lines:
                writer.add(line)
                count += 1
                if count % _BATCH_RECORDS == 0 or boot_ns() > due_ns:
                    writer.commit()
                    progress(writer.position.next)
                    writer.begin()
                    due_ns = boot_ns() + _BATCH_NS
                if writer.is_full:
                    break
            if flush or writer.is_full:
                writer.flush()
            writer.commit()
        except BaseException as error:
            self._drop_writer()  # it is ahead of its file
            if isinstance(error, sqlite3.DatabaseError) and not _is_of_disk(error):
                self._remove(writer.first)  # the next call makes it again
            raise

    def _lines(self, writer: ShardWriter, segments: list[Segment]) -> Iterator[bytes]:
        # Those of the segment where the writer is, and of the next ones.
        firsts = [segment.first for segment in segments]
        number = bisect_right(firsts, writer.position.segment) - 1
        while not writer.is_full:
            reader = SegmentReader(self.log, segments[number])
            try:
                blocks = reader.blocks(writer.position.offset)
                if number + 1 == len(segments):
                    yield from _sealed(blocks)
                    return
                yield from _before(blocks, firsts[number + 1] - writer.position.next)
            except ValueError:
                if number + 1 == len(segments):
                    return  # what can't be read may be on its way
            finally:
                reader.close()
            number += 1
            writer.enter(firsts[number])

    def _drop_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _remove(self, first: int) -> None:
        self._full.pop(first, None)
        if self._writer is not None and self._writer.first == first:
            self._drop_writer()
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                self.directory.remove(shard_name(first) + suffix)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            fd = os.open(_LOCK, flags, 0o600, dir_fd=self.directory.fd)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)
                yield
            finally:
                os.close(fd)
        except OSError as error:
            raise BadLog(place=self.directory.path, reason=f"the index: {error}") from None


def _is_of_disk(error: Exception) -> bool:
    # Or of anything else that making the file again would not change.
    return isinstance(error, sqlite3.OperationalError)


def _is_superseded(position: Position, segments: list[Segment]) -> bool:
    # After an I/O error the next segment repeats records that could not be synced.
    after = bisect_right(segments, position.segment, key=lambda segment: segment.first)
    return after < len(segments) and segments[after].first < position.next


def _before(blocks: Iterator[list[bytes]], count: int) -> Iterator[bytes]:
    for lines in blocks:
        yield from lines[:count]
        count -= len(lines)
        if count <= 0:
            return


def _sealed(blocks: Iterator[list[bytes]]) -> Iterator[bytes]:
    held: list[bytes] = []
    for lines in blocks:
        held += lines
        for nth in range(len(held) - 1, -1, -1):
            if may_be_seal(held[nth]):
                yield from held[: nth + 1]
                del held[: nth + 1]
                break
        if sum(map(len, held)) > _MAX_UNSEALED_BYTES:
            return


def forget(directory: Directory, sequence: int) -> None:
    """Index.forget() for the log in this directory, if it has an index."""
    if directory.has("index"):
        index = Index(directory)
        try:
            index.forget(sequence)
        finally:
            index.close()
