"""The log's own records, read from JSON that anybody may have written.

Invariant: whatever a record holds, reading it gives a value of the right type or ValueError.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from tracer.codec.identity import Fields
from tracer.codec.moment import wall_ns
from tracer.model.sealed import End, Previous, Stamp
from tracer.seal.note import PublicKey, unbase64
from tracer.seal.stage import FORMAT

_ORIGIN: Final = re.compile(r"ttytrace/[0-9a-f]{16}")
_HASH_BYTES: Final = 32
_MAX_NUMBER: Final = 10**18
_SHOWN: Final = 60


class UnknownFormat(ValueError):
    """A later version of ttytrace wrote the log."""


class Altered(ValueError):
    """The record at `index`, or one behind it, is not as it was written."""

    def __init__(self, reason: str, index: int) -> None:
        super().__init__(reason)
        self.index = index


class LostKeys(ValueError):
    """The keys went on while records were lost: no signature leads from one to the other."""


class Header(NamedTuple):
    """A `segment` record."""

    origin: str
    epoch: int
    interval: int
    key: PublicKey
    root: bytes
    frontier: tuple[bytes, ...]
    previous: Previous | None

    @classmethod
    def parse(cls, fields: Fields) -> Header:
        """From its `ttytrace.log`; UnknownFormat if this version can't know what it says."""
        version = number(fields, "format")
        if version != FORMAT:
            raise UnknownFormat(
                f"the log has format {version}, this ttytrace knows {FORMAT}: use a newer one"
            )
        origin = text(fields, "origin")
        if not _ORIGIN.fullmatch(origin):
            raise ValueError("its origin is no log's")
        return cls(
            origin,
            number(fields, "epoch"),
            number(fields, "interval"),
            PublicKey.parse(text(fields, "key")),
            digest(fields, "root"),
            tuple(_digest_of(node) for node in _get(fields, "frontier", list)),
            _previous(fields.get("previous")),
        )


class Seal(NamedTuple):
    """A `seal` record; `note` is None if it is no checkpoint."""

    epoch: int
    interval: int
    seal: int
    root: bytes
    note: str | None

    @classmethod
    def parse(cls, fields: Fields) -> Seal:
        """From its `ttytrace.log`."""
        return cls(
            number(fields, "epoch"),
            number(fields, "interval"),
            number(fields, "seal"),
            digest(fields, "root"),
            text(fields, "note") if "note" in fields else None,
        )


class Rekey(NamedTuple):
    """A `rekey` record."""

    epoch: int
    next: PublicKey
    root: bytes
    note: str

    @classmethod
    def parse(cls, fields: Fields) -> Rekey:
        """From its `ttytrace.log`."""
        key = PublicKey.parse(text(fields, "next"))
        return cls(number(fields, "epoch"), key, digest(fields, "root"), text(fields, "note"))


def number(fields: Fields, name: str) -> int:
    """A count: not negative, and no bool."""
    value: int = _get(fields, name, int)
    if not 0 <= value < _MAX_NUMBER:
        raise ValueError(f"its {name} can't be a count")
    return value


def text(fields: Fields, name: str) -> str:
    """A string."""
    value: str = _get(fields, name, str)
    return value


def digest(fields: Fields, name: str) -> bytes:
    """A SHA-256 in base64."""
    return _digest_of(text(fields, name))


def shown(value: object) -> str:
    """Something hostile, in a message: not more than fits a line."""
    if isinstance(value, list | dict):  # may be nested too deep for repr()
        return f"a {type(value).__name__}"
    return repr(value)[:_SHOWN]


def stamp_of(event: Fields) -> Stamp:
    """When a seal says that it was written; ValueError if it doesn't, in the way there is."""
    match event:
        case {"@timestamp": str(text), "ttytrace": {"boottime_ns": int(boot_ns)}}:
            return Stamp(boot_ns, wall_ns(text))
    raise ValueError("the seal has no moment")


def _previous(fields: object) -> Previous | None:
    if fields is None:
        return None
    if not isinstance(fields, dict):
        raise ValueError("its previous is no object")
    sha256 = fields.get("sha256")
    if sha256 is not None and not isinstance(sha256, str):
        raise ValueError("its sha256 is no text")
    end = End(text(fields, "end"))
    return Previous(text(fields, "name"), end, number(fields, "bytes"), sha256)


def _digest_of(value: object) -> bytes:
    raw = unbase64(value) if isinstance(value, str) else b""
    if len(raw) != _HASH_BYTES:
        raise ValueError("a hash in it is none")
    return raw


def _get(fields: Fields, name: str, kind: type) -> Any:
    value = fields.get(name)
    if type(value) is not kind:
        raise ValueError(f"its {name} is missing or of the wrong type")
    return value
