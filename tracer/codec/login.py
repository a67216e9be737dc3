"""What a program says of a login, as fields and back.

Invariant: it stands under `ttytrace.login`; an address that is one stands in `source.ip` too.
"""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from typing import Final

from tracer.codec.identity import Fields, known
from tracer.model.audit import Said

HEARD: Final = "audit"
"""What `ttytrace.source` says of events that the audit stream told."""


def login_of(said: Said) -> tuple[Fields, Fields]:
    """`ttytrace.login`, and what ECS has a place for."""
    source: Fields = {}
    with suppress(ValueError):
        source = {"source": {"ip": str(ip_address(said.address or ""))}}
    return known(**said._asdict()), source


def said_of(fields: Fields) -> Said:
    """The other way."""
    return Said(*(fields.get(name) for name in Said._fields))
