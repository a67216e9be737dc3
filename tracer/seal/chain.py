"""The keys of a log that is being verified: which one signs at the place reached, which number the
next seal has, and what it must be sealed with.

Invariant: a key is taken only from the one before it. Signatures are checked where an epoch ends
and where the log ends: the last checkpoint of an epoch covers all before it, and the tree is
compared at each seal, so one signature an epoch says the same as sixty.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hmac import compare_digest
from typing import Final

from tracer.codec.log import log_part, parse
from tracer.model.sealed import End
from tracer.seal.claims import Altered, Header, LostKeys, Rekey, Seal, shown
from tracer.seal.keys import Ratchet, first_signer, is_first_key, origin_of, rekey_text
from tracer.seal.note import Head, PublicKey, open_note
from tracer.seal.report import Checkpoint
from tracer.seal.stage import split_seal

_MAX_EPOCHS: Final = 10_000_000  # of a minute each: 19 years
_MAX_INTERVALS: Final = 1_000_000  # of a second each, in one epoch: 11 days without a rekey
_OTHER_TREE: Final = "the checkpoint's note is of another tree"


class KeyChain:
    """Begins at a segment's header. `trusted`: a key from outside; `seed`: the log's, if known.

    All methods raise ValueError where the log can't have been written so.
    """

    def __init__(self, header: Header, trusted: PublicKey | None, seed: bytes | None) -> None:
        self.origin = header.origin
        self._key = header.key
        self._epoch = header.epoch
        self._interval = header.interval
        self._seal = 0
        self._trusted = trusted
        self.is_trusted = False
        """Whether the key that signs now comes from the one that was given."""
        self._ratchet = None if seed is None else _ratchet_at(seed, header)
        self._pending: tuple[str, Checkpoint] | None = None  # its signature is not checked yet
        self.signed: Checkpoint | None = None
        """The last checkpoint whose signature is right."""
        self.maced = 0
        """Below this, MACs are right."""
        self._check_origin(seed)

    @property
    def has_reached_key(self) -> bool:
        """Whether the key that was given, if one was, is one of the log's."""
        return self.is_trusted or self._trusted is None

    def begin(self) -> None:
        """The chain begins with the log: so it does with the first key."""
        if self._epoch or self._interval or self.origin != origin_of(self._key.raw):
            raise ValueError("the log does not begin with its first key")
        self._trust()

    def walk(self, lines: Iterable[bytes]) -> str | None:
        """The epochs that are not in the segments any more: from the trusted key to the first one
        that is in them. Why it isn't reached, if it isn't."""
        key = self._trusted
        if key is None or key == self._key:
            self._trust()
            return None
        if not is_first_key(key):
            return "the key that was given is not the log's first one"
        epoch = 0
        for line in lines:
            if epoch == self._epoch:
                break
            rekey = _rekey_of(line)
            if rekey.epoch != epoch + 1:
                return f"log/epochs.jsonl has no epoch {epoch + 1}"
            key, epoch = _next_key(rekey, key), epoch + 1
        if epoch != self._epoch:
            return f"log/epochs.jsonl ends with epoch {epoch}"
        if key != self._key:
            raise ValueError("log/epochs.jsonl leads to another key than the log's")
        self.is_trusted = True
        return None

    def resume(self, header: Header) -> None:
        """Another segment begins."""
        end = header.previous.end if header.previous else End.SEALED
        if end is End.BEHIND and header.epoch > self._epoch:
            raise LostKeys("the disk lost the rekey records that lead to the key of this segment")
        if (header.origin, header.key) != (self.origin, self._key) or header.epoch != self._epoch:
            raise ValueError(
                "the segment begins with another key than the one before it ended with"
            )
        if header.interval not in self._intervals_after(end):
            raise ValueError(f"interval {header.interval} can't follow a segment that ended so")
        if self._ratchet is not None:
            self._ratchet = _forward(self._ratchet, header.interval)
        self._interval, self._seal = header.interval, 0

    def _intervals_after(self, end: End) -> range:
        """Where a log may go on behind the seal that was read last.

        A checkpoint is synced before anything follows it. So behind one, a crash takes no more than
        the writes of the next interval, and behind another seal those of its own."""
        fresh = self._interval + (self._seal > 0)
        match end:
            case End.SEALED:
                return range(self._interval, self._interval + (self._seal == 0))
            case End.BEHIND:
                return range(fresh, _MAX_INTERVALS)
        return range(fresh, self._interval + 2)

    def seal(self, seal: Seal, index: int, line: bytes) -> None:
        """A seal whose root is that of the tree."""
        due = self._epoch, self._interval, self._seal
        if seal[:3] != due:
            raise ValueError(f"this should be {_numbered(*due)}, it is {_numbered(*seal[:3])}")
        body, mac = split_seal(line)
        if self._ratchet is not None:
            right = urlsafe_b64encode(self._ratchet.mac(seal.root, body)).rstrip(b"=")
            if not compare_digest(mac, right):
                raise ValueError("the seal's MAC is wrong")
            ends = seal.note is not None
            self._ratchet = self._ratchet.after_interval() if ends else self._ratchet.after_seal()
            self.maced = index + 1
        if seal.note is None:
            self._seal += 1
        else:
            self._interval, self._seal = self._interval + 1, 0

    def checkpoint(self, note: str, head: Head, timestamp: str) -> None:
        """The note of a seal. What it says is checked now."""
        if not note.startswith(head.text(self.origin) + "\n"):
            raise ValueError(_OTHER_TREE)
        self._pending = note, Checkpoint(head, timestamp)

    def rekey(self, rekey: Rekey) -> None:
        """The next epoch begins; the record before is a checkpoint."""
        self.settle()
        if rekey.epoch != self._epoch + 1:
            raise ValueError(f"epoch {rekey.epoch} can't follow epoch {self._epoch}")
        self._key = _next_key(rekey, self._key)
        self._epoch, self._interval, self._seal = rekey.epoch, 0, 0
        self._trust()
        if self._ratchet is not None:
            self._ratchet = self._ratchet.after_rekey()

    def settle(self) -> None:
        """Checks the signature of the last checkpoint."""
        if self._pending is None:
            return
        note, checkpoint = self._pending
        self._pending = None
        try:
            if open_note(note, self._key) != checkpoint.head.text(self.origin):
                raise ValueError(_OTHER_TREE)
        except ValueError as error:
            before = self.signed.head.size if self.signed else 0
            size = checkpoint.head.size
            raise Altered(f"the checkpoint of {size} records: {error}", before) from None
        self.signed = checkpoint

    def _check_origin(self, seed: bytes | None) -> None:
        first = None if seed is None else first_signer(seed).public
        if first is not None and first.name != self.origin:
            raise ValueError(f"the log is {shown(self.origin)}, the seed is of {first.name}")
        if self._trusted is not None and self._trusted.name != self.origin:
            raise ValueError(
                f"the log is {shown(self.origin)}, the key is of {shown(self._trusted.name)}"
            )

    def _trust(self) -> None:
        self.is_trusted = self.is_trusted or self._key == self._trusted


