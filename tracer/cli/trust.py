"""What `ttytrace verify` is given to hold a log against: a key, the seed, anchors.

Invariant: a seed is never an argument, which every user of the host could read in /proc.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from tracer.errors import BadTrust
from tracer.seal.anchor import Anchor, parse_anchors
from tracer.seal.keys import first_signer, parse_seed
from tracer.seal.note import PublicKey
from tracer.seal.verify import Trust

_MAX_BYTES: Final = 16 << 20
_STDIN: Final = Path("-")


def read_trust(key: str | None, seed: Path | None, anchors: list[Path]) -> Trust:
    """From the options; raises BadTrust."""
    trust = Trust(
        None if key is None else _key(key),
        None if seed is None else _seed(seed),
        tuple(anchor for path in anchors for anchor in _anchors(path)),
    )
    if trust.key and trust.seed and trust.key.name != first_signer(trust.seed).public.name:
        raise BadTrust(option="--key", reason="it is of another log than the seed")
    return trust


def _key(text: str) -> PublicKey:
    try:
        return PublicKey.parse(text.strip())
    except ValueError as error:
        raise BadTrust(option="--key", reason=error) from None


def _seed(path: Path) -> bytes:
    try:
        return parse_seed(_text("--seed", path).strip())
    except ValueError as error:
        raise BadTrust(option=f"--seed {path}", reason=error) from None


def _anchors(path: Path) -> list[Anchor]:
    try:
        return parse_anchors(_text("--anchor", path))
    except ValueError as error:
        raise BadTrust(option=f"--anchor {path}", reason=error) from None


def _text(option: str, path: Path) -> str:
    try:
        if path == _STDIN:
            raw = sys.stdin.buffer.read(_MAX_BYTES + 1)
        else:
            with path.open("rb") as file:
                raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise BadTrust(option=f"{option} {path}", reason=error.strerror) from None
    if len(raw) > _MAX_BYTES:
        raise ValueError("there is too much in it")
    return raw.decode()
