"""Who did something, held against whose server it was done in.

Invariant: nobody is said to be somebody else, or not, unless the kernel told who both are.
"""

from __future__ import annotations

from collections.abc import Sequence

from tracer.codec.identity import Fields
from tracer.detect.shape import part, value_of
from tracer.detect.view import Values


def by_other(event: Fields, persons: Sequence[object]) -> dict[str, Values]:
    """`IsByOther`: whether one of them is another user than the server's owner."""
    owner = value_of(part(event, "tmux", "server", "user").get("id"))
    uids = [value_of(part(person, "user").get("id")) for person in persons]
    if owner is None or not uids:
        return {}
    if any(uid not in (None, owner) for uid in uids):
        return {"IsByOther": ("true",)}
    return {} if None in uids else {"IsByOther": ("false",)}