def _ratchet_at(seed: bytes, header: Header) -> Ratchet:
    if header.epoch > _MAX_EPOCHS or header.interval > _MAX_INTERVALS:
        raise ValueError("the log can't have had so many epochs")
    ratchet = Ratchet.first(seed)
    for _ in range(header.epoch):
        ratchet = ratchet.after_rekey()
    return _forward(ratchet, header.interval)


def _forward(ratchet: Ratchet, interval: int) -> Ratchet:
    while ratchet.interval < interval:
        ratchet = ratchet.after_interval()
    return ratchet


def _numbered(epoch: int, interval: int, seal: int) -> str:
    return f"seal {seal} of interval {interval} of epoch {epoch}"


def _rekey_of(line: bytes) -> Rekey:
    found = log_part(parse(line))
    if found is None or found[0] != "rekey":
        raise ValueError("log/epochs.jsonl holds something else than rekey records")
    return Rekey.parse(found[1])


def _next_key(rekey: Rekey, key: PublicKey) -> PublicKey:
    if rekey.next.name != key.name:
        raise ValueError("the next key is of another log")
    if open_note(rekey.note, key) != rekey_text(key.name, rekey.epoch, rekey.next, rekey.root):
        raise ValueError("the note of the rekey says something else than the record")
    return rekey.next
