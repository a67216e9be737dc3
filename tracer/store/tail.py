"""The growing end of a log on the disk: its segment, its sealer, its keys, and which are safe.

Invariant: keys only go forward. The key of a seal that was written is replaced at once, here and in
the state file, and no other seal is made with it. A file that failed is not touched any more: the
tree goes on from what was synced before.
"""

from __future__ import annotations

from tracer.model.sealed import End, Previous, Stamp
from tracer.seal.keys import new_secret
from tracer.seal.note import Head
from tracer.seal.stage import Keys, Sealer, lines_of
from tracer.seal.tree import Frontier
from tracer.store.directory import Directory
from tracer.store.segment_file import SegmentFile
from tracer.store.state import StateFile


class Tail:
    """Goes on from these keys and this tree. Methods raise OSError as the disk does."""

    def __init__(self, segments: Directory, state: StateFile, keys: Keys, tree: Frontier) -> None:
        self._segments = segments
        self._state = state
        self._keys = keys  # for the seal behind the last that was written
        self._tree = tree  # as it was synced last
        self.sealer = Sealer(keys, tree)
        self._written = tree  # as it is behind the last write
        self.file: SegmentFile | None = None
        self.previous: Previous | None = None
        """What the next segment says of the one before, where that failed."""
        self.state_error: OSError | None = None
        """Why the keys could not be put away last time: those of before are still on the disk."""

    @property
    def is_stuck(self) -> bool:
        """Whether nothing can be written now."""
        return self.file is None or bool(self.file.rest)

    @property
    def is_synced(self) -> bool:
        """Whether all is on the disk, and the last of it is a checkpoint."""
        return self.file is not None and self.file.size == self.file.synced_size

    @property
    def size(self) -> int:
        """Bytes of the segment."""
        return self.file.size if self.file is not None else 0

    def begin(self, stamp: Stamp, previous: Previous | None) -> None:
        """Begins a segment behind what was synced last. If that fails, nothing has changed."""
        sealer = Sealer(self._keys, self._tree)
        head = [sealer.segment(stamp, previous), sealer.checkpoint(stamp)]
        self.file = SegmentFile(self._segments, self._tree.size, lines_of(head))
        self.sealer, self._written = sealer, sealer.tree()
        self._keep()

    def turn(self, stamp: Stamp) -> None:
        """Ends the segment, of which all is synced, and begins the next."""
        before = self.file
        assert before is not None
        self.begin(stamp, Previous(before.segment.stem, End.SEALED))
        before.close()

    def write(self, data: bytes = b"") -> None:
        """Puts these lines behind the others, and behind what could not be written yet, and drops
        the key that sealed them; an epoch's last key stays until its rekey is synced. A checkpoint
        is synced before anything follows it: a power cut takes one at most."""
        assert self.file is not None
        if data:
            self._written = self.sealer.tree()  # it may grow while the disk is full
        self.file.write(data)
        if self.sealer.epoch == self._keys.ratchet.epoch:
            self._keys = self.sealer.keys(self._keys.head)
            try:
                self._state.put(self._keys)
            except OSError as error:
                self.state_error = error
        if self.sealer.ends_with_checkpoint:
            self.file.sync()
            self._keep()

    def rekey(self, stamp: Stamp) -> bool:
        """Takes the next epoch's key, right after a checkpoint was synced; whether that could be
        put away."""
        secret = new_secret()
        self._keep(secret)  # before the log knows it: a crash may come right behind the line
        if self.state_error is not None:
            return False
        self.write(lines_of([self.sealer.rekey(stamp, secret), self.sealer.checkpoint(stamp)]))
        return True

    def abandon(self) -> None:
        """Leaves the file as it is, for begin() to go on from the tree that was synced."""
        assert self.file is not None
        unsynced = self.file.size - len(self.file.rest) - self.file.synced_size
        self.previous = Previous(self.file.segment.stem, End.IO_ERROR, unsynced)
        self.file.abandon()
        self.file = None

    def close(self) -> None:
        """Ends the segment."""
        if self.file is not None and not self.file.rest:
            self.file.close()

    def _keep(self, next_secret: bytes | None = None) -> None:
        self._tree = self._written
        head = Head(self._tree.size, self._tree.root())
        self._keys = self.sealer.keys(head, next_secret)
        try:
            self._state.write(self._keys)
            self.state_error = None
        except OSError as error:
            self.state_error = error
