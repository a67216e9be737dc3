"""Events to lines of the log: numbered, salted, hashed into the tree, sealed.

Invariant: every line that leaves is a leaf of the tree, in this order; a seal covers all before it.
When lines are written and synced, and where, is store/'s.
"""

from __future__ import annotations

import os
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

import orjson

from tracer.codec.identity import Fields
from tracer.codec.log import control
from tracer.model.sealed import Previous, Stamp
from tracer.seal.keys import Ratchet, first_secret, first_signer, rekey_text
from tracer.seal.note import Head, Signer
from tracer.seal.tree import EMPTY_ROOT, Frontier, leaf_hash

FORMAT: Final = 1
_SALT_BYTES: Final = 12
_SALT_CHARS: Final = 16
_MAC_MEMBER: Final = b',"mac":"'
_MAC_AT: Final = -len(_MAC_MEMBER + b"0123456789012345678901" + b'"}')

RandomBytes = Callable[[int], bytes]


class Keys(NamedTuple):
    """What has to be kept for the log to go on.

    `secret`: that of the epoch's Ed25519 key; `next_secret`: of the next epoch's, while the step
    from one to the other is being written. `head`: the last that was synced.
    """

    origin: str
    secret: bytes
    next_secret: bytes | None
    ratchet: Ratchet
    head: Head

    @classmethod
    def first(cls, seed: bytes) -> Keys:
        """Those of a new log."""
        origin = first_signer(seed).public.name
        return cls(origin, first_secret(seed), None, Ratchet.first(seed), Head(0, EMPTY_ROOT))


class Sealer:
    """The growing end of a log."""

    def __init__(self, keys: Keys, tree: Frontier, random_bytes: RandomBytes = os.urandom) -> None:
        self._origin = keys.origin
        self._secret = keys.secret
        self._signer = Signer(keys.origin, keys.secret)
        self._ratchet = keys.ratchet
        self._tree = tree.copy()
        self._leaves: list[bytes] = []  # not in the tree yet: it grows by batches
        self._random_bytes = random_bytes

    @property
    def size(self) -> int:
        """The index that the next record gets."""
        return self._tree.size + len(self._leaves)

    @property
    def epoch(self) -> int:
        """Which key signs."""
        return self._ratchet.epoch

    @property
    def ends_with_checkpoint(self) -> bool:
        """Whether the last seal is one."""
        return self._ratchet.seal == 0

    def head(self) -> Head:
        """Of all records so far."""
        self._grow()
        return Head(self._tree.size, self._tree.root())

    def tree(self) -> Frontier:
        """A copy of the tree."""
        self._grow()
        return self._tree.copy()

    def keys(self, synced: Head, next_secret: bytes | None = None) -> Keys:
        """What to keep now."""
        return Keys(self._origin, self._secret, next_secret, self._ratchet, synced)

    def add(self, events: Sequence[Fields]) -> list[bytes]:
        """The lines of events, without newlines; sets their place and their salt in them."""
        salts = urlsafe_b64encode(self._random_bytes(_SALT_BYTES * len(events))).decode()
        index = self.size
        for nth, event in enumerate(events):
            event["event"]["sequence"] = index + nth
            event["ttytrace"]["salt"] = salts[nth * _SALT_CHARS : (nth + 1) * _SALT_CHARS]
        lines = [orjson.dumps(event) for event in events]
        self._leaves += [sha256(b"\0" + line).digest() for line in lines]
        return lines

    def segment(self, stamp: Stamp, previous: Previous | None) -> bytes:
        """The line that a segment begins with; an interval begins with it."""
        self._ratchet = self._ratchet.fresh()
        head = self.head()
        before = None
        if previous is not None:
            before = {
                "name": previous.name,
                "end": previous.end,
                "bytes": previous.size,
                "sha256": previous.sha256,
            }
        event = control(
            "segment",
            stamp,
            format=FORMAT,
            origin=self._origin,
            epoch=self._ratchet.epoch,
            key=self._signer.public.vkey,
            interval=self._ratchet.interval,
            root=_base64(head.root),
            frontier=[_base64(node) for node in self._tree.nodes],
            previous=before,
        )
        return self._place(event)

    def seal(self, stamp: Stamp) -> bytes:
        """The line that closes a write."""
        line = self._seal(stamp, self.head())
        self._ratchet = self._ratchet.after_seal()
        return line

    def checkpoint(self, stamp: Stamp) -> bytes:
        """A seal with a signed note of the tree head; it ends the interval."""
        head = self.head()
        line = self._seal(stamp, head, note=self._signer.sign(head.text(self._origin)))
        self._ratchet = self._ratchet.after_interval()
        return line

    def rekey(self, stamp: Stamp, next_secret: bytes) -> bytes:
        """The line that begins the next epoch; to be called right after checkpoint()."""
        signer = Signer(self._origin, next_secret)
        epoch = self._ratchet.epoch + 1
        root = self.head().root
        note = self._signer.sign(rekey_text(self._origin, epoch, signer.public, root))
        fields = {"epoch": epoch, "next": signer.public.vkey, "root": _base64(root), "note": note}
        line = self._place(control("rekey", stamp, **fields))
        self._secret, self._signer = next_secret, signer
        self._ratchet = self._ratchet.after_rekey()
        return line

    def _seal(self, stamp: Stamp, head: Head, **note: str) -> bytes:
        ratchet = self._ratchet
        number = {"epoch": ratchet.epoch, "interval": ratchet.interval, "seal": ratchet.seal}
        event = control("seal", stamp, **number, root=_base64(head.root), **note)
        event["event"]["sequence"] = head.size
        body = orjson.dumps(event)[:-1]
        line = sealed_line(body, ratchet.mac(head.root, body))
        self._leaves.append(leaf_hash(line))
        return line

    def _place(self, event: Fields) -> bytes:
        event["event"]["sequence"] = self.size
        line = orjson.dumps(event)
        self._leaves.append(leaf_hash(line))
        return line

    def _grow(self) -> None:
        self._tree.extend(self._leaves)
        self._leaves.clear()


def sealed_line(body: bytes, mac: bytes) -> bytes:
    """A seal's line: what comes before its mac, and the mac."""
    return body + _MAC_MEMBER + urlsafe_b64encode(mac).rstrip(b"=") + b'"}'


def may_be_seal(line: bytes) -> bool:
    """Whether a line ends as a seal's does; quick, and true of every seal."""
    return line[_MAC_AT:].startswith(_MAC_MEMBER)


def split_seal(line: bytes) -> tuple[bytes, bytes]:
    """The two parts of sealed_line(), the mac as its text; ValueError if it has none."""
    body, found, rest = line.rpartition(_MAC_MEMBER)
    if not found or not rest.endswith(b'"}'):
        raise ValueError("the seal has no MAC")
    return body, rest[:-2]


def lines_of(records: Iterable[bytes]) -> bytes:
    """Records as they stand in a segment."""
    return b"".join([record + b"\n" for record in records])


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()
