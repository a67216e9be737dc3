"""Records whose text was taken out: their line holds the hash of the leaf, so the tree stands.

Invariant: no other record looks like one, and there is one line for each hash. Who may erase, and
what records it, is store/erase.py's.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Final

from tracer.seal.note import unbase64
from tracer.seal.tree import leaf_hash

_ERASED: Final = re.compile(rb'\{"erased":"([A-Za-z0-9+/]{43}=)"\}')


def erased_line(leaf: bytes) -> bytes:
    """What stands in a segment for the record of this leaf hash."""
    return b'{"erased":"%b"}' % b64encode(leaf)


def erased_leaf(line: bytes) -> bytes | None:
    """The leaf hash in such a line; None if the line is a record as it was written. ValueError if
    it is neither."""
    if not line.startswith(b'{"erased":'):
        return None
    found = _ERASED.fullmatch(line)
    if found is None:
        raise ValueError("this is no erased record")
    return unbase64(found[1].decode())


def leaf_of(line: bytes) -> bytes:
    """The leaf hash of a segment's line, erased or not; ValueError if there is none."""
    return erased_leaf(line) or leaf_hash(line)
