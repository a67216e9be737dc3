"""The one writer of a log: gathers events to batches, and sees to it that they are sealed, written
and synced in time, and that it goes on after whatever happens.

Invariant: events are kept in memory until a checkpoint that covers them is on the disk; what could
not be kept is counted, and a `gap` record says so. How records are sealed is seal/stage.py's, how
they get to the disk store/tail.py's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from tracer.codec.identity import Fields
from tracer.codec.log import parse
from tracer.errors import BadLog, BadState, LogFull, NoLog
from tracer.model.sealed import Stamp
from tracer.seal.stage import lines_of
from tracer.settings import LogSettings, WhenFull
from tracer.store.ballast import Ballast
from tracer.store.directory import SHARED_DIRECTORY, Directory, share
from tracer.store.lock import lock
from tracer.store.outage import Outage, is_full
from tracer.store.recover import Recovery, recover
from tracer.store.state import StateFile
from tracer.store.tail import Tail

_MIB: Final = 1 << 20
_BATCH_BYTES: Final = 1 << 16
_MAX_HELD_BYTES: Final = 16 * _MIB  # while nothing can be written


class Pace(NamedTuple):
    """How long at most, in CLOCK_BOOTTIME, until lines are written, a checkpoint is made, a key is
    dropped. Log.tick() comes as often as `batch_ns`, so no line waits for twice that."""

    batch_ns: int = 2_000_000
    checkpoint_ns: int = 1_000_000_000
    rekey_ns: int = 60_000_000_000


_PACE: Final = Pace()


class Standing(NamedTuple):
    """Where a log stands: the index that the next record gets, bytes written since it was opened,
    records that wait to be sealed, the first of them since when; the last checkpoint that is on the
    disk: its index and moment; and what keeps it from being written, if something does."""

    sequence: int
    written_bytes: int
    waiting: int
    waiting_since_ns: int | None
    checkpoint: int | None
    checkpoint_at: Stamp | None
    error: str | None


class Log:
    """Made by open(). No method raises an error of the disk; all but close() raise LogFull, once,
    where the settings want that."""

    def __init__(self, settings: LogSettings, stamp: Stamp, pace: Pace, closing: ExitStack) -> None:
        root = Directory(Path(settings.directory))
        closing.callback(root.close)
        segments = root.inside("log")
        closing.callback(segments.close)
        keys_at = _keys_at(settings)
        closing.callback(keys_at.close)
        lock(keys_at)
        for directory in (root, segments):  # an older log's were root's alone
            share(directory.fd, SHARED_DIRECTORY)
        state = StateFile(keys_at)
        closing.callback(state.close)
        found = recover(segments, state.read(), stamp)
        self.recovery: Recovery = found.recovery
        self._tail = Tail(segments, state, found.keys, found.tree)
        self._tail.begin(stamp, found.previous)
        self._ballast = Ballast(root, settings.ballast_mib * _MIB)
        self._settings, self._pace = settings, pace
        self._outage: Outage | None = None
        self._batch: list[bytes] = []  # sealed next
        self._batch_bytes = 0
        self._held: list[bytes] = []  # batches before it that no synced checkpoint covers
        self._held_bytes = 0  # of both
        self._retry_ns = 0
        self._written_bytes = 0
        self._synced: tuple[int, Stamp] | None = None
        self._batch_ns = self._checkpoint_ns = stamp.boot_ns
        # A run has keys of its own: who takes them can sign nothing of the runs before.
        self._rekey_ns = stamp.boot_ns - pace.rekey_ns if found.previous else stamp.boot_ns
        self._closing = closing.pop_all()

    @classmethod
    def open(cls, settings: LogSettings, stamp: Stamp, pace: Pace = _PACE) -> Log:
        """Takes the log, and begins a segment behind what the last run left. Raises NoLog, BadLog,
        BadState, LogBusy, LogFull."""
        with ExitStack() as closing:
            try:
                log = cls(settings, stamp, pace, closing)
            except OSError as error:
                if is_full(error):
                    raise LogFull(directory=settings.directory) from None
                reason = f"it can't be written: {error.strerror}"
                raise BadLog(place=settings.directory, reason=reason) from None
        return log

    @property
    def size(self) -> int:
        """The index that the next record gets."""
        return self._tail.sealer.size

    @property
    def is_append_only(self) -> bool:
        """Whether the file system guards what was written."""
        return self._tail.file is not None and self._tail.file.is_append_only

    @property
    def state_error(self) -> OSError | None:
        """Why keys that have done their work are still on the disk, if they are."""
        return self._tail.state_error

    @property
    def standing(self) -> Standing:
        """May be asked for by any thread."""
        waiting, outage, synced = len(self._batch), self._outage, self._synced
        return Standing(
            self.size,
            self._written_bytes,
            waiting,
            self._batch_ns if waiting else None,
            synced[0] if synced else None,
            synced[1] if synced else None,
            outage.error if outage else None,
        )

    def configure(self, settings: LogSettings) -> None:
        """Goes by other settings from now on; the places stay."""
        self._settings = settings
        self._ballast.resize(settings.ballast_mib * _MIB)

    @property
    def has_batch(self) -> bool:
        """Whether there are events that tick() will write."""
        return bool(self._batch)

    def append(self, events: list[Fields], stamp: Stamp) -> None:
        """Adds events; they are written when they are many, or at a tick."""
        if self._outage is not None:
            events = self._outage.admit(events, _MAX_HELD_BYTES - self._held_bytes)
        self._add(events, stamp)
        if self._batch_bytes >= _BATCH_BYTES and not self._tail.is_stuck:
            self._flush(stamp)

    def tick(self, stamp: Stamp) -> None:
        """Does what is due."""
        self._mend(stamp)
        if self._tail.is_stuck:
            return
        if stamp.boot_ns - self._checkpoint_ns >= self._pace.checkpoint_ns:
            self._checkpoint(stamp)
            if stamp.boot_ns - self._rekey_ns >= self._pace.rekey_ns:
                self._rekey(stamp)
            if self._tail.size >= self._settings.segment_mib * _MIB:
                self._turn(stamp)
        elif self._batch and stamp.boot_ns - self._batch_ns >= self._pace.batch_ns:
            self._flush(stamp)

    def sync(self, stamp: Stamp) -> bool:
        """Makes a checkpoint; whether all that was added is on the disk with it."""
        self._mend(stamp)
        if not self._tail.is_stuck:
            self._checkpoint(stamp)
        return not (self._tail.is_stuck or self._held or self._batch)

    def rotate(self, stamp: Stamp) -> None:
        """Ends the segment, and begins another."""
        if self.sync(stamp):
            self._turn(stamp)

    def close(self, stamp: Stamp) -> None:
        """Seals what is there, and gives the log back; after LogFull too."""
        try:
            self.sync(stamp)
        except LogFull:
            self.sync(stamp)  # the ballast was given up for this
        self._tail.close()
        self._closing.close()

    def _add(self, events: list[Fields], stamp: Stamp) -> None:
        if self._tail.file is None:
            lines = [orjson.dumps(event) for event in events]
            self._held.append(lines_of(lines))
        else:
            if not self._batch:
                self._batch_ns = stamp.boot_ns
            lines = self._tail.sealer.add(events)
            self._batch += lines
            self._batch_bytes += sum(map(len, lines))
        self._held_bytes += sum(map(len, lines))

    def _flush(self, stamp: Stamp) -> None:
        """Writes the batch."""
        self._write(self._tail.sealer.seal(stamp), stamp)

    def _write(self, last: bytes, stamp: Stamp) -> None:
        """Writes the batch, and this seal behind it."""
        data = self._hold_batch() + lines_of([last])
        with self._guarded(stamp):
            self._put(data)

    def _put(self, data: bytes = b"") -> None:
        """Writes this, behind what waits; what is on the disk need not be kept any more."""
        self._tail.write(data)
        self._written_bytes += len(data)
        if self._tail.is_synced:
            self._held, self._held_bytes = [], self._batch_bytes

    def _checkpoint(self, stamp: Stamp) -> None:
        self._checkpoint_ns = stamp.boot_ns
        if self._outage is not None and self._ballast.restore():
            self._add([self._outage.gap(stamp)], stamp)
            self._outage = None
        self._write(self._tail.sealer.checkpoint(stamp), stamp)
        if self._tail.is_synced:
            self._synced = self.size, stamp

    def _rekey(self, stamp: Stamp) -> None:
        if self._tail.is_synced:
            with self._guarded(stamp):
                if self._tail.rekey(stamp):
                    self._rekey_ns = stamp.boot_ns

    def _turn(self, stamp: Stamp) -> None:
        if self._tail.is_synced:
            try:
                self._tail.turn(stamp)
            except OSError as error:  # the segment that there is goes on
                self._suffer(error, stamp)

    def _mend(self, stamp: Stamp) -> None:
        """Tries again what could not be written."""
        if not self._tail.is_stuck:
            return
        with self._guarded(stamp):
            if self._tail.file is not None:
                self._put()
            elif stamp.boot_ns >= self._retry_ns:
                self._retry_ns = stamp.boot_ns + self._pace.checkpoint_ns
                self._tail.begin(stamp, self._tail.previous)
                held, self._held, self._held_bytes = self._held, [], 0
                self._add([parse(line) for part in held for line in part.splitlines()], stamp)

    @contextmanager
    def _guarded(self, stamp: Stamp) -> Iterator[None]:
        """Where writing fails: on a full disk the rest waits, else the file is given up."""
        try:
            yield
        except OSError as error:
            file = self._tail.file
            if file is not None and not (is_full(error) and file.rest):
                self._tail.abandon()
                self._hold_batch()
            self._suffer(error, stamp)

    def _hold_batch(self) -> bytes:
        data = lines_of(self._batch)
        self._held.append(data)
        self._batch, self._batch_bytes = [], 0
        return data

    def _suffer(self, error: OSError, stamp: Stamp) -> None:
        when_full = self._settings.when_full
        if self._outage is None:
            self._outage = Outage(error, stamp, when_full)
        if is_full(error):
            self._ballast.give_up()
            if not self._outage.is_full:
                self._outage.is_full = True
                if when_full is WhenFull.HALT:
                    raise LogFull(directory=self._settings.directory)


def _keys_at(settings: LogSettings) -> Directory:
    try:
        return Directory(Path(settings.state))
    except NoLog:
        raise BadState(place=settings.state, reason="the keys of the log are missing") from None
