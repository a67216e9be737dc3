"""Signed notes and checkpoints as C2SP specifies them (signed-note, tlog-checkpoint), with Ed25519.

Invariant: what parses was written exactly so: one way to write a note, and every other text is
refused. Which key is to be trusted is the caller's to know.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519: Final = b"\x01"
_PUBLIC_BYTES: Final = 32
_ID_BYTES: Final = 4
_NAME: Final = re.compile(r"[^\s+]+")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNATURE: Final = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")
_MAX_SIGNATURES: Final = 64  # at least 16, says signed-note
_FORBIDDEN: Final = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")


class PublicKey(NamedTuple):
    """A key's name and its 32 bytes."""

    name: str
    raw: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that a signature names its key by."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).digest()[:_ID_BYTES]

    @property
    def vkey(self) -> str:
        """As people hand it around: name+id+key."""
        return f"{self.name}+{self.id.hex()}+{b64encode(_ED25519 + self.raw).decode()}"

    @classmethod
    def parse(cls, vkey: str) -> PublicKey:
        """From that text; ValueError if it is none."""
        name, _, rest = vkey.partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = unbase64(encoded)
        if not _NAME.fullmatch(name) or len(raw) != 1 + _PUBLIC_BYTES or raw[:1] != _ED25519:
            raise ValueError("this is no Ed25519 vkey")
        key = cls(name, raw[1:])
        if key_id != key.id.hex():
            raise ValueError("the vkey's id is not that of its key: a letter is wrong")
        return key


class Signer:
    """The private half of a key, under a name. `secret`: 32 bytes."""

    def __init__(self, name: str, secret: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = PublicKey(name, self._private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The note: `text`, which ends with a newline, and its signature."""
        signature = b64encode(self.public.id + self._private.sign(text.encode())).decode()
        return f"{text}\n— {self.public.name} {signature}\n"


def open_note(note: str, key: PublicKey) -> str:
    """The text of a note that carries `key`'s signature and no other; ValueError says what is
    wrong with it."""
    text, signatures = _parse(note)
    name, signature = signatures[0]
    if len(signatures) > 1 or name != key.name or signature[:_ID_BYTES] != key.id:
        raise ValueError("the note is signed by another key")
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signature[_ID_BYTES:], text.encode())
    except InvalidSignature:
        raise ValueError("the signature is wrong") from None
    return text


def note_text(note: str) -> str:
    """The text of a signed note, whoever signed it: witnesses add their signatures to a log's.
    ValueError if it is none."""
    return _parse(note)[0]


def _parse(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text; for each signature its key's name, and the key ID and signature in one."""
    text, blank, rest = note.rpartition("\n\n")
    *lines, end = rest.split("\n")
    found = [_SIGNATURE.fullmatch(line) for line in lines]
    if not found or None in found or end or not blank or _FORBIDDEN.search(note):
        raise ValueError("this is no signed note")
    if len(found) > _MAX_SIGNATURES:
        raise ValueError("the note has more signatures than anybody needs")
    return text + "\n", [(match[1], unbase64(match[2])) for match in found if match]


class Head(NamedTuple):
    """A tree head: how many records, and the root over them."""

    size: int
    root: bytes

    def text(self, origin: str) -> str:
        """The text of its checkpoint."""
        return f"{origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str, origin: str) -> Head:
        """From a checkpoint's text; ValueError if it is none, or of another log."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not _NUMBER.fullmatch(lines[1]):
            raise ValueError("this is no checkpoint")
        if lines[0] != origin:
            raise ValueError(f"this is a checkpoint of another log, {lines[0]!r}")
        root = unbase64(lines[2])
        if len(root) != sha256().digest_size:
            raise ValueError("the root has another length than a hash")
        return cls(int(lines[1]), root)


def unbase64(text: str) -> bytes:
    """Standard base64, written in the one way there is; ValueError else."""
    try:
        raw = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise ValueError("this is no base64") from None
    if b64encode(raw).decode() != text:
        raise ValueError("this is no canonical base64")
    return raw
