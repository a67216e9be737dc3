"""The keys of a log, all from one seed, and forward from there: docs/format.md.

Invariant: nothing here leads back: from what is kept after a seal, no key that was used before can
be had. Where keys are kept is store/state.py's.
"""

from __future__ import annotations

import hmac
import os
import re
from base64 import b64encode
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tracer.seal.note import PublicKey, Signer, unbase64

KEY_BYTES: Final = 32
MAC_BYTES: Final = 16
_PREFIX: Final = "ttytrace-seed-1-"
_CHECK_BYTES: Final = 4


def new_secret() -> bytes:
    """A new Ed25519 secret, or a seed."""
    return os.urandom(KEY_BYTES)


def seed_text(seed: bytes) -> str:
    """A seed as it is shown and kept: with a check, so that a typing error shows."""
    return _PREFIX + b64encode(seed + sha256(seed).digest()[:_CHECK_BYTES]).decode()


def parse_seed(text: str) -> bytes:
    """The seed of such a text; ValueError says what is wrong with it."""
    if not text.startswith(_PREFIX):
        raise ValueError(f"a seed begins with {_PREFIX}")
    try:
        raw = unbase64(re.sub(r"\s", "", text.removeprefix(_PREFIX)))
    except ValueError:
        raw = b""
    seed = raw[:KEY_BYTES]
    if len(raw) != KEY_BYTES + _CHECK_BYTES or sha256(seed).digest()[:_CHECK_BYTES] != raw[-4:]:
        raise ValueError("this is not the whole seed, or a letter of it is wrong")
    return seed


def first_signer(seed: bytes) -> Signer:
    """The key that signs epoch 0; its name, the log's origin, is made of its public half."""
    secret = first_secret(seed)
    raw = Signer("-", secret).public.raw
    return Signer(origin_of(raw), secret)


def first_secret(seed: bytes) -> bytes:
    """The Ed25519 secret of epoch 0."""
    return _derive(seed, b"ttytrace epoch 0 signature")


def origin_of(first_public: bytes) -> str:
    """The name of the log that begins with this public key."""
    return f"ttytrace/{sha256(first_public).hexdigest()[:16]}"


def is_first_key(key: PublicKey) -> bool:
    """Whether it is the key that its log begins with."""
    return key.name == origin_of(key.raw)


class Ratchet(NamedTuple):
    """The MAC key of the next seal, and where the next interval and the next epoch begin.

    `epoch`, `interval`, `seal`: what the next seal is numbered. `key`: k(epoch, interval, seal).
    `next_interval`: T(epoch, interval + 1). `next_epoch`: E(epoch + 1).
    """

    epoch: int
    interval: int
    seal: int
    key: bytes
    next_interval: bytes
    next_epoch: bytes

    @classmethod
    def first(cls, seed: bytes) -> Ratchet:
        """That of a log without seals."""
        return cls._begin(0, _derive(seed, b"ttytrace epoch 0 mac"), b"seal")

    @classmethod
    def _begin(cls, epoch: int, chain: bytes, purpose: bytes) -> Ratchet:
        interval = _step(chain, b"interval")
        key = _step(interval, purpose)
        return cls(epoch, 0, 0, key, _step(interval, b"interval"), _step(chain, b"epoch"))

    def mac(self, root: bytes, body: bytes) -> bytes:
        """The MAC of the seal whose line is `body` before its mac, over the tree of `root`."""
        return hmac.digest(self.key, root + body, "sha256")[:MAC_BYTES]

    def after_seal(self) -> Ratchet:
        """For the next seal of this interval."""
        return self._replace(seal=self.seal + 1, key=_step(self.key, b"next"))

    def after_interval(self) -> Ratchet:
        """For the first seal of the next interval."""
        return self._replace(
            interval=self.interval + 1,
            seal=0,
            key=_step(self.next_interval, b"seal"),
            next_interval=_step(self.next_interval, b"interval"),
        )

    def after_rekey(self) -> Ratchet:
        """For the first seal of the next epoch. Its key takes the one that is given up here, so
        that nobody can end an epoch at an earlier place."""
        return self._begin(self.epoch + 1, self.next_epoch, self.key)

    def fresh(self) -> Ratchet:
        """For the first seal of an interval: of this one, if it has none yet, or the next."""
        return self.after_interval() if self.seal else self


def rekey_text(origin: str, epoch: int, next_key: PublicKey, root: bytes) -> str:
    """What a key signs as its last: the key of the epoch that begins, and the tree before it, so
    that the note fits no other place."""
    return f"{origin}/rekey\n{epoch}\n{next_key.vkey}\n{b64encode(root).decode()}\n"


def _step(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, purpose, "sha256")


def _derive(seed: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(seed)
